import { createSecretKey, randomBytes } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { base64url } from '@grantlog/record'
import { LedgerError } from '../codes.ts'
import { decodeFrame, encodeFrame, openFrame, sealFrame } from './frame.ts'
import {
  type CommitPlaintext,
  decodePlaintext,
  encodePlaintext,
  PlaintextWriter,
} from './plaintext.ts'

const key = createSecretKey(randomBytes(32))
const fields = {
  count: 1,
  first: 7,
  key: base64url(randomBytes(16)),
  nonce: base64url(randomBytes(12)),
  receivedAt: 5,
}
const bytes = fc.uint8Array({ maxLength: 50 })
const bytesOf = (n: number) => fc.uint8Array({ minLength: n, maxLength: n })
const commit: fc.Arbitrary<CommitPlaintext> = fc.record({
  batches: fc.array(
    fc.record({
      jws: fc.stringMatching(/^[A-Za-z0-9._-]{0,40}$/),
      digests: fc.oneof(bytesOf(0), bytesOf(64)),
    }),
  ),
  entries: fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('content' as const), content: bytes }),
      fc.record({
        kind: fc.constant('record' as const),
        batch: fc.nat(65_535),
        canonical: bytes,
        unsigned: bytes,
        subjects: fc.array(
          fc.record({ keyId: bytesOf(16), nonce: bytesOf(16), outline: bytes, ciphertext: bytes }),
          { maxLength: 3 },
        ),
      }),
    ),
  ),
})
/**
 * The value with byte strings as text. A replacer's `this` holds what Buffer's toJSON would hide.
 */
const plain = (value: unknown): unknown =>
  JSON.parse(
    JSON.stringify(value, function (this: Record<string, unknown>, key: string, each: unknown) {
      const raw = this[key]
      return raw instanceof Uint8Array ? base64url(raw) : each
    }),
  )

test('a record that lies in a buffer is written as any other, whatever came before', () => {
  const [few, all] = [new PlaintextWriter(), new PlaintextWriter()]
  fc.assert(
    fc.property(fc.tuple(bytes, bytes, bytes, bytes, bytes, bytes), bytesOf(32), (parts, ids) => {
      const [before, canonical, span, outline, values, unsigned] = parts
      const [keyId, nonce] = [ids.subarray(0, 16), ids.subarray(16)]
      const lying = Buffer.concat([before, canonical, span, outline, values])
      const canonicalAt = before.length
      const spanAt = canonicalAt + canonical.length
      const outlineAt = spanAt + span.length
      const valuesAt = outlineAt + outline.length
      const laid = { bytes: lying, canonicalAt, spanAt, outlineAt, valuesAt, end: lying.length }
      const part = { keyId, nonce, outline, ciphertext: values }
      for (const under of [keyId, undefined]) {
        const subjects = under ? [part] : []
        all.entry({ kind: 'record', batch: 7, canonical, unsigned, subjects })
        const written = few.laid({ batch: 7, laid, unsigned, keyId: under })
        written?.buffer.set(nonce, written.nonceAt)
        expect(written?.buffer.subarray(written.from, written.to)).toEqual(
          under && Buffer.from(values),
        )
      }
      expect(Buffer.compare(few.finish(), all.finish())).toBe(0)
    }),
  )
  const long = Buffer.alloc(300_000, 'x')
  const laid = { bytes: long, canonicalAt: 1, spanAt: 9, outlineAt: 9, valuesAt: 99, end: 299_999 }
  const values = few.laid({ batch: 0, laid, unsigned: long, keyId: long.subarray(0, 16) })!
  expect(values.to - values.from).toBe(299_900)
  values.buffer.fill('y', values.from, values.to)
  expect(few.finish().at(-1)).toBe('y'.charCodeAt(0))
})

test('a commit reads back through plaintext, encryption and frame', () => {
  fc.assert(
    fc.property(commit, fc.array(bytes), (written, entries) => {
      const payload = Buffer.concat(
        encodeFrame(sealFrame(fields, encodePlaintext(written), key), entries),
      )
      const read = decodeFrame(payload)
      expect(read.frame.fields).toEqual(fields)
      expect(plain(read.entries)).toEqual(plain(entries))
      expect(plain(decodePlaintext(openFrame(read.frame, key)))).toEqual(plain(written))
    }),
  )
})

describe('a changed frame', () => {
  const sealed = sealFrame(fields, Buffer.from('plaintext'), key)

  test('does not decrypt when any byte of header or ciphertext is another', () => {
    for (let i = 0; i < sealed.ciphertext.length; i++) {
      const ciphertext = Uint8Array.from(sealed.ciphertext)
      ciphertext[i]! ^= 1
      expect(() => openFrame({ ...sealed, ciphertext }, key)).toThrow('does not decrypt')
    }
    const header = Uint8Array.from(sealed.header)
    header[10]! ^= 1
    expect(() => openFrame({ ...sealed, header }, key)).toThrow('does not decrypt')
    expect(() => openFrame(sealed, createSecretKey(randomBytes(32)))).toThrow('does not decrypt')
  })

  test('gives only our error, wherever bytes are flipped or cut', () => {
    const payload = Buffer.concat(encodeFrame(sealed, [Buffer.from('entry')]))
    for (let i = 0; i < payload.length; i++) {
      const flipped = Uint8Array.from(payload)
      flipped[i]! ^= 0x55
      for (const bad of [flipped, payload.subarray(0, i)]) {
        try {
          openFrame(decodeFrame(bad).frame, key)
        } catch (error) {
          expect(error).toBeInstanceOf(LedgerError)
        }
      }
    }
  })
})

test.each([0, 1, 255, 256, 257, 700, 767, 768, 5000])('leaves of %d bytes read back', (length) => {
  const written = encodePlaintext({ batches: [], entries: [] })
  const entries = length < 2 ? [] : [Uint8Array.from({ length: length - 2 }, (_, i) => i & 0xff)]
  const payload = Buffer.concat(encodeFrame(sealFrame(fields, written, key), entries))
  expect(decodeFrame(payload).entries.map((entry) => Uint8Array.from(entry))).toEqual(entries)
})
