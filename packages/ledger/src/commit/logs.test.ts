// Audit log records: sealed once each, found again after a restart, erased with their person, and
// whoever changes one is found.
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { logToCommit, observed } from '../testing/logs.ts'
import { spanOf, testProducer } from '../../test/producer.ts'
import { audit } from '../audit/audit.ts'
import { type Folders, foldersUnder, snapshotPath } from '../folders.ts'
import { decodeFrame, encodeFrame, openFrame, sealFrame } from '../format/frame.ts'
import { encodeEnrolment } from '../format/enrolment.ts'
import { encodeObservation } from '../format/observation.ts'
import { decodePlaintext, encodePlaintext, type StoredLog } from '../format/plaintext.ts'
import { openKeystore } from '../io/keystore.ts'
import { readPublicKeys, readRootKey } from '../io/log-keys.ts'
import type { Ledger } from '../ledger.ts'
import { createLedger, openLedger } from '../open.ts'
import { openReader } from '../reader.ts'
import { rewriteCommits } from '../testing/hands.ts'
import { LogIds } from './log-ids.ts'

let data: string
let folders: Folders

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'grantlog-logs-'))
  folders = foldersUnder(data)
  await createLedger(folders, 'logs.example/log')
})
afterEach(() => rm(data, { recursive: true, force: true }))

async function withLedger<T>(work: (ledger: Ledger) => Promise<T>): Promise<T> {
  const ledger = await openLedger(folders)
  try {
    return await work(ledger)
  } finally {
    await ledger.close()
  }
}

const logKey = async () => (await readPublicKeys(folders.keys)).logKey

const words = async (places: Promise<readonly { outcome: string; index: number }[]>) =>
  (await places).map(({ index, outcome }) => `${outcome} ${index}`)

test('each is sealed once; the same id with something else in it is a conflict', async () => {
  await withLedger(async (ledger) => {
    const twice = [logToCommit(1), logToCommit(2), logToCommit(1), logToCommit(2, 'bob')]
    expect(await words(ledger.commitLogs(twice))).toEqual([
      'committed 0',
      'committed 1',
      'duplicate 0',
      'conflict 1',
    ])
    const again = [logToCommit(2), logToCommit(1, 'mallory'), logToCommit(3)]
    expect(await words(ledger.commitLogs(again))).toEqual([
      'duplicate 1',
      'conflict 0',
      'committed 3',
    ])
  })
})

test.each(['a snapshot', 'the log alone'])(
  'after a restart from %s it is the same',
  async (from) => {
    await withLedger((ledger) => ledger.commitLogs([logToCommit(1), logToCommit(2)]))
    if (from === 'the log alone') await rm(snapshotPath(folders))
    await withLedger(async (ledger) => {
      expect(ledger.readAtStart).toBe(from === 'a snapshot' ? 0 : 3)
      const again = [logToCommit(1), logToCommit(2, 'mallory'), logToCommit(3)]
      expect(await words(ledger.commitLogs(again))).toEqual([
        'duplicate 0',
        'conflict 1',
        'committed 3',
      ])
    })
  },
)

test('an audit finds records of both kinds in one log sound', async () => {
  const producer = testProducer()
  await withLedger(async (ledger) => {
    const content = encodeEnrolment(producer.enrolment)
    await ledger.commitContent({ type: 'key', id: producer.kid, content })
    await Promise.all([
      ledger.commit(producer.batch([spanOf({ seq: 0 }), spanOf({ seq: 1 })])),
      ledger.commitLogs([logToCommit(1), logToCommit(2, 'bob')]),
    ])
  })
  const { findings, logs, records, verified } = await audit({ folders, logKey: await logKey() })
  expect({ findings, logs, records, verified }).toEqual({
    findings: [],
    logs: 2,
    records: 2,
    verified: 2,
  })
})

test('a person is erased with the key: the log and the rest of the record stay', async () => {
  await withLedger((ledger) => ledger.commitLogs([logToCommit(1, 'alice'), logToCommit(2, 'bob')]))
  const reader = await openReader(folders)
  const read = async () => {
    const { entries } = await reader.frame(0)
    return entries.map(({ logOpenings }) =>
      logOpenings().map(({ opening }) => Buffer.from(opening).toString()),
    )
  }
  const [alice, bob] = await read()
  expect(alice!.join()).toContain('alice deleted invoice 17')
  const { stored } = (await reader.frame(0)).entries[0]!
  const [part, ...more] = (stored as StoredLog).subjects
  expect(more).toEqual([])
  await reader.close()
  const db = new DatabaseSync(join(folders.keys, 'keystore.db'))
  db.prepare('DELETE FROM key WHERE id = ?').run(part!.keyId)
  db.close()
  const { findings } = await audit({ folders, logKey: await logKey() })
  expect(findings.map(({ code, index }) => [code, index])).toEqual([['SUBJECT_KEY_MISSING', 0]])
  expect(bob!.join()).toContain('bob')
})

test.each<[string, (stored: StoredLog) => StoredLog, string]>([
  [
    'its outcome',
    (stored) => ({ ...stored, canonical: swapped(stored.canonical, 'success', 'failure') }),
    "its digest is not the leaf's",
  ],
  [
    'who brought it',
    (stored) => ({
      ...stored,
      observation: encodeObservation({ ...observed, caller: 'other' }, Buffer.alloc(16)),
    }),
    'who brought it was changed',
  ],
  [
    'a value of a slot',
    (stored) => ({ ...stored, subjects: stored.subjects.map(flipped) }),
    'slot',
  ],
])('%s changed, and sealed again with the right key, is found', async (_, change, why) => {
  await withLedger((ledger) => ledger.commitLogs([logToCommit(1), logToCommit(2)]))
  const copy = await mkdtemp(join(tmpdir(), 'grantlog-logs-copy-'))
  await cp(data, copy, { recursive: true })
  try {
    const keystore = openKeystore(folders.keys, await readRootKey(folders.keys))
    await rewriteCommits(copy, ([payload]) => {
      const { frame, entries } = decodeFrame(payload!)
      const key = keystore.frameKeyById(frame.fields.key)
      const plain = decodePlaintext(openFrame(frame, key))
      const [first, ...rest] = plain.entries
      const changed = { ...plain, entries: [change(first as StoredLog), ...rest] }
      return [
        Buffer.concat(encodeFrame(sealFrame(frame.fields, encodePlaintext(changed), key), entries)),
      ]
    })
    keystore.close()
    const { findings } = await audit({ folders: foldersUnder(copy), logKey: await logKey() })
    expect(findings.map(({ code }) => code).toSorted()).toEqual(['FRAME_ALTERED', 'RECORD_ALTERED'])
    expect(findings.find(({ code }) => code === 'RECORD_ALTERED')!.detail).toContain(why)
  } finally {
    await rm(copy, { recursive: true })
  }
})

test('the newest ids are remembered, at least half of as many as there may be', () => {
  const ids = new LogIds(8)
  const id = (n: number) => `019aaf25-0c00-7000-8000-${n.toString(16).padStart(12, '0')}`
  for (let n = 0; n < 100; n++) ids.add(id(n), { index: n, frame: n, mark: 1n })
  expect(ids.size).toBeLessThanOrEqual(8)
  for (let n = 96; n < 100; n++) expect(ids.find(id(n))).toEqual({ index: n, frame: n, mark: 1n })
  expect(ids.find(id(80))).toBeUndefined()
  const again = new LogIds(8)
  for (const piece of ids.memory().pieces()) again.addPiece(piece)
  expect(again.find(id(99))).toEqual({ index: 99, frame: 99, mark: 0n })
})

function swapped(bytes: Uint8Array, from: string, to: string): Uint8Array {
  return Buffer.from(Buffer.from(bytes).toString().replace(from, to))
}

function flipped(part: StoredLog['subjects'][number]): StoredLog['subjects'][number] {
  const ciphertext = Uint8Array.from(part.ciphertext)
  ciphertext[ciphertext.length - 1]! ^= 1
  return { ...part, ciphertext }
}

test('times that records write make no room for more new persons in a minute', async () => {
  const ledger = await openLedger(folders, { newSubjectsPerMinute: 2, now: () => 60_000 })
  const times = [1n, 2n, 3n, 4n].map((day) => day * 86_400_000_000_000n)
  await ledger.commitLogs(times.map((time, n) => logToCommit(n, `user ${n}`, { time })))
  expect(ledger.subjectsShared).toBeGreaterThan(0)
  await ledger.close()
})
