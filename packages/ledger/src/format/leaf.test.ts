import { randomBytes } from 'node:crypto'
import { describe, expect, test } from '@jest/globals'
import {
  decodeAnyLeaf,
  decodeLeaf,
  encodeLeaf,
  isRecordLeaf,
  type Leaf,
  recordLeafWriter,
} from './leaf.ts'

const b32 = 'A'.repeat(43)
const leaves: Leaf[] = [
  {
    digest: b32,
    id: '019aaf25-0c00-7000-8000-000000000001',
    instance: 'A'.repeat(22),
    kid: b32,
    receivedAt: 5,
    seq: 1,
    type: 'record',
    v: 1,
  },
  { digest: b32, id: b32, receivedAt: 5, type: 'key', v: 1 },
  {
    digest: b32,
    id: '019aaf25-0c00-4000-8000-000000000001',
    receivedAt: 5,
    type: 'validation',
    v: 1,
  },
  {
    ...{ digest: b32, id: '019aaf25-0c00-4000-8000-000000000002', observed: b32 },
    ...{ receivedAt: 5, signature: 'unverified', type: 'log', v: 1 },
  },
  {
    ...{ instance: 'A'.repeat(22), kid: b32, lastSeen: 4, lastSeq: 1 },
    ...{ receivedAt: 5, type: 'unclosed', v: 1 },
  },
  { count: 2, first: 0, hash: b32, receivedAt: 5, type: 'frame', v: 1 },
]

test('leaves read back as they were written', () => {
  for (const leaf of leaves) expect(decodeLeaf(encodeLeaf(leaf))).toEqual(leaf)
})

describe('an entry that is not of the format is refused', () => {
  const entry = new TextDecoder().decode(encodeLeaf(leaves[0]!))
  const variants: [string, string][] = [
    ['white space', `${entry} `],
    ['an unknown type', entry.replace('"record"', '"rec0rd"')],
    ['a member more', entry.replace('"seq":1', '"seq":1,"sub":"alice"')],
    ['a member less', entry.replace('"seq":1,', '')],
    ['another version', entry.replace('"v":1', '"v":2')],
    ['a negative number', entry.replace('"seq":1', '"seq":-1')],
    ['a short digest', entry.replace(b32, 'AAAA')],
    ['an upper-case id', entry.replace('019aaf25', '019AAF25')],
    ['a frame with the members of a record', entry.replace('"record"', '"frame"')],
    ['more than 1,024 bytes', entry + ' '.repeat(1024)],
    ['nothing', ''],
  ]
  test.each(variants)('%s', (_what, text) => {
    expect(() => decodeLeaf(new TextEncoder().encode(text))).toThrow(
      expect.objectContaining({ code: 'LEDGER_FORMAT' }),
    )
  })
})

// A bug once: it was committed, and the ledger did not open again.
test('a leaf that could not be read back is not written', () => {
  for (const wrong of [{ id: 'no-uuid' }, { seq: -1 }, { seq: 0.5 }]) {
    expect(() => encodeLeaf({ ...leaves[0]!, ...wrong } as (typeof leaves)[number])).toThrow(
      expect.objectContaining({ code: 'LEDGER_FORMAT' }),
    )
  }
})

test('leaves of one stream, written one by one, are what encodeLeaf gives', () => {
  const { id, instance, kid, receivedAt } = leaves.find(isRecordLeaf)!
  const stream = { instance, kid, receivedAt }
  const digest = randomBytes(32)
  const { bytesOf, write } = recordLeafWriter(stream)
  for (const type of ['record', 'start', 'heartbeat', 'stop'] as const) {
    for (const seq of [0, 9, 10, 512, 999_999_999_999_999]) {
      const record = { digest, id, seq, type }
      const into = Buffer.alloc(400, '.')
      const end = write(record, into, 2)
      const leaf = Buffer.from(
        encodeLeaf({ ...stream, ...record, digest: digest.toString('base64url'), v: 1 }),
      )
      expect(into.toString('latin1')).toBe(`..${leaf.toString('latin1')}`.padEnd(400, '.'))
      expect([end - 2, bytesOf(record)]).toEqual([leaf.length, leaf.length])
      const laid = { bytes: Buffer.from(`,,,${id},,,`), idAt: 3 }
      const digests = { digests: Buffer.concat([randomBytes(64), digest]), digestAt: 64 }
      const nobody = { digest: Buffer.alloc(32), id: 'nobody asks' }
      const lying = { ...record, ...nobody, laid: { ...laid, ...digests } }
      const same = Buffer.alloc(400, '.')
      expect([write(lying, same, 2), bytesOf(lying)]).toEqual([end, leaf.length])
      expect(same).toEqual(into)
    }
  }
  const record = { digest, id, seq: 1, type: 'record' } as const
  for (const wrong of [{ id: 'no-uuid' }, { seq: -1 }, { seq: 0.5 }]) {
    const code = expect.objectContaining({ code: 'LEDGER_FORMAT' })
    expect(() => bytesOf({ ...record, ...wrong })).toThrow(code)
  }
})

test('no byte can be changed so that a leaf is read in another way than by the reference', () => {
  const read = (decode: typeof decodeLeaf, entry: Uint8Array) => {
    try {
      return decode(entry)
    } catch (error) {
      return (error as Error).message
    }
  }
  for (const leaf of leaves) {
    const entry = Buffer.from(encodeLeaf(leaf))
    for (let at = 0; at <= entry.length; at++) {
      const [before, after] = [entry.subarray(0, at), entry.subarray(at)]
      for (const byte of [0x0a, 0x22, 0x2d, 0x30, 0x39, 0x41, 0x67, 0x5c, 0xc3]) {
        for (const rest of [after, after.subarray(1)]) {
          const changed = Buffer.concat([before, Buffer.of(byte), rest])
          expect(read(decodeLeaf, changed)).toEqual(read(decodeAnyLeaf, changed))
        }
      }
    }
  }
})
