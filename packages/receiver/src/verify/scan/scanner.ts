// From the bytes of a span to those of its record in one pass: the canonical form, its digest, and
// the openings of its slots. What it gives is what the reader of @grantlog/record gives, or
// nothing: then that reader has to judge. test/flow/scanner.test.ts compares the two.
//
// The loops over bytes are WebAssembly (wasm/), which goes over a span in a third of the time that
// JavaScript takes, and makes no garbage; the hashes of openings, too, four at a time. The record's
// own, which is long, is Node's.
import { hash } from 'node:crypto'
import { isOfOther, type SlotOpening } from '@grantlog/ledger'
import { slotNames } from '@grantlog/record'
import { claimNames } from './known.ts'
import { startMachine, word } from './machine.ts'
import { ScannedBytes } from './scanned-bytes.ts'
import type { Slab } from './slab.ts'

/** A record as it stands in a span; nothing of it is verified yet. */
export interface ScannedRecord {
  readonly bytes: ScannedBytes
  /** 32 bytes, as a string of Latin 1. */
  readonly digest: string
  /** `audit.record.id` and `audit.sequence.number`. */
  readonly id: string
  readonly seq: number
  /**
   * Texts of the attributes in `claimNames`, without the id; undefined for one that it does not
   * have. The same array as for the span before, when they are the same.
   */
  readonly claims: readonly (string | undefined)[]
}

const idLength = 36
const slotDomainLength = 'grantlog-slot-v1\n'.length
/** Bits of the slots of others than who acted. */
const others = slotNames.reduce((bits, slot, at) => (isOfOther(slot) ? bits | (1 << at) : bits), 0)
const recordDomainLength = 'grantlog-span-v1\n'.length

/** Scans one span after the other. */
export class Scanner {
  readonly #machine = startMachine()
  /** The texts of each claim, as they were when they changed last: most spans say the same. */
  #texts: readonly (string | undefined)[] = claimNames.map(() => undefined)

  /** Null for a span that is not scanned. `registry`: the version its batch was signed under. */
  scan(span: Uint8Array, registry: number, slab: Slab): ScannedRecord | null {
    const { at, bytes, found, inputBytesMax, scan, sequence } = this.#machine
    if (span.length > inputBytesMax) return null
    bytes.set(span, at.input)
    if (scan(span.length, registry) === 0) return null
    const claims = this.#claims(found[word.changedClaims]!)
    const idAt = bytes.readInt32LE(at.claims)
    const slots = found[word.slots]!
    const recordAt = found[word.canonical]!
    const shownAt = found[word.shown]!
    const length = found[word.end]!
    const digest = hash('sha256', this.#view(recordAt, shownAt), 'binary')
    const isDivided = (slots & others) === 0
    // In front of the canonical form are the openings, undivided.
    const from = isDivided ? recordAt : 0
    // Where OUTPUT would begin.
    const start = slab.copy(bytes, at.output + from, at.output + length) - from
    const { piece } = slab
    return {
      bytes: new ScannedBytes(piece, {
        canonicalAt: start + recordAt + recordDomainLength,
        shownAt: start + shownAt,
        outlinesAt: start + found[word.outlines]!,
        valuesAt: start + found[word.values]!,
        end: start + length,
        openings: isDivided ? undefined : this.#openings(slots, piece, start),
      }),
      digest,
      id: bytes.toString('latin1', idAt, idAt + idLength),
      seq: sequence(),
      claims,
    }
  }

  #openings(slots: number, piece: Buffer, start: number): readonly SlotOpening[] {
    const openings: SlotOpening[] = []
    for (let slot = 0; slot < slotNames.length; slot++) {
      if ((slots & (1 << slot)) === 0) continue
      const from = start + this.#begin(slot) + slotDomainLength
      const opening = piece.subarray(from, start + this.#end(slot))
      openings.push({ slot: slotNames[slot]!, opening })
    }
    return openings
  }

  /** The same array as for the span before, when nothing has changed. */
  #claims(changed: number): readonly (string | undefined)[] {
    const { at, bytes } = this.#machine
    if (changed === 0) return this.#texts
    const texts = this.#texts.slice()
    for (let claim = 0; claim < texts.length; claim++) {
      if ((changed & (1 << claim)) === 0) continue
      const place = at.claims + 8 * claim
      const from = bytes.readInt32LE(place)
      texts[claim] =
        from === 0 ? undefined : bytes.toString('utf8', from, bytes.readInt32LE(place + 4))
    }
    this.#texts = texts
    return texts
  }

  /** Of OUTPUT. A Buffer would cost twice as much to make. */
  #view(from: number, to: number): Uint8Array {
    const { at, buffer } = this.#machine
    return new Uint8Array(buffer, at.output + from, to - from)
  }

  /** Where the opening of a slot begins in OUTPUT, and where it ends. */
  #begin(slot: number): number {
    const { at, bytes } = this.#machine
    return bytes.readInt32LE(at.openings + 8 * slot)
  }

  #end(slot: number): number {
    const { at, bytes } = this.#machine
    return bytes.readInt32LE(at.openings + 8 * slot + 4)
  }
}
