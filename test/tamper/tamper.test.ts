// Scenario: somebody with root, and with the log's own keys where the table says so, changes what
// is stored. Guarantee: `audit` finds it, and says what it was with its own word.
import { cp, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { audit, createLedger, encodeEnrolment, foldersUnder, openLedger } from '@grantlog/ledger'
import {
  changeFile,
  copyOf,
  findFile,
  flip,
  rewriteCommits,
  type Tampering,
  tamperings,
  type Target,
} from '@grantlog/ledger/testing'
import { person, spanOf, testProducer } from '../../packages/ledger/test/producer.ts'

let root: string
let early: string
let data: string
let logKey: string
let seen: Uint8Array
const login = testProducer({ services: ['login'] })
const billing = testProducer({ services: ['billing'] })

const spans = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => spanOf({ seq: from + i, attributes: person('alice') }))

/**
 * One ledger for all: 2 keys, 3 commits of 100, 100 and 100 records; `early` is it after the first.
 */
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'grantlog-tamper-'))
  data = join(root, 'data')
  const folders = foldersUnder(data)
  const keys = await createLedger(folders, 'tamper.example/log')
  logKey = keys.logKey
  const first = await openLedger(folders)
  for (const { enrolment, kid } of [login, billing]) {
    await first.commitContent({ type: 'key', id: kid, content: encodeEnrolment(enrolment) })
  }
  await first.commit(login.batch(spans(0, 100)))
  await first.close()
  early = await copyOf(data)
  const ledger = await openLedger(folders)
  await ledger.commit(login.batch(spans(100, 100)))
  await ledger.settle()
  await ledger.commit(login.batch(spans(200, 100)))
  await ledger.settle()
  seen = new TextEncoder().encode(ledger.checkpoint.note)
  await ledger.close()
})

afterAll(async () => {
  for (const folder of [root, early]) await rm(folder, { recursive: true, force: true })
})

const look = (folder: string) => audit({ folders: foldersUnder(folder), logKey, seen: [seen] })

test('an untouched ledger verifies wholly, against a checkpoint kept elsewhere', async () => {
  const report = await look(data)
  expect(report).toMatchObject({
    findings: [],
    records: 300,
    verified: 300,
    gaps: 0,
    anchored: true,
  })
})

test('without a checkpoint from elsewhere it is only self-consistent', async () => {
  const report = await audit({ folders: foldersUnder(data), logKey })
  expect(report).toMatchObject({ findings: [], anchored: false })
})

/** A record of the second commit of records, after two commits of keys. */
const target: Target = { frame: 3, index: 2 * 2 + 101 + 50 }

/** What needs this ledger: more than 256 leaves, another producer, an older copy. */
const more: readonly Tampering[] = [
  {
    what: 'tile: a hash of a tile of level 1 is changed',
    found: ['TILE_ALTERED'],
    by: (copy) => changeFile(copy, 'tile/1/000', (bytes) => flip(bytes, 3)),
  },
  {
    what: 'truncation: the end of the log is cut off, the checkpoint left',
    found: ['LOG_TRUNCATED'],
    by: async (copy) => {
      await rm(await findFile(foldersUnder(copy), 'tile/entries/001'))
      await rm(await findFile(foldersUnder(copy), 'tile/0/001'))
    },
  },
  {
    what: 'rollback: the whole data folder, lock store included, is put back to an older copy',
    found: ['LOG_ROLLED_BACK'],
    by: async (copy) => {
      await rm(copy, { recursive: true })
      await cp(early, copy, { recursive: true })
    },
  },
  {
    what: "forgery: a record of the login service is signed with the billing service's key",
    found: ['RECORD_FORGED'],
    by: async (copy) => {
      const ledger = await openLedger(foldersUnder(copy))
      await ledger.commit(billing.batch([spanOf({ seq: 0, service: 'login' })]))
      await ledger.close()
    },
  },
  {
    what: 'forgery: a record is signed by a key that nobody enrolled',
    found: ['RECORD_FORGED'],
    by: async (copy) => {
      const ledger = await openLedger(foldersUnder(copy))
      await ledger.commit(testProducer().batch([spanOf({ seq: 0 })]))
      await ledger.close()
    },
  },
]

describe('tampering is found and named', () => {
  test.each([...tamperings, ...more].map((each) => [each.what, each] as const))(
    '%s',
    async (_what, each) => {
      const copy = await copyOf(data)
      await each.by(copy, target)
      const report = await look(copy)
      const codes = new Set(report.findings.map(({ code }) => code))
      expect([...codes].sort()).toEqual([...each.found].sort())
      await rm(copy, { recursive: true, force: true })
    },
  )
})

test('a commit that no checkpoint covers yet must be sound already', async () => {
  const copy = await copyOf(data)
  const before = await copyOf(data)
  const ledger = await openLedger(foldersUnder(copy))
  await ledger.commit(login.batch(spans(300, 5)))
  await ledger.close()
  // As after a crash between commit and seal: the frame is there, tiles and lock store are older.
  const commits = (folder: string): string => join(foldersUnder(folder).ledger, 'commit')
  await cp(commits(copy), commits(before), { recursive: true, force: true })
  const sound = await look(before)
  expect(sound).toMatchObject({ findings: [], pending: 6, records: 300, verified: 300 })
  await rewriteCommits(before, (payloads) => payloads.with(-1, flip(payloads.at(-1)!, -20)))
  expect((await look(before)).findings).toMatchObject([{ code: 'FRAME_ALTERED' }])
  for (const folder of [copy, before]) await rm(folder, { recursive: true })
})
