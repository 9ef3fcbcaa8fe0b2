// Scenario: what only somebody with the log's own keys, the keystore or the lock store can do, and
// what an auditor brings along. Guarantee: `audit` is not content with it, and blames the right
// part.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import {
  audit,
  type AuditReport,
  createLedger,
  encodeEnrolment,
  encodeLeaf,
  foldersUnder,
  openLedger,
  sha256,
} from '@grantlog/ledger'
import { openJournal } from '@grantlog/journal'
import { changeFile, findFile } from '@grantlog/ledger/testing'
import { base64url, utf8 } from '@grantlog/record'
import { decodeEntries, encodeEntries, leafHash, signCheckpoint } from '@grantlog/tlog'
import { readSigners } from '../../packages/ledger/src/io/log-keys.ts'
import { openLockStore } from '../../packages/ledger/src/io/lock-store.ts'
import { tileStore } from '../../packages/ledger/src/io/tiles.ts'
import { Sealer } from '../../packages/ledger/src/seal/sealer.ts'
import { person, spanOf, testProducer } from '../../packages/ledger/test/producer.ts'

const origin = 'insider.example/log'
const producer = testProducer()
let data: string
let logKey: string
let firstNote: string
let lastNote: string

const folders = () => foldersUnder(data)
const look = (seen: string[] = []): Promise<AuditReport> =>
  audit({ folders: folders(), logKey, seen: seen.map((note) => utf8(note)) })
const codes = (report: AuditReport): string[] =>
  [...new Set(report.findings.map(({ code }) => code))].sort()

/** A key and 300 records in three commits: more than one bundle. */
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'grantlog-insider-'))
  logKey = (await createLedger(folders(), origin)).logKey
  const ledger = await openLedger(folders())
  firstNote = ledger.checkpoint.note
  const content = encodeEnrolment(producer.enrolment)
  await ledger.commitContent({ type: 'key', id: producer.kid, content })
  for (const first of [0, 100, 200]) {
    const spans = Array.from({ length: 100 }, (_, i) =>
      spanOf({ seq: first + i, attributes: person('alice') }),
    )
    await ledger.commit(producer.batch(spans))
  }
  await ledger.close()
  lastNote = ledger.checkpoint.note
})
afterEach(() => rm(data, { recursive: true, force: true }))

test('a frame behind the end of the log that stands elsewhere is found', async () => {
  const journal = await openJournal({ directory: join(folders().ledger, 'commit') })
  const frames = []
  for await (const { payload } of journal.read(journal.first)) frames.push(payload)
  // All who read the journal would show its records once more.
  await journal.append(frames.at(-1)!)
  await journal.close()
  expect(codes(await look([lastNote]))).toEqual(['FRAME_ALTERED'])
})

test('a leaf that the log key signed behind the last commit is not part of the log', async () => {
  const { origin: name, tiles, lock, signer, size } = await asLog()
  const sealer = await Sealer.load({ origin: name, tiles, lock, signer }, size)
  const digest = base64url(sha256(utf8('never happened')))
  const entry = encodeLeaf({
    digest,
    id: '019aaf25-0c00-7000-8000-000000000009',
    instance: producer.instance,
    kid: producer.kid,
    receivedAt: Date.now(),
    seq: 300,
    type: 'record',
    v: 1,
  })
  await sealer.seal([{ index: size, entry, hash: leafHash(sha256, entry) }])
  lock.close()
  expect(codes(await look([lastNote]))).toEqual(['COMMIT_BROKEN', 'RECORD_MISSING'])
})

test('a checkpoint of an empty log anchors nothing', async () => {
  expect(await look([firstNote])).toMatchObject({ findings: [], anchored: false, anchoredSize: 0 })
  const report = await look([firstNote, lastNote])
  expect(report).toMatchObject({ findings: [], anchored: true, anchoredSize: report.size })
})

test('a checkpoint of this log under another key is a conflict, not silence', async () => {
  const other = await mkdtemp(join(tmpdir(), 'grantlog-other-'))
  const foreign = await createLedger(foldersUnder(other), origin)
  const ledger = await openLedger(foldersUnder(other))
  await ledger.commit(testProducer().batch([spanOf({ seq: 0 })]))
  await ledger.close()
  const { note } = ledger.checkpoint
  await rm(other, { recursive: true })
  expect(foreign.origin).toBe(origin)
  expect(codes(await look([note]))).toEqual(['ANCHOR_FOREIGN'])
})

test('a second checkpoint in the lock store, signed by the log, is a rewriting', async () => {
  const { lock, signer, size } = await asLog()
  const root = sha256(utf8('another history'))
  const note = new TextDecoder().decode(signCheckpoint({ origin, size, root }, [signer]))
  lock.swap({ size, root: base64url(root), note })
  lock.close()
  expect(codes(await look())).toContain('LOG_REWRITTEN')
})

test("a record whose person's key is gone does not verify", async () => {
  const db = new DatabaseSync(join(folders().keys, 'keystore.db'))
  db.exec("DELETE FROM key WHERE kind = 'subject'")
  db.close()
  const report = await look([lastNote])
  expect(codes(report)).toEqual(['SUBJECT_KEY_MISSING'])
  expect(report).toMatchObject({ findingsCount: 300, verified: 0 })
})

test('an altered frame leaf is blamed alone: the commits behind it still verify', async () => {
  await changeFile(data, 'tile/entries/000', (bytes) => {
    const entries = decodeEntries(bytes)
    const at = entries.findIndex((entry) => Buffer.from(entry).includes('"type":"frame"'))
    const changed = Buffer.from(entries[at]!).toString().replace('"v":1', '"v":2')
    return encodeEntries(entries.with(at, Buffer.from(changed)))
  })
  const report = await look([lastNote])
  expect(report.findings.map(({ code, index }) => [code, index])).toEqual([['LEAF_ALTERED', 1]])
  expect(report).toMatchObject({ records: 300, verified: 300 })
})

test('a bundle taken out is missing; what it held is checked all the same', async () => {
  await rm(await findFile(folders(), 'tile/entries/000'))
  const report = await look([lastNote])
  expect(codes(report)).toEqual(['LEAF_MISSING'])
  expect(report).toMatchObject({ records: 300, verified: 300, pending: 0, anchored: true })
})

/** The log itself, turned: its keys, its lock, its tiles. */
async function asLog() {
  const lock = await openLockStore(folders().lock, origin)
  const { log: signer } = await readSigners(folders().keys)
  const { size } = lock.checkpoint!
  return { origin, tiles: tileStore(folders().ledger), lock, signer, size }
}
