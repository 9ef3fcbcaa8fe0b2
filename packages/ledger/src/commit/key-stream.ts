// AES-256-CTR (NIST SP 800-38A, 6.5) for many short texts under few keys. A cipher of Node's is
// made for one text; the block cipher under it is made once for each key, and enciphers the
// counters of any number of texts. What it writes, createDecipheriv('aes-256-ctr') reads.
// See key-stream.test.ts.
import { type Cipheriv, createCipheriv, type KeyObject } from 'node:crypto'

const blockBytes = 16
const firstBytes = 64 * blockBytes

/** The key streams of keys that are still known to somebody. */
export class KeyStreams {
  /** Each goes with its key: what was destroyed is not used on. */
  readonly #blocks = new WeakMap<KeyObject, Cipheriv>()
  #counters = new DataView(new ArrayBuffer(firstBytes))
  /** The first so many blocks of `#counters`, by their number. */
  #views: Uint8Array[] = []

  /** `nonce`: the first counter, 16 bytes, never twice with one key. Gives a buffer of its own. */
  encrypt(key: KeyObject, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const { length } = plaintext
    const stream = this.#blockCipher(key).update(this.#countersFrom(nonce, length))
    for (let i = 0; i < length; i++) stream[i]! ^= plaintext[i]!
    return stream.subarray(0, length)
  }

  #blockCipher(key: KeyObject): Cipheriv {
    const known = this.#blocks.get(key)
    if (known) return known
    const cipher = createCipheriv('aes-256-ecb', key, null)
    this.#blocks.set(key, cipher)
    return cipher
  }

  /**
   * Counters for so many bytes, each one more than the last; after the highest comes zero.
   */
  #countersFrom(nonce: Uint8Array, length: number): Uint8Array {
    const blocks = Math.ceil(length / blockBytes)
    const view = this.#viewOf(blocks)
    const counters = this.#counters
    let a = wordAt(nonce, 0)
    let b = wordAt(nonce, 4)
    let c = wordAt(nonce, 8)
    let d = wordAt(nonce, 12)
    for (let at = 0; at < blocks * blockBytes; at += blockBytes) {
      counters.setUint32(at, a)
      counters.setUint32(at + 4, b)
      counters.setUint32(at + 8, c)
      counters.setUint32(at + 12, d)
      d = (d + 1) >>> 0
      if (d === 0) c = (c + 1) >>> 0
      if (d === 0 && c === 0) b = (b + 1) >>> 0
      if (d === 0 && c === 0 && b === 0) a = (a + 1) >>> 0
    }
    return view
  }

  /** To make one costs as much as to fill it. */
  #viewOf(blocks: number): Uint8Array {
    const bytes = blocks * blockBytes
    if (bytes > this.#counters.byteLength) {
      this.#counters = new DataView(new ArrayBuffer(2 * bytes))
      this.#views = []
    }
    const { buffer } = this.#counters
    if (bytes > firstBytes) return new Uint8Array(buffer, 0, bytes)
    return (this.#views[blocks] ??= new Uint8Array(buffer, 0, bytes))
  }
}

function wordAt(bytes: Uint8Array, at: number): number {
  const word = (bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!
  return word >>> 0
}
