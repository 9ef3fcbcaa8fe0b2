// One record of which nothing is read twice: its canonical form scanned once, everything else
// compared with it in place. What is not sound for certain is left to record.ts.
import { type BatchStatement, scanRecord, scanSlot, utf8 } from '@grantlog/record'
import { breachOf, type Enrolment } from '../format/enrolment.ts'
import { recordTypeOf, type RecordType } from '../format/leaf.ts'
import type { StoredRecord } from '../format/plaintext.ts'
import type { Keystore } from '../io/keystore.ts'
import { isAt, isBase64urlOf, isHashAt } from './byte-ranges.ts'
import { commitmentHash, digestHash, placeOf, placeOfSlots, places } from './facts.ts'
import type { LeafFacts } from './leaf-form.ts'
import type { VerifiedBatch } from './record.ts'
import { openingsOf } from './stored.ts'

const nothing = new Uint8Array(0)
const ofStreams = utf8('audit.stream.')

/** The record that was read last. One per audit. */
export class RecordBytes implements LeafFacts {
  readonly #keystore: Keystore
  readonly #scope = new Scope()
  canonical: Uint8Array = nothing
  digest = ''
  type: RecordType = 'record'
  seq = 0
  idAt = 0
  seqFrom = 0
  seqTo = 0

  constructor(keystore: Keystore) {
    this.#keystore = keystore
  }

  /** Scans a canonical form; false when that does not take it. */
  read(canonical: Uint8Array): boolean {
    if (!scanRecord(canonical, places)) return false
    this.canonical = canonical
    this.digest = digestHash(canonical)
    this.idAt = places[placeOf.id]!
    this.seqFrom = places[placeOf.seq]!
    this.seqTo = places[placeOf.seq + 1]!
    this.seq = 0
    for (let at = this.seqFrom; at < this.seqTo; at++)
      this.seq = this.seq * 10 + canonical[at]! - 48
    const action = places[placeOf.action]!
    const isService = isAt(ofStreams, canonical, action)
    this.type = isService ? recordTypeOf(this.#text(placeOf.action)!) : 'record'
    return true
  }

  /** Whether it is the record of its number in a batch. */
  isIn({ digests, statement }: VerifiedBatch): boolean {
    const at = (this.seq - statement.firstSeq) * 32
    return at >= 0 && at < digests.length && isHashAt(this.digest, digests, at)
  }

  /** Whether the key may speak for it; see breachOf. */
  isInScope(enrolment: Enrolment, statement: BatchStatement): boolean {
    if (this.#scope.has(enrolment, statement, this.canonical)) return true
    const scoped = {
      action: this.#text(placeOf.action)!,
      service: this.#text(placeOf.service),
      role: this.#text(placeOf.role),
      issuer: this.#text(placeOf.issuer),
    }
    if (breachOf(enrolment, statement, scoped) !== null) return false
    this.#scope.add(this.canonical)
    return true
  }

  /** Whether all openings are there, and open what the record commits to. */
  opens(part: StoredRecord): boolean {
    const keystore = this.#keystore
    for (const { keyId } of part.subjects) if (!keystore.subjectKeyById(keyId)) return false
    const openings = openingsOf(keystore, part)
    if (!openings) return false
    for (const { opening, slot } of openings) {
      if (scanSlot(opening) !== slot) return false
      const commitment = places[placeOfSlots.get(slot)!]!
      if (commitment === -1) return false
      if (!isBase64urlOf(commitmentHash(opening), this.canonical, commitment)) return false
    }
    return true
  }

  #text(place: number): string | undefined {
    const { canonical } = this
    const from = places[place]!
    if (from === -1) return undefined
    const bytes = Buffer.from(canonical.buffer, canonical.byteOffset, canonical.length)
    return bytes.toString('latin1', from, places[place + 1])
  }
}

const scopePlaces = [placeOf.action, placeOf.service, placeOf.role, placeOf.issuer]
/** Kept of one batch; most services make a few kinds of records. */
const scopesKeptMax = 16

/** What was found to be inside a key's scope: records of a batch mostly say the same of that. */
class Scope {
  #enrolment: Enrolment | undefined
  #statement: BatchStatement | undefined
  /** Of each, what it says at the four places; null where it says nothing. */
  readonly #known: (readonly (Uint8Array | null)[])[] = []

  /** Whether a record that says the same was added under this key and batch. */
  has(enrolment: Enrolment, statement: BatchStatement, canonical: Uint8Array): boolean {
    if (this.#enrolment !== enrolment || this.#statement !== statement) {
      this.#enrolment = enrolment
      this.#statement = statement
      this.#known.length = 0
      return false
    }
    for (const known of this.#known) if (saysTheSame(known, canonical)) return true
    return false
  }

  add(canonical: Uint8Array): void {
    if (this.#known.length === scopesKeptMax) return
    const said = scopePlaces.map((place) =>
      places[place] === -1 ? null : canonical.slice(places[place], places[place + 1]),
    )
    this.#known.push(said)
  }
}

function saysTheSame(known: readonly (Uint8Array | null)[], canonical: Uint8Array): boolean {
  for (let i = 0; i < scopePlaces.length; i++) {
    const [said, place] = [known[i]!, scopePlaces[i]!]
    const from = places[place]!
    if ((said === null) !== (from === -1)) return false
    if (said === null) continue
    if (places[place + 1]! - from !== said.length || !isAt(said, canonical, from)) return false
  }
  return true
}
