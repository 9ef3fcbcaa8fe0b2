import { createSecretKey, randomBytes } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { type Journal, openJournal } from '@grantlog/journal'
import { base64url } from '@grantlog/record'
import { person, spanOf, testProducer } from '../../test/producer.ts'
import { LedgerError } from '../codes.ts'
import { encodeEnrolment } from '../format/enrolment.ts'
import { decodeFrame, encodeFrame, frameHash, sealFrame } from '../format/frame.ts'
import { decodeLeaf, encodeLeaf, type Leaf } from '../format/leaf.ts'
import { createKeystore, type Keystore, openKeystore } from '../io/keystore.ts'
import { CommitLog, type CommitLogOptions } from './commit-log.ts'
import type { CommittedEntry } from './items.ts'

let folder: string
let journal: Journal
let keystore: Keystore
const rootKey = randomBytes(32)
const producer = testProducer()

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantlog-commit-'))
  createKeystore(folder, rootKey)
  keystore = openKeystore(folder, rootKey)
  journal = await openJournal({ directory: join(folder, 'commit') })
})
afterEach(async () => {
  await journal.close()
  keystore.close()
  await rm(folder, { recursive: true, force: true })
})

/** A log on this test's folder, and what it hands on to be sealed. */
function logOn(options: Partial<CommitLogOptions> = {}): { log: CommitLog; out: CommittedEntry[] } {
  const out: CommittedEntry[] = []
  const log = new CommitLog({
    journal,
    keystore,
    now: () => 1000,
    entryAt: async (index) => out.find((each) => each.index === index)!.entry,
    onCommit: (entries) =>
      out.push(...entries.map(({ entry, hash, index }) => ({ index, entry, hash }))),
    ...options,
  })
  return { log, out }
}

const batch = (from: number, count: number) =>
  producer.batch(
    Array.from({ length: count }, (_, i) => spanOf({ seq: from + i, attributes: person('alice') })),
  )
const noneSealed = async (): Promise<Uint8Array> => new Uint8Array(0)
const key = {
  type: 'key',
  id: producer.kid,
  content: encodeEnrolment(producer.enrolment),
} as const

async function payloads(): Promise<Uint8Array[]> {
  const all: Uint8Array[] = []
  for await (const { payload } of journal.read(0)) all.push(payload)
  return all
}

/** Commits as one group, as it happens under load. */
async function together(
  log: CommitLog,
  batches: ReturnType<typeof batch>[],
): Promise<PromiseSettledResult<unknown>[]> {
  return Promise.allSettled(batches.map((each) => log.commitBatch(each)))
}

test('replay hands on what is not sealed, and knows every record again', async () => {
  const { log, out } = logOn()
  await log.commitContent(key)
  await log.commitBatch(batch(0, 3))
  const again = logOn()
  await again.log.replay(2, async (index) => out[index]!.entry)
  expect(again.out).toEqual(out.slice(2))
  expect(again.log.size).toBe(log.size)
  expect([...again.log.streams.states()]).toEqual([...log.streams.states()])
})

describe('a frame that this ledger did not make is never handed on', () => {
  /** The leaves of the last commit with one changed; the frame's ciphertext is left as it is. */
  const withLeaf = (at: number, change: (leaf: Leaf) => object) => (payload: Uint8Array) => {
    const { frame, entries } = decodeFrame(payload)
    const changed = change(decodeLeaf(entries.at(at)!)) as Leaf
    return Buffer.concat(encodeFrame(frame, entries.with(at, encodeLeaf(changed))))
  }
  const other = testProducer()
  /** A whole frame as somebody without the keystore's keys can make it. */
  const forged = (named?: string) => (payload: Uint8Array) => {
    const { frame, entries } = decodeFrame(payload)
    const fields = { ...frame.fields, key: named ?? frame.fields.key }
    const fake = sealFrame(fields, Buffer.from('anything'), createSecretKey(randomBytes(32)))
    const last = { ...decodeLeaf(entries.at(-1)!), hash: frameHash(fake) } as Leaf
    return Buffer.concat(encodeFrame(fake, entries.with(-1, encodeLeaf(last))))
  }
  const variants: [string, (payload: Uint8Array) => Uint8Array][] = [
    ['bytes that are no frame', () => Buffer.from('not a frame')],
    ['encrypted with another key', forged()],
    ['naming a key that the keystore does not have', forged(base64url(randomBytes(16)))],
    ['a leaf of another producer', withLeaf(0, (leaf) => ({ ...leaf, kid: other.kid }))],
    ['a leaf of another stream', withLeaf(0, (leaf) => ({ ...leaf, instance: other.instance }))],
    ['a leaf with another number', withLeaf(0, (leaf) => ({ ...leaf, seq: 7 }))],
    [
      'a leaf with another id',
      withLeaf(0, (leaf) => ({ ...leaf, id: `${'0'.repeat(8)}-0000-7000-8000-${'0'.repeat(12)}` })),
    ],
    ['a leaf of another type', withLeaf(0, (leaf) => ({ ...leaf, type: 'stop' }))],
    ['a leaf with another digest', withLeaf(0, (leaf) => ({ ...leaf, digest: other.kid }))],
    ['a leaf of another time', withLeaf(1, (leaf) => ({ ...leaf, receivedAt: 5000 }))],
    ['a frame leaf of another frame', withLeaf(-1, (leaf) => ({ ...leaf, hash: other.kid }))],
    ['a frame leaf that counts otherwise', withLeaf(-1, (leaf) => ({ ...leaf, count: 1 }))],
    [
      'a frame leaf too early',
      (payload) => {
        const { frame, entries } = decodeFrame(payload)
        return Buffer.concat(encodeFrame(frame, entries.with(0, entries.at(-1)!)))
      },
    ],
    [
      'a leaf too few',
      (payload) => {
        const { frame, entries } = decodeFrame(payload)
        return Buffer.concat(encodeFrame(frame, entries.slice(1)))
      },
    ],
  ]

  test.each(variants)('%s', async (_what, change) => {
    const { log } = logOn()
    await log.commitBatch(batch(0, 2))
    const [genuine] = await payloads()
    await journal.close()
    await rm(join(folder, 'commit'), { recursive: true })
    journal = await openJournal({ directory: join(folder, 'commit') })
    await journal.append(change(genuine!))
    const again = logOn()
    await expect(again.log.replay(0, noneSealed)).rejects.toMatchObject({
      code: 'LEDGER_DAMAGED',
      message: expect.stringContaining('frame 0'),
    })
    expect(again.out).toEqual([])
    // Nothing is cut off: the bytes are evidence.
    expect(journal.next).toBe(1)
  })

  test('a content leaf of another key', async () => {
    const { log } = logOn()
    await log.commitContent(key)
    const [genuine] = await payloads()
    const { frame, entries } = decodeFrame(genuine!)
    const leaf = { ...decodeLeaf(entries[0]!), id: other.kid } as Leaf
    await journal.close()
    await rm(join(folder, 'commit'), { recursive: true })
    journal = await openJournal({ directory: join(folder, 'commit') })
    await journal.append(encodeFrame(frame, entries.with(0, encodeLeaf(leaf))))
    await expect(logOn().log.replay(0, noneSealed)).rejects.toMatchObject({
      code: 'LEDGER_DAMAGED',
    })
  })
})

test('a frame under the checkpoint must be what was sealed', async () => {
  const { log, out } = logOn()
  await log.commitBatch(batch(0, 2))
  await log.commitBatch(batch(2, 2))
  const sealed = out.map(({ entry }) => entry)
  await logOn().log.replay(6, async (index) => sealed[index]!)
  const changed = sealed.with(4, sealed[3]!)
  await expect(logOn().log.replay(6, async (index) => changed[index]!)).rejects.toMatchObject({
    code: 'LEDGER_DAMAGED',
    message: expect.stringContaining('frame 1'),
  })
  await expect(logOn().log.replay(5, async (index) => sealed[index]!)).rejects.toMatchObject({
    code: 'LEDGER_DAMAGED',
  })
})

test('a commit has at most so many leaves, also when many come at once', async () => {
  const { log } = logOn({ leavesMax: 5 })
  await expect(log.commitBatch(batch(0, 5))).rejects.toMatchObject({ code: 'LEDGER_LIMIT' })
  // 2 + 2 records and the frame leaf fill the first; the third batch would be one leaf too many.
  const all = await together(log, [batch(0, 2), batch(2, 2), batch(4, 1), batch(5, 4)])
  expect(all.map(({ status }) => status)).toEqual(Array(4).fill('fulfilled'))
  const leaves = (await payloads()).map((payload) => decodeFrame(payload).entries.length)
  expect(leaves).toEqual([5, 2, 5])
})

test('a record that cannot be stored harms nobody but its own commit', async () => {
  const { log } = logOn()
  const bad = batch(2, 1)
  const malformed = [{ slot: 'user' as const, opening: Buffer.from('{}') }]
  const all = await together(log, [
    batch(0, 2),
    { ...bad, records: [{ ...bad.records[0]!, openings: malformed }] },
    batch(3, 1),
  ])
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
  expect(all[1]).toMatchObject({ reason: { code: 'LEDGER_FORMAT' } })
  expect([...log.streams.states()]).toMatchObject([{ records: 3, missing: 1 }])
  const wrongKey = { ...key, id: testProducer().kid }
  await expect(log.commitContent(wrongKey)).rejects.toMatchObject({ code: 'LEDGER_FORMAT' })
  await logOn().log.replay(0, noneSealed)
})

test('without its keys nothing is stored; a full disk may be tried again', async () => {
  const { log } = logOn()
  const { flush } = keystore
  keystore.flush = () => {
    throw new LedgerError('LEDGER_FULL', 'full')
  }
  await expect(log.commitBatch(batch(0, 1))).rejects.toMatchObject({ code: 'LEDGER_FULL' })
  expect(journal.next).toBe(0)
  keystore.flush = flush
  await log.commitBatch(batch(0, 1))
  expect(journal.next).toBe(1)
})

test('after a write whose outcome is unknown nothing is written any more', async () => {
  const { log } = logOn()
  const { flush } = keystore
  keystore.flush = () => {
    throw new LedgerError('LEDGER_POISONED', 'gone')
  }
  const both = await together(log, [batch(0, 1), batch(1, 1)])
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected'])
  keystore.flush = flush
  await expect(log.commitBatch(batch(0, 1))).rejects.toMatchObject({ code: 'LEDGER_POISONED' })
  expect(journal.next).toBe(0)
})

test('who commits and who watches is told during the write; it shows once durable', async () => {
  const told: string[] = []
  const onShown: CommitLogOptions['onShown'] = ({ number }) => {
    told.push(`frame ${number} of ${journal.next}`)
    return () => void told.push(`shown, ${journal.next} durable`)
  }
  const { log } = logOn({ onShown })
  let placed: unknown
  const committed = await log.commitBatch({
    ...batch(0, 2),
    onPlaced(places) {
      told.push(`placed at ${places.map(({ index }) => index).join()}`)
      placed = places
    },
  })
  expect(placed).toBe(committed)
  expect(told.splice(0)).toEqual(['placed at 0,1', 'frame 0 of 0', 'shown, 1 durable'])

  const { append } = journal
  journal.append = async (payload, options) => {
    options?.meanwhile?.()
    throw Object.assign(new Error('no space'), { code: 'JOURNAL_FULL' })
  }
  await expect(log.commitBatch(batch(2, 1))).rejects.toMatchObject({ code: 'LEDGER_FULL' })
  expect(told).toEqual(['frame 1 of 1'])
  journal.append = append
})
