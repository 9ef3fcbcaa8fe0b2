// AES-256-CTR (NIST SP 800-38A 6.5) for many short texts under few keys: the blocks of the counter
// are encrypted by one AES per key that is kept, for setting a cipher up for each text costs as much
// as decrypting it. See keystream.test.ts, which holds it against Node's own.
import { type Cipheriv, createCipheriv, type KeyObject } from 'node:crypto'
import { subjectKeysCachedMax } from '../limits.ts'

const blockBytes = 16

/** Decrypts. One per audit. */
export class Keystream {
  readonly #ciphers = new Map<KeyObject, Cipheriv>()
  #counters: Uint8Array = new Uint8Array(64 * blockBytes)
  #plain: Uint8Array = new Uint8Array(64 * blockBytes)

  /** The plaintext, valid until the next call. `nonce`: the first 16-byte counter. */
  decrypt(key: KeyObject, nonce: Uint8Array, ciphertext: Uint8Array): Uint8Array {
    const { length } = ciphertext
    const blocks = Math.ceil(length / blockBytes)
    if (length > this.#plain.length) {
      this.#counters = new Uint8Array(2 * blocks * blockBytes)
      this.#plain = new Uint8Array(2 * blocks * blockBytes)
    }
    const stream = this.#cipher(key).update(this.#count(nonce, blocks))
    const plain = this.#plain
    for (let at = 0; at < length; at++) plain[at] = stream[at]! ^ ciphertext[at]!
    return plain.subarray(0, length)
  }

  /** So many counters one behind the other, each one more than the last (big-endian). */
  #count(nonce: Uint8Array, blocks: number): Uint8Array {
    const counters = this.#counters
    const view = new DataView(nonce.buffer, nonce.byteOffset, blockBytes)
    let [a, b, c, d] = [view.getUint32(0), view.getUint32(4), view.getUint32(8), view.getUint32(12)]
    const out = new DataView(counters.buffer)
    for (let at = 0; at < blocks * blockBytes; at += blockBytes) {
      out.setUint32(at, a)
      out.setUint32(at + 4, b)
      out.setUint32(at + 8, c)
      out.setUint32(at + 12, d)
      d = (d + 1) >>> 0
      if (d === 0) c = (c + 1) >>> 0
      if (d === 0 && c === 0) b = (b + 1) >>> 0
      if (d === 0 && c === 0 && b === 0) a = (a + 1) >>> 0
    }
    return counters.subarray(0, blocks * blockBytes)
  }

  #cipher(key: KeyObject): Cipheriv {
    const known = this.#ciphers.get(key)
    if (known) return known
    // A Map iterates in order of insertion: the oldest goes.
    if (this.#ciphers.size >= subjectKeysCachedMax) {
      this.#ciphers.delete(this.#ciphers.keys().next().value!)
    }
    // Whole blocks only, of which nothing is held back: the mode has no state.
    const cipher = createCipheriv('aes-256-ecb', key, null).setAutoPadding(false)
    this.#ciphers.set(key, cipher)
    return cipher
  }
}
