// Big-endian binary, written and read in step. The reader treats its bytes as attacker-controlled.
import { LedgerError } from '../codes.ts'

/** Bytes of a writer's first buffer, when its caller does not say more. */
const firstBytes = 256
/** A larger buffer is let go when its writer is cleared: it was for one large commit. */
const keptBytesMax = 16 * 1024 * 1024

/** Writes into one buffer, which grows. */
export class ByteWriter {
  #bytes: Buffer
  #length = 0

  constructor(bytesHint: number = firstBytes) {
    this.#bytes = Buffer.allocUnsafe(bytesHint)
  }

  u8(value: number): void {
    const at = this.#reserve(1)
    this.#bytes[at] = value
  }

  u16(value: number): void {
    const at = this.#reserve(2)
    this.#bytes.writeUInt16BE(value, at)
  }

  u32(value: number): void {
    const at = this.#reserve(4)
    this.#bytes.writeUInt32BE(value, at)
  }

  raw(bytes: Uint8Array): void {
    const at = this.#reserve(bytes.length)
    this.#bytes.set(bytes, at)
  }

  /** A part of a buffer, without a view of it. */
  copy(source: Buffer, from: number, to: number): void {
    const at = this.#reserve(to - from)
    source.copy(this.#bytes, at, from, to)
  }

  /** ASCII text without its length. */
  ascii(text: string): void {
    const at = this.#reserve(text.length)
    this.#bytes.write(text, at, 'latin1')
  }

  /** A u32 length and the bytes. */
  block(bytes: Uint8Array): void {
    this.u32(bytes.length)
    this.raw(bytes)
  }

  /** What it writes into, until it has to grow. */
  get buffer(): Buffer {
    return this.#bytes
  }

  /** Bytes written so far. */
  get length(): number {
    return this.#length
  }

  /** Leaves room for what is put there later. */
  skip(bytes: number): void {
    this.#reserve(bytes)
  }

  /** What was written: a view, until the writer is used again. */
  finish(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Begins anew in the same buffer: what `finish` gave is not looked at any more. */
  clear(): void {
    this.#length = 0
    if (this.#bytes.length > keptBytesMax) this.#bytes = Buffer.allocUnsafe(firstBytes)
  }

  #reserve(length: number): number {
    const at = this.#length
    this.#length += length
    if (this.#length > this.#bytes.length) {
      const larger = Buffer.allocUnsafe(Math.max(this.#length, 2 * this.#bytes.length))
      larger.set(this.#bytes.subarray(0, at))
      this.#bytes = larger
    }
    return at
  }
}

/** Reads what a ByteWriter wrote; throws LEDGER_FORMAT when the bytes end too early or too late. */
export class ByteReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  #at = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  u8(): number {
    return this.#view.getUint8(this.#skip(1))
  }

  u16(): number {
    return this.#view.getUint16(this.#skip(2))
  }

  u32(): number {
    return this.#view.getUint32(this.#skip(4))
  }

  /** A view, not a copy. */
  raw(length: number): Uint8Array {
    const from = this.#skip(length)
    return this.#bytes.subarray(from, from + length)
  }

  block(): Uint8Array {
    return this.raw(this.u32())
  }

  /** Bytes read so far. */
  get at(): number {
    return this.#at
  }

  get done(): boolean {
    return this.#at === this.#bytes.length
  }

  end(): void {
    if (!this.done) throw new LedgerError('LEDGER_FORMAT', 'bytes left over at the end')
  }

  #skip(length: number): number {
    const from = this.#at
    if (length > this.#bytes.length - from) {
      throw new LedgerError('LEDGER_FORMAT', 'the bytes end too early')
    }
    this.#at += length
    return from
  }
}
