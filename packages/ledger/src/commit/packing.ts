// One stream as few bytes. See streams-memory.test.ts for what a short one takes.
//
//   number   7 bits a byte, the lowest first; the top bit says that another follows
//   signed   number 2n for n ≥ 0, -2n - 1 for n < 0
//   stream   key ‖ flags u8 ‖ highest + 1 ‖ numbers missing below it ‖ emitted - highest - 1 ‖
//            dropped ‖ late ‖ service ‖ firstSeen ‖ signed lastSeen - firstSeen ‖ heardAt ‖ runs
//   key      2 × number of the kid ‖ 16 bytes of instance
//            2 × number of the kid + 1 ‖ length ‖ instance as UTF-8, where it is no b64u of 16
//   runs     their count, then of each: numbers skipped since the last ‖ signed step from the last
//            index of the one before ‖ length ‖ step
//   flags    1: closed, 2: unclosed, 4: its silence was noted once
import { LedgerError } from '../codes.ts'
import type { StreamHead } from './stream.ts'

const instanceBytes = 16
const instanceChars = 22

/** Writes numbers into one buffer, which grows and is used again. */
class NumberWriter {
  #bytes: Buffer = Buffer.alloc(1024)
  #length = 0

  reset(): void {
    this.#length = 0
  }

  number(value: number): void {
    let rest = value
    while (rest >= 128) {
      this.byte((rest % 128) + 128)
      rest = Math.floor(rest / 128)
    }
    this.byte(rest)
  }

  signed(value: number): void {
    this.number(value < 0 ? -2 * value - 1 : 2 * value)
  }

  byte(value: number): void {
    if (this.#length === this.#bytes.length) {
      this.#bytes = Buffer.concat([this.#bytes, Buffer.alloc(this.#bytes.length)])
    }
    this.#bytes[this.#length++] = value
  }

  raw(bytes: Uint8Array): void {
    for (const byte of bytes) this.byte(byte)
  }

  /** A view until the next reset. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }
}

/** Reads what a NumberWriter wrote; throws LEDGER_FORMAT when the bytes end too early. */
export class NumberReader {
  readonly bytes: Uint8Array
  at: number

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes
    this.at = at
  }

  number(): number {
    let value = 0
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte()
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
  }

  signed(): number {
    const value = this.number()
    return value % 2 === 0 ? value / 2 : -(value + 1) / 2
  }

  byte(): number {
    if (this.at >= this.bytes.length) throw endsEarly()
    return this.bytes[this.at++]!
  }

  /** A view, not a copy. */
  raw(length: number): Uint8Array {
    if (length > this.bytes.length - this.at) throw endsEarly()
    this.at += length
    return this.bytes.subarray(this.at - length, this.at)
  }
}

const writer = new NumberWriter()

/** The key of a stream: the first bytes of its packed form. A view until the next is packed. */
export function packKey(kidNumber: number, instance: string): Uint8Array {
  writer.reset()
  writeKey(kidNumber, instance)
  return writer.written
}

/** A stream packed; a view until the next is. `runs`: as Positions.flat gives them. */
export function packStream(
  kidNumber: number,
  head: StreamHead,
  runs: readonly number[],
): Uint8Array {
  const { closed, dropped, emitted, firstSeen, heardAt, highestSeq, late, noted } = head
  writer.reset()
  writeKey(kidNumber, head.instance)
  writer.byte(Number(closed) + 2 * Number(head.unclosed) + 4 * Number(noted))
  const seen = highestSeq + 1
  const numbers = [seen, seen - head.records, emitted - seen, dropped, late, head.service]
  for (const number of numbers) writer.number(number)
  writer.number(firstSeen)
  writer.signed(head.lastSeen - firstSeen)
  writer.number(heardAt)
  writeRuns(runs)
  return writer.written
}

/** How a reader of streams learns the kid with a number. */
export type KidOf = (number: number) => string

/** What is known of the packed stream at `reader`, which is left at its runs. */
export function unpackHead(reader: NumberReader, kidOf: KidOf): StreamHead {
  const kidAndKind = reader.number()
  const kid = kidOf(Math.floor(kidAndKind / 2))
  const instance = readInstance(reader, kidAndKind % 2 === 0)
  const flags = reader.byte()
  const seen = reader.number()
  const records = seen - reader.number()
  const emitted = seen + reader.number()
  const [dropped, late, service] = [reader.number(), reader.number(), reader.number()]
  const firstSeen = reader.number()
  const lastSeen = firstSeen + reader.signed()
  return {
    ...{ kid, instance, records, highestSeq: seen - 1, emitted, missing: emitted - records },
    ...{ dropped, late, service, firstSeen, lastSeen, heardAt: reader.number() },
    ...{ closed: (flags & 1) > 0, unclosed: (flags & 2) > 0, noted: (flags & 4) > 0 },
  }
}

/** The runs at `reader`, as Positions.flat gives them. */
export function unpackRuns(reader: NumberReader): number[] {
  const runs: number[] = []
  let [nextSeq, lastIndex] = [0, 0]
  for (let left = reader.number(); left > 0; left--) {
    const seq = nextSeq + reader.number()
    const index = lastIndex + reader.signed()
    const length = reader.number()
    const step = reader.number()
    runs.push(seq, index, length, step)
    nextSeq = seq + length
    lastIndex = index + (length - 1) * step
  }
  return runs
}

/** The number at `reader` of what `unpackHead` calls `highestSeq`, without the rest. */
export function unpackHighest(reader: NumberReader): number {
  skipKey(reader)
  reader.byte()
  return reader.number() - 1
}

/** Moves a reader behind the key that it is at. */
export function skipKey(reader: NumberReader): void {
  reader.raw(reader.number() % 2 === 0 ? instanceBytes : reader.number())
}

function writeKey(kidNumber: number, instance: string): void {
  const raw = instance.length === instanceChars ? Buffer.from(instance, 'base64url') : undefined
  if (raw?.length === instanceBytes && raw.toString('base64url') === instance) {
    writer.number(2 * kidNumber)
    writer.raw(raw)
    return
  }
  const text = Buffer.from(instance)
  writer.number(2 * kidNumber + 1)
  writer.number(text.length)
  writer.raw(text)
}

function readInstance(reader: NumberReader, isRaw: boolean): string {
  const { buffer, byteOffset, length } = reader.raw(isRaw ? instanceBytes : reader.number())
  return Buffer.from(buffer, byteOffset, length).toString(isRaw ? 'base64url' : 'utf8')
}

function writeRuns(runs: readonly number[]): void {
  writer.number(runs.length / 4)
  let [nextSeq, lastIndex] = [0, 0]
  for (let at = 0; at < runs.length; at += 4) {
    const [seq, index, length, step] = [runs[at]!, runs[at + 1]!, runs[at + 2]!, runs[at + 3]!]
    writer.number(seq - nextSeq)
    writer.signed(index - lastIndex)
    writer.number(length)
    writer.number(step)
    nextSeq = seq + length
    lastIndex = index + (length - 1) * step
  }
}

function endsEarly(): LedgerError {
  return new LedgerError('LEDGER_FORMAT', 'a packed stream ends too early')
}
