// AES-256-CTR (NIST SP 800-38A, 6.5) for many short texts under many keys, in WebAssembly
// (wasm/aes.ts: neither time nor memory accesses depend on key or text). A cipher of
// Node's is made for one text, and the collector has to finalize it. What this writes,
// createDecipheriv('aes-256-ctr') reads. See key-stream.test.ts.
import { createCipheriv, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { equalBytes } from '@grantlog/record'
import type { Unencrypted } from '../format/plaintext.ts'
import { addressIn, sharedModule, startModule } from '../module.ts'

const cipherName = 'aes-256-ctr'
const keyBytes = 32
const nonceBytes = 16
/** More than the module does at once, twice. */
const checkedBytes = 300
/** A text begins at a multiple of it: what is written behind one is before the next. */
const alignment = 48

/** Functions that the module exports; see wasm/key-stream.ts. */
interface Exports {
  readonly memory: { readonly buffer: ArrayBuffer }
  readonly putKey: (place: number) => void
  readonly dropKeys: (places: number) => void
  readonly applyStream: (place: number, text: number, length: number) => void
}

/** The place of a key's round keys, as long as nobody else was given it. */
interface Place {
  readonly at: number
}

let shared: KeyStreams | undefined

/** Those of this thread, for all ledgers that it writes. */
export function keyStreams(): KeyStreams {
  return (shared ??= new KeyStreams(sharedModule()))
}

/** The key streams of the keys that were used last. */
export class KeyStreams {
  readonly #run: Exports
  readonly #bytes: Buffer
  readonly #at: Readonly<Record<'key' | 'nonce' | 'text' | 'end', number>>
  readonly #placesMax: number
  /** Each goes with its key: what was destroyed is not used on. */
  #places = new WeakMap<KeyObject, Place>()
  /** Who has a place; the next one that is given away, by turns. */
  #owners: (Place | undefined)[] = []
  #next = 0
  /** Where the next text goes. */
  #textAt: number

  constructor(exports: ReturnType<typeof startModule> = startModule()) {
    const address = addressIn(exports)
    this.#run = exports as unknown as Exports
    this.#bytes = Buffer.from(this.#run.memory.buffer)
    this.#placesMax = address('placesMax')
    const text = address('TEXT')
    const end = text + address('textBytesMax')
    this.#at = { key: address('STREAM_KEY'), nonce: address('NONCE'), text, end }
    this.#textAt = text
    this.#requireSound()
  }

  /** What `encrypt` gave until now is not looked at any more. */
  release(): void {
    this.#textAt = this.#at.text
  }

  /**
   * `nonce`: the first counter, 16 bytes, never twice with one key. Gives a view that is good until
   * `release`.
   */
  encrypt(key: KeyObject, nonce: Uint8Array, plaintext: Uint8Array): Uint8Array {
    const { length } = plaintext
    const at = this.#textAt
    if (at + length > this.#at.end) return createCipheriv(cipherName, key, nonce).update(plaintext)
    const place = this.#placeOf(key)
    this.#bytes.set(nonce, this.#at.nonce)
    this.#bytes.set(plaintext, at)
    this.#run.applyStream(place, at, length)
    this.#textAt = at + Math.ceil(length / alignment) * alignment
    return new Uint8Array(this.#bytes.buffer, at, length)
  }

  /** Encrypts where it stands what nobody sees yet; the nonce stands there already. */
  encryptIn({ buffer, from, nonceAt, to }: Unencrypted, key: KeyObject): void {
    const { nonce, text } = this.#at
    const length = to - from
    if (text + length > this.#at.end) {
      const first = buffer.subarray(nonceAt, nonceAt + nonceBytes)
      buffer.set(createCipheriv(cipherName, key, first).update(buffer.subarray(from, to)), from)
      return
    }
    const place = this.#placeOf(key)
    buffer.copy(this.#bytes, nonce, nonceAt, nonceAt + nonceBytes)
    buffer.copy(this.#bytes, text, from, to)
    this.#run.applyStream(place, text, length)
    this.#bytes.copy(buffer, from, text, text + length)
  }

  /** Once keys may have been destroyed. */
  forget(): void {
    this.#run.dropKeys(this.#owners.length)
    this.#places = new WeakMap()
    this.#owners = []
    this.#next = 0
  }

  /** What is written has to be read for years: once at the start, beside Node's. */
  #requireSound(): void {
    const [secret, nonce, text] = [keyBytes, nonceBytes, checkedBytes].map((n) => randomBytes(n))
    const key = createSecretKey(secret!)
    const expected = createCipheriv(cipherName, key, nonce!).update(text!)
    const isSound = equalBytes(this.encrypt(key, nonce!, text!), expected)
    this.release()
    this.forget()
    if (!isSound) throw new RangeError('the key stream is not that of AES-256-CTR')
  }

  #placeOf(key: KeyObject): number {
    const known = this.#places.get(key)
    if (known && this.#owners[known.at] === known) return known.at
    const place: Place = { at: this.#next }
    this.#next = (this.#next + 1) % this.#placesMax
    const exported = key.export()
    if (exported.length !== keyBytes) throw new RangeError(`a key of ${exported.length} bytes`)
    this.#bytes.set(exported, this.#at.key)
    exported.fill(0)
    this.#run.putKey(place.at)
    this.#places.set(key, place)
    this.#owners[place.at] = place
    return place.at
  }
}
