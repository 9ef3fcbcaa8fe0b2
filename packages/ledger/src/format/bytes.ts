// Big-endian binary, written and read in step. The reader treats its bytes as attacker-controlled.
import { LedgerError } from '../codes.ts'

/** Gathers parts; big ones are kept by reference and copied once, in `finish`. */
export class ByteWriter {
  readonly #parts: Uint8Array[] = []
  #length = 0

  u8(value: number): void {
    this.raw(Uint8Array.of(value))
  }

  u16(value: number): void {
    this.raw(Uint8Array.of(value >> 8, value & 0xff))
  }

  u32(value: number): void {
    const bytes = new Uint8Array(4)
    new DataView(bytes.buffer).setUint32(0, value)
    this.raw(bytes)
  }

  raw(bytes: Uint8Array): void {
    this.#parts.push(bytes)
    this.#length += bytes.length
  }

  /** A u32 length and the bytes. */
  block(bytes: Uint8Array): void {
    this.u32(bytes.length)
    this.raw(bytes)
  }

  finish(): Uint8Array {
    return Buffer.concat(this.#parts, this.#length)
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
