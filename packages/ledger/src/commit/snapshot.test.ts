// A start with a snapshot knows what one without it knows; what is not this log's own is not
// believed.
import { copyFile, cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { spanOf, testProducer, type TestProducer } from '../../test/producer.ts'
import { type Folders, foldersUnder, snapshotPath } from '../folders.ts'
import { encodeEnrolment } from '../format/enrolment.ts'
import type { Ledger } from '../ledger.ts'
import { snapshotLeavesMin } from '../limits.ts'
import { createLedger, openLedger } from '../open.ts'
import { LogIds } from './log-ids.ts'
import { Snapshots, type SnapshotsOptions } from './snapshots.ts'
import { Streams } from './streams.ts'

let data: string
let folders: Folders
let producer: TestProducer

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'grantlog-snapshot-'))
  folders = foldersUnder(data)
  producer = testProducer()
  await createLedger(folders, 'snapshot.example/log')
})
afterEach(() => rm(data, { recursive: true, force: true }))

const batch = (...numbers: number[]) => producer.batch(numbers.map((seq) => spanOf({ seq })))
const states = (ledger: Ledger): unknown[] => [...ledger.streams.states()]

async function withLedger<T>(work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const ledger = await openLedger(folders)
  try {
    return await work(ledger)
  } finally {
    await ledger.close()
  }
}

async function history(ledger: Ledger, first = batch(0, 1, 2)): Promise<void> {
  const content = encodeEnrolment(producer.enrolment)
  await ledger.commitContent({ type: 'key', id: producer.kid, content })
  await ledger.commit(first)
  await ledger.commit(batch(7, 8))
}

test('a start from it knows the same, finds duplicates, and goes on', async () => {
  const first = batch(0, 1, 2)
  await withLedger((ledger) => history(ledger, first))
  await withLedger(async (ledger) => {
    const before = states(ledger)
    expect(ledger.readAtStart).toBe(0)
    expect((await ledger.commit(first)).map(({ outcome }) => outcome)).toEqual(
      Array(3).fill('duplicate'),
    )
    expect(states(ledger)).toEqual(before)
    await ledger.commit(batch(3))
  })
  await rm(snapshotPath(folders))
  await withLedger(async (ledger) => {
    expect(ledger.readAtStart).toBeGreaterThan(0)
    expect(states(ledger)).toMatchObject([{ records: 6, highestSeq: 8, missing: 3 }])
  })
})

test('one of another log, an altered one and a torn one are left alone', async () => {
  await withLedger((ledger) => history(ledger))
  const older = await readFile(snapshotPath(folders))
  const whole = states(await withLedger(async (ledger) => ledger))
  const other = foldersUnder(join(data, 'other'))
  await createLedger(other, 'snapshot.example/log')
  const foreign = await openLedger(other)
  await foreign.commitContent({
    type: 'refusals',
    id: crypto.randomUUID(),
    content: Buffer.from('{}'),
  })
  await foreign.close()
  const altered = Buffer.from(older)
  altered[altered.length - 30]! ^= 1
  const variants: [string, Uint8Array][] = [
    ['another log', await readFile(snapshotPath(other))],
    ['altered', altered],
    ['torn', older.subarray(0, older.length >> 1)],
    ['empty', new Uint8Array(0)],
  ]
  for (const [what, bytes] of variants) {
    await writeFile(snapshotPath(folders), bytes)
    const ledger = await openLedger(folders)
    expect([what, ledger.readAtStart > 0, states(ledger)]).toEqual([what, true, whole])
    await ledger.close()
  }
})

test('a snapshot that is ahead of the log, restored from a copy, is left alone', async () => {
  await withLedger((ledger) => history(ledger))
  const ahead = join(data, 'ahead')
  await rm(snapshotPath(folders))
  const copy = join(tmpdir(), `grantlog-copy-of-${producer.kid}`)
  await cp(data, copy, { recursive: true })
  await withLedger(async (ledger) => void (await ledger.commit(batch(20))))
  await copyFile(snapshotPath(folders), ahead)
  const restored = foldersUnder(copy)
  const snapshot = await readFile(ahead)
  await writeFile(snapshotPath(restored), snapshot)
  const ledger = await openLedger(restored)
  expect(ledger.readAtStart).toBeGreaterThan(0)
  await ledger.commit(batch(21))
  await ledger.close()
  // Now as long as the other one was, with another end.
  await writeFile(snapshotPath(restored), snapshot)
  const again = await openLedger(restored)
  expect(states(again)).toMatchObject([{ records: 6, highestSeq: 21 }])
  await again.close()
  await rm(copy, { recursive: true })
})

test('where none can be written, the next is due only after as many leaves again', async () => {
  const options = {
    origin: 'snapshot.example/log',
    file: { read: () => Promise.resolve(null), write: () => Promise.reject(new Error('ENOSPC')) },
    keystore: { secret: () => new Uint8Array(32), flush: () => undefined },
  } as unknown as SnapshotsOptions
  const snapshots = new Snapshots(options)
  const size = snapshotLeavesMin
  expect(snapshots.isDue(size, 0)).toBe(true)
  const place = { frame: 1, size, receivedAt: 0, last: '' }
  const snapshot = { ...place, streams: new Streams(), logs: new LogIds() }
  await snapshots.write(snapshot, () => Promise.resolve())
  expect(snapshots.isDue(size + 1, 0)).toBe(false)
  expect(snapshots.isDue(2 * size, 0)).toBe(true)
})
