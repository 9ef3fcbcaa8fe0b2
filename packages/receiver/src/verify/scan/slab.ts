// Memory for the canonical forms of many records: one piece for hundreds of them instead of several
// for each. A piece is let go when the last record in it is.
const hexDigits = Buffer.from('0123456789abcdef')
/** Bytes of a piece: about a hundred records. */
const pieceBytes = 128 * 1024

/** Writes ASCII and JSON text. The caller reserves first; nothing is checked after. */
export class Slab {
  bytes: Buffer = Buffer.allocUnsafeSlow(pieceBytes)
  at = 0

  /** Makes room for so many bytes in a row. */
  reserve(length: number): void {
    if (this.at + length <= this.bytes.length) return
    this.bytes = Buffer.allocUnsafeSlow(Math.max(pieceBytes, length))
    this.at = 0
  }

  /** What was written since. */
  since(from: number): Buffer {
    return this.bytes.subarray(from, this.at)
  }

  raw(text: Uint8Array): void {
    this.bytes.set(text, this.at)
    this.at += text.length
  }

  copy(source: Uint8Array, from: number, to: number): void {
    this.bytes.set(source.subarray(from, to), this.at)
    this.at += to - from
  }

  /** ASCII text of digits and letters: ids, hashes, numbers. */
  ascii(text: string): void {
    this.at += this.bytes.write(text, this.at, 'latin1')
  }

  hex(source: Uint8Array, from: number, length: number): void {
    const { bytes } = this
    let at = this.at
    for (let i = from; i < from + length; i++) {
      bytes[at++] = hexDigits[source[i]! >> 4]!
      bytes[at++] = hexDigits[source[i]! & 15]!
    }
    this.at = at
  }

  /**
   * Text as JSON writes it, without its quotes. Gives how many of its bytes are not ASCII, which
   * the caller has to look at; -1 when there is a control character.
   */
  json(source: Uint8Array, from: number, to: number): number {
    const { bytes } = this
    let at = this.at
    let other = 0
    for (let i = from; i < to; i++) {
      const byte = source[i]!
      if (byte < 0x20) return -1
      if (byte > 0x7f) other++
      // '"' and '\'
      else if (byte === 0x22 || byte === 0x5c) bytes[at++] = 0x5c
      bytes[at++] = byte
    }
    this.at = at
    return other
  }

  byte(value: number): void {
    this.bytes[this.at++] = value
  }

  /**
   * 64 bits of Unix nanoseconds as decimal digits; false, when they are no whole microseconds or of
   * the first second, for which nothing is scanned.
   */
  nanoseconds(source: Uint8Array, from: number): boolean {
    let [seconds, rest] = [0, 0]
    // Long division in digits of 16 bits: nothing of it reaches 2^53.
    for (let i = from + 6; i >= from; i -= 2) {
      rest = rest * 0x10000 + source[i]! + source[i + 1]! * 0x100
      const digit = Math.floor(rest / 1e9)
      seconds = seconds * 0x10000 + digit
      rest -= digit * 1e9
    }
    if (seconds === 0 || rest % 1000 !== 0) return false
    this.ascii(String(seconds))
    for (let i = this.at + 8; i >= this.at; i--) {
      const next = Math.floor(rest / 10)
      this.bytes[i] = 0x30 + rest - next * 10
      rest = next
    }
    this.at += 9
    return true
  }

  /** A whole number up to 2^53. */
  integer(value: number): void {
    if (value < 10) this.bytes[this.at++] = 0x30 + value
    else this.ascii(String(value))
  }
}
