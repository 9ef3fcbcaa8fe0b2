// The walk finds what the readable decoder reads, and errs as it does.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { LedgerError } from '../codes.ts'
import { type CommitPlaintext, decodePlaintext, encodePlaintext } from './plaintext.ts'
import { CommitCursor } from './walk.ts'

const bytes = fc.uint8Array({ maxLength: 40 })
const bytesOf = (n: number) => fc.uint8Array({ minLength: n, maxLength: n })
const part = { keyId: bytesOf(16), nonce: bytesOf(16), outline: bytes, ciphertext: bytes }
const commit: fc.Arbitrary<CommitPlaintext> = fc.record({
  batches: fc.array(fc.record({ jws: fc.constantFrom('', 'a.b.c'), digests: bytesOf(64) })),
  entries: fc.array(
    fc.oneof(
      fc.record({ kind: fc.constant('content' as const), content: bytes }),
      fc.record({
        ...{ kind: fc.constant('log' as const), canonical: bytes, observation: bytes },
        subjects: fc.array(fc.record(part), { maxLength: 3 }),
      }),
      fc.record({
        ...{ kind: fc.constant('record' as const), batch: fc.nat(9), canonical: bytes },
        ...{ unsigned: bytes, subjects: fc.array(fc.record(part), { maxLength: 3 }) },
      }),
    ),
  ),
})

const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex')

/** Leaves that say their number, and that of the frame behind them. */
function leavesOf(count: number): Buffer {
  const entries = Array.from({ length: count + 1 }, (_, n) => Buffer.from(`leaf ${n}`))
  return Buffer.concat(entries.flatMap((entry) => [Buffer.of(0, entry.length), entry]))
}

function decoded(plaintext: Uint8Array): unknown {
  return decodePlaintext(plaintext).entries.map((entry, n) => ({
    ...{ index: 7 + n, leaf: `leaf ${n}` },
    ...{ isLog: entry.kind === 'log', isRecord: entry.kind === 'record' },
    content: hex(entry.kind === 'content' ? entry.content : entry.canonical),
    parts: (entry.kind === 'content' ? [] : entry.subjects).map((one) =>
      [one.keyId, one.nonce, one.outline, one.ciphertext].map(hex),
    ),
  }))
}

function walked(plaintext: Buffer, leaves: Buffer, { withParts = true } = {}): unknown {
  const found: unknown[] = []
  const piece = (from: number, to: number): string => hex(plaintext.subarray(from, to))
  for (const walk = new CommitCursor({ first: 7, leaves, plaintext }); walk.next();) {
    const { contentFrom, contentTo, index, isLog, isRecord, leafFrom, leafTo } = walk
    const parts: string[][] = []
    while (withParts && walk.nextPart()) {
      const { keyIdFrom, nonceFrom, outlineFrom, outlineTo, valuesFrom, valuesTo } = walk
      const ids = [piece(keyIdFrom, nonceFrom), piece(nonceFrom, nonceFrom + 16)]
      parts.push([...ids, piece(outlineFrom, outlineTo), piece(valuesFrom, valuesTo)])
    }
    const leaf = leaves.toString('latin1', leafFrom, leafTo)
    const content = piece(contentFrom, contentTo)
    found.push({ index, leaf, isLog, isRecord, content, parts })
  }
  return found
}

test('of any commit the walk finds what the decoder reads', () => {
  fc.assert(
    fc.property(commit, (written) => {
      const plaintext = Buffer.from(encodePlaintext(written))
      const leaves = leavesOf(written.entries.length)
      expect(walked(plaintext, leaves)).toEqual(decoded(plaintext))
      // Parts that nobody looks at are gone over.
      expect(walked(plaintext, leaves, { withParts: false })).toHaveLength(written.entries.length)
    }),
  )
})

test('bytes that end too early or too late are LEDGER_FORMAT', () => {
  fc.assert(
    fc.property(commit, fc.nat(), (written, cut) => {
      const plaintext = Buffer.from(encodePlaintext(written))
      const leaves = leavesOf(written.entries.length)
      const wrong = [
        [plaintext.subarray(0, cut % plaintext.length), leaves],
        [Buffer.concat([plaintext, Buffer.of(0)]), leaves],
        [plaintext, leaves.subarray(0, cut % leaves.length)],
        [plaintext, leavesOf(written.entries.length + 1)],
      ] as const
      for (const [bad, badLeaves] of wrong) {
        expect(() => walked(bad, badLeaves)).toThrow(LedgerError)
      }
    }),
  )
})
