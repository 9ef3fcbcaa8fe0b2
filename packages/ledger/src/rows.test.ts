// Rows of commits that are anything: the same leaves as the readable decoder, and its errors. What
// rows of records say: test/flow/event-rows.test.ts.
import { createSecretKey } from 'node:crypto'
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { decodeAnyLeaf, encodeLeaf, type Leaf } from './format/leaf.ts'
import { type CommitPlaintext, decodePlaintext, encodePlaintext } from './format/plaintext.ts'
import { quickBytesMax } from './limits.ts'
import { CommitRows } from './rows.ts'

const digest = 'A'.repeat(43)
const leafOf = (seq: number): Leaf => {
  const id = `019aaf25-0c00-7000-8000-${seq.toString(16).padStart(12, '0')}`
  if (seq % 3 === 0) return { type: 'policy', id, digest, receivedAt: 1000, v: 1 }
  const stream = { kid: digest, instance: 'A'.repeat(22) }
  return { type: 'record', id, digest, ...stream, seq, receivedAt: 1000, v: 1 }
}
const frame: Leaf = { type: 'frame', count: 1, first: 0, hash: digest, receivedAt: 1000, v: 1 }

function leavesOf(count: number): Buffer {
  const leaves = [...Array.from({ length: count }, (_, n) => leafOf(n)), frame]
  return Buffer.concat(
    leaves.map(encodeLeaf).flatMap((entry) => [Buffer.of(0, entry.length), entry]),
  )
}

const bytes = fc.uint8Array({ maxLength: 40 })
const bytesOf = (n: number) => fc.uint8Array({ minLength: n, maxLength: n })
const part = { keyId: bytesOf(16), nonce: bytesOf(16), outline: bytes, ciphertext: bytes }
const subjects = fc.array(fc.record(part), { maxLength: 3 })
const commit: fc.Arbitrary<CommitPlaintext> = fc.record({
  batches: fc.array(fc.record({ jws: fc.constantFrom('', 'a.b.c'), digests: bytesOf(64) })),
  entries: fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('content' as const), content: bytes }),
      fc.record({
        ...{ kind: fc.constant('log' as const), canonical: bytes, observation: bytes },
        subjects,
      }),
      fc.record({
        ...{ kind: fc.constant('record' as const), batch: fc.nat(9), canonical: bytes },
        ...{ unsigned: bytes, subjects },
      }),
    ),
  ),
})

const key = createSecretKey(Buffer.alloc(32))
const keystore = { forgotten: 0, subjectKeyById: () => key }

function readBy(rows: CommitRows, plaintext: Buffer, leaves: Buffer): unknown[] {
  const found: unknown[] = []
  for (rows.begin({ first: 7, keystore, leaves, plaintext }); rows.next();) {
    found.push([rows.index, rows.entry && decodeAnyLeaf(rows.entry)])
  }
  return found
}

test('of any commit each leaf comes in its turn; none of these is a row', () => {
  const rows = new CommitRows()
  fc.assert(
    fc.property(commit, (written) => {
      const plaintext = Buffer.from(encodePlaintext(written))
      const { entries } = decodePlaintext(plaintext)
      const expected = entries.map((_, n) => [7 + n, leafOf(n)])
      expect(readBy(rows, plaintext, leavesOf(entries.length))).toEqual(expected)
    }),
  )
})

test('bytes that end too early, and leaves too few or too many, are LEDGER_FORMAT', () => {
  const rows = new CommitRows()
  const error = expect.objectContaining({ code: 'LEDGER_FORMAT' })
  fc.assert(
    fc.property(commit, fc.nat(), (written, cut) => {
      const plaintext = Buffer.from(encodePlaintext(written))
      const count = written.entries.length
      const short = plaintext.subarray(0, cut % plaintext.length)
      expect(() => readBy(rows, short, leavesOf(count))).toThrow(error)
      expect(() => readBy(rows, plaintext, leavesOf(count + 1))).toThrow(error)
      if (count > 0) expect(() => readBy(rows, plaintext, leavesOf(count - 1))).toThrow(error)
      const leaves = leavesOf(count)
      const shortLeaves = leaves.subarray(0, cut % leaves.length)
      expect(() => readBy(rows, plaintext, shortLeaves)).toThrow(error)
    }),
  )
})

test('a commit too large for the memory of rows is left to the strict reader, leaf by leaf', () => {
  const content = new Uint8Array(quickBytesMax / 2)
  const entries = [content, content].map((one) => ({ kind: 'content' as const, content: one }))
  const large = Buffer.from(encodePlaintext({ batches: [], entries }))
  const rows = new CommitRows()
  expect(readBy(rows, large, leavesOf(2))).toEqual([0, 1].map((n) => [7 + n, leafOf(n)]))
  // And the next one is not.
  const small = Buffer.from(encodePlaintext({ batches: [], entries: [] }))
  expect(readBy(rows, small, leavesOf(0))).toEqual([])
})

test('a leaf that nobody can read harms none behind it', () => {
  const empty = { canonical: new Uint8Array(9), unsigned: new Uint8Array(), subjects: [] }
  const entries = [0, 1, 2].map(() => ({ kind: 'record' as const, batch: 0, ...empty }))
  const plaintext = Buffer.from(encodePlaintext({ batches: [], entries }))
  const leaves = leavesOf(3)
  // Of the second, which is that of a record.
  leaves.write('x', leaves.indexOf('"type":"record"'))
  const rows = new CommitRows()
  const found: (number | null)[] = []
  for (rows.begin({ first: 7, keystore, leaves, plaintext }); rows.next();) {
    found.push(rows.entry && rows.entry.length)
  }
  expect(found).toEqual([0, 1, 2].map((n) => encodeLeaf(leafOf(n)).length))
})
