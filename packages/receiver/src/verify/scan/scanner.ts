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
import type { Piece, Slab } from './slab.ts'

/** A record as it stands in a span; nothing of it is verified yet. */
export interface ScannedSpan {
  /** Where its bytes lie, and from which word on it is said where: see `place`. */
  readonly piece: Piece
  readonly at: number
  /** Left undivided, because some are about somebody else than who acted. */
  readonly openings: readonly SlotOpening[] | undefined
  /** 32 bytes, as a string of Latin 1. */
  readonly digest: string
  /** `audit.sequence.number`. */
  readonly seq: number
  /**
   * Texts of the attributes in `claimNames`, without the id; undefined for one that it does not
   * have. The same array as for the span before, when they are the same.
   */
  readonly claims: readonly (string | undefined)[]
}

/**
 * The words in front of a record's bytes: where its parts begin in their piece. Each ends where the
 * next begins, but the id, which is a part of the canonical form. While a batch waits for the disk
 * its records live as long, and what lives is what the garbage collector copies: words are not.
 */
export const place = { canonical: 0, span: 1, outline: 2, values: 3, end: 4, id: 5 } as const
const places = 6
const headBytes = 4 * places

const slotDomainLength = 'grantlog-slot-v1\n'.length
/** Bits of the slots of others than who acted. */
const others = slotNames.reduce((bits, slot, at) => (isOfOther(slot) ? bits | (1 << at) : bits), 0)
const recordDomainLength = 'grantlog-span-v1\n'.length

export interface ScanOptions {
  /** The version that the batch was signed under. */
  readonly registry: number
  /** Where the record is put. */
  readonly slab: Slab
}

/** Scans one span after the other. */
export class Scanner {
  readonly #machine = startMachine()
  /** The texts of each claim, as they were when they changed last: most spans say the same. */
  #texts: readonly (string | undefined)[] = claimNames.map(() => undefined)

  /** The span that lies there; null for one that is not scanned. */
  scan(
    within: Buffer,
    begin: number,
    end: number,
    { registry, slab }: ScanOptions,
  ): ScannedSpan | null {
    const { at, bytes, found, inputBytesMax, scan, sequence } = this.#machine
    if (end - begin > inputBytesMax) return null
    within.copy(bytes, at.input, begin, end)
    if (scan(end - begin, registry) === 0) return null
    const claims = this.#claims(found[word.changedClaims]!)
    const slots = found[word.slots]!
    const isDivided = (slots & others) === 0
    // In front of the canonical form are the openings, undivided.
    const from = isDivided ? found[word.canonical]! : 0
    const head = slab.take(headBytes + found[word.end]! - from)
    const { piece } = slab
    // Where OUTPUT would begin.
    const start = head + headBytes - from
    bytes.copy(piece.bytes, start + from, at.output + from, at.output + found[word.end]!)
    return {
      piece,
      at: this.#put(piece, head, start),
      openings: isDivided ? undefined : this.#openings(slots, piece.bytes, start),
      digest: hash('sha256', this.#view(found[word.canonical]!, found[word.shown]!), 'binary'),
      seq: sequence(),
      claims,
    }
  }

  /** Writes where the record's parts are; gives the word from which on it is said. */
  #put({ words }: Piece, head: number, start: number): number {
    const { found } = this.#machine
    const at = head / 4
    words[at + place.canonical] = start + found[word.canonical]! + recordDomainLength
    words[at + place.span] = start + found[word.shown]!
    words[at + place.outline] = start + found[word.outlines]!
    words[at + place.values] = start + found[word.values]!
    words[at + place.end] = start + found[word.end]!
    words[at + place.id] = start + found[word.id]!
    return at
  }

  #openings(slots: number, bytes: Buffer, start: number): readonly SlotOpening[] {
    const openings: SlotOpening[] = []
    for (let slot = 0; slot < slotNames.length; slot++) {
      if ((slots & (1 << slot)) === 0) continue
      const from = start + this.#begin(slot) + slotDomainLength
      const opening = bytes.subarray(from, start + this.#end(slot))
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
