// Whose personal data a slot holds, and its encryption under that person's key: destroying the key
// erases the person and nothing else. See subjects.test.ts.
import { createDecipheriv, randomBytes } from 'node:crypto'
import { ATTR, type LogSlotName, openSlot } from '@grantlog/record'
import {
  type DividedOpenings,
  joinOpenings,
  OpeningSplitter,
  type SlotOpening,
} from '../format/outline.ts'
import type { PlaintextWriter, SubjectPart, Unencrypted } from '../format/plaintext.ts'
import type { Keystore, StoredKey } from '../io/keystore.ts'
import { newSubjectsPerMinuteMax } from '../limits.ts'
import type { LaidRecord, RecordToCommit } from './items.ts'
import { keyStreams } from './key-stream.ts'
import { NewSubjects } from './new-subjects.ts'

const nonceBytes = 16
const noncesAtOnce = 512

/** Whom a record's openings are about, by what they say; undefined where they do not. */
export interface Identities {
  /** `user.hash`. */
  readonly person: string | undefined
  /** `user.id`. */
  readonly user: string | undefined
  /** `session.id`. */
  readonly session: string | undefined
  /** `oauth.actor.id`. */
  readonly actor: string | undefined
  /** `audit.target.id`. */
  readonly target: string | undefined
}

/** The position of a record's batch in the commit, and when that was received. */
export interface InCommit {
  readonly batch: number
  /** Unix milliseconds. */
  readonly receivedAt: number
}

/** Reads them from the openings; whoever has read the record's span knows them already. */
export function identitiesIn(openings: readonly SlotOpening[] | DividedOpenings): Identities {
  if ('outline' in openings) return identitiesIn(joinOpenings(openings.outline, openings.values))
  const fields = new Map(openings.flatMap(({ opening }) => [...openSlot(opening).fields]))
  const text = (name: string): string | undefined => {
    const value = fields.get(name)
    return typeof value === 'string' ? value : undefined
  }
  return {
    person: text(ATTR.USER_HASH),
    user: text(ATTR.USER_ID),
    session: text(ATTR.SESSION_ID),
    actor: text(ATTR.OAUTH_ACTOR_ID),
    target: text(ATTR.AUDIT_TARGET_ID),
  }
}

/** Encrypts openings under their subjects' keys. */
export class SubjectSealer {
  /** Parts of records that lie under a key that new subjects share, since the start. */
  shared = 0
  readonly #keystore: Keystore
  readonly #new: NewSubjects
  #receivedAt = 0
  readonly #keyStreams = keyStreams()
  readonly #splitter = new OpeningSplitter()
  #forgotten = 0
  /** Whose the last record was: mostly the next one is, too. */
  #last: { readonly identities: Identities; readonly subject: StoredKey } | undefined
  #nonces = Buffer.alloc(0)
  #nonceAt = 0

  constructor(keystore: Keystore, newPerMinute: number = newSubjectsPerMinuteMax) {
    this.#keystore = keystore
    this.#new = new NewSubjects(newPerMinute)
  }

  /**
   * Encrypts a record's openings, joined by subject. Slots about the acting person go under that
   * person's key; `actor` and `target` under theirs. Somebody not known yet is their session, and a
   * stranger shares a key with all strangers of the day. When too many are new, they share the
   * hour's. `receivedAt`: Unix milliseconds. What it gives is good until the next record.
   */
  seal(
    openings: readonly SlotOpening<string>[] | DividedOpenings,
    identities: Identities,
    receivedAt: number,
  ): SubjectPart[] {
    const isDivided = 'outline' in openings
    if (isDivided ? openings.outline.length === 0 : openings.length === 0) return []
    this.#begin(receivedAt)
    const acting = this.#actingOf(identities)
    if (isDivided) return [this.#encrypt(acting, openings)]
    if (!openings.some(({ slot }) => isOfOther(slot))) return [this.#split(acting, openings)]
    const bySubject = Map.groupBy(openings, ({ slot }) => {
      if (!isOfOther(slot)) return acting
      return this.#keyOf(`${slot} ${identities[slot] ?? ''}`)
    })
    return [...bySubject].map(([subject, parts]) => this.#split(subject, parts))
  }

  /** Writes a record as an entry of the commit, with its openings encrypted. */
  write(plaintext: PlaintextWriter, record: RecordToCommit, { batch, receivedAt }: InCommit): void {
    const { laid, unsigned } = record
    if (laid && record.identities) {
      const subject = this.#subjectOf(laid, record.identities, receivedAt)
      const values = plaintext.laid({ batch, laid, unsigned, keyId: subject?.id })
      if (subject && values) this.#encryptIn(values, subject)
      return
    }
    const { canonical, openings } = record
    const { identities = identitiesIn(openings) } = record
    const subjects = this.seal(openings, identities, receivedAt)
    plaintext.entry({ kind: 'record', batch, canonical, unsigned, subjects })
  }

  /** Whose key all openings of a record that lies in a buffer go under, if it has any. */
  #subjectOf(
    { outlineAt, valuesAt }: LaidRecord,
    identities: Identities,
    receivedAt: number,
  ): StoredKey | undefined {
    if (outlineAt === valuesAt) return undefined
    this.#begin(receivedAt)
    return this.#actingOf(identities)
  }

  #encryptIn(values: Unencrypted, { key }: StoredKey): void {
    const nonce = this.#nextNonce()
    this.#nonces.copy(values.buffer, values.nonceAt, nonce, nonce + nonceBytes)
    this.#keyStreams.encryptIn(values, key)
  }

  #begin(receivedAt: number): void {
    this.#receivedAt = receivedAt
    this.#keyStreams.release()
    const { forgotten } = this.#keystore
    if (this.#forgotten === forgotten) return
    this.#keyStreams.forget()
    this.#last = undefined
    this.#forgotten = forgotten
  }

  readonly #mayMake = (): boolean => this.#new.take(this.#receivedAt)

  #keyOf(identity: string): StoredKey {
    return this.#keystore.subjectKey(identity, this.#mayMake) ?? this.#sharedKey()
  }

  #sharedKey(): StoredKey {
    this.shared++
    return this.#keystore.subjectKey(`crowd ${hourOf(this.#receivedAt)}`)
  }

  /** Of the same person the same, unless it was for want of a key of his own. */
  #actingOf(identities: Identities): StoredKey {
    if (this.#last?.identities === identities) return this.#last.subject
    const { shared } = this
    const subject = this.#actingSubject(identities)
    const { person, session, user } = identities
    const isOwn = Boolean(person || user || session) && shared === this.shared
    this.#last = isOwn ? { identities, subject } : undefined
    return subject
  }

  #actingSubject({ person, session, user }: Identities): StoredKey {
    const known = person ? `person ${person}` : user && `user ${user}`
    if (!known) {
      if (session) return this.#keyOf(`session ${session}`)
      return this.#keystore.subjectKey(`strangers ${dayOf(this.#receivedAt)}`)
    }
    const subject = this.#keystore.subjectKey(known, this.#mayMake)
    // What the session did would be erased with the crowd, and the crowd with it.
    if (!subject) return this.#sharedKey()
    // From log-in on, what the session did before belongs to the person too, also for erasure.
    if (session) this.#keystore.link(`session ${session}`, subject, this.#mayMake)
    return subject
  }

  #split(subject: StoredKey, parts: readonly SlotOpening<string>[]): SubjectPart {
    return this.#encrypt(subject, this.#splitter.split(parts))
  }

  #encrypt({ id, key }: StoredKey, { outline, values }: DividedOpenings): SubjectPart {
    const nonce = this.#nonce()
    const ciphertext = this.#keyStreams.encrypt(key, nonce, values)
    return { keyId: id, nonce, outline, ciphertext }
  }

  #nonce(): Uint8Array {
    const from = this.#nextNonce()
    return this.#nonces.subarray(from, from + nonceBytes)
  }

  /** Where it stands in `#nonces`: random bytes cost less when many are made at once. */
  #nextNonce(): number {
    if (this.#nonceAt === this.#nonces.length) {
      this.#nonces = randomBytes(noncesAtOnce * nonceBytes)
      this.#nonceAt = 0
    }
    const from = this.#nonceAt
    this.#nonceAt += nonceBytes
    return from
  }
}

/** Whether a slot is about somebody else than who acted. */
export function isOfOther(slot: string): slot is 'actor' | 'target' {
  return slot === 'actor' || slot === 'target'
}

/** Decrypts openings; a subject whose key was destroyed gives none. Not authenticated: the
 * commitments in the canonical form are what proves an opening. */
export function openSubjects(parts: readonly SubjectPart[], keystore: Keystore): SlotOpening[] {
  return parts.flatMap(({ ciphertext, keyId, nonce, outline }) => {
    const key = keystore.subjectKeyById(keyId)
    if (!key) return []
    const decipher = createDecipheriv('aes-256-ctr', key, nonce)
    // A stream cipher has nothing left for `final`.
    return joinOpenings(outline, decipher.update(ciphertext))
  })
}

/** The same of a log record, which has slots of its own. */
export function openLogSubjects(
  parts: readonly SubjectPart[],
  keystore: Keystore,
): SlotOpening<LogSlotName>[] {
  return openSubjects(parts, keystore)
}

function dayOf(time: number): string {
  return new Date(time).toISOString().slice(0, 10)
}

function hourOf(time: number): string {
  return new Date(time).toISOString().slice(0, 13)
}
