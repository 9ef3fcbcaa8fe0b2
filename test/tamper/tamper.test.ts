// Scenario: somebody with root, and with the log's own keys where the table says so, changes what
// is stored. Guarantee: `audit` finds it, and says what it was with its own word.
import { cp, mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  audit,
  createLedger,
  encodeEnrolment,
  type FindingCode,
  foldersUnder,
  openKeystore,
  openLedger,
  readRootKey,
} from '@grantlog/ledger'
import { decodeEntries, encodeEntries } from '@grantlog/tlog'
import {
  decodeFrame,
  encodeFrame,
  frameHash,
  openFrame,
  sealFrame,
} from '../../packages/ledger/src/format/frame.ts'
import { decodePlaintext, encodePlaintext } from '../../packages/ledger/src/format/plaintext.ts'
import { person, spanOf, testProducer } from '../../packages/ledger/test/producer.ts'
import { changeFile, copyOf, findFile, flip, rewriteCommits } from './hands.ts'

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

interface Tampering {
  readonly what: string
  readonly found: readonly FindingCode[]
  readonly by: (copy: string) => Promise<void>
}

const tamperings: Tampering[] = [
  {
    what: 'record: a stored record is changed and encrypted again with the right key',
    found: ['FRAME_ALTERED', 'RECORD_ALTERED'],
    by: (copy) => rewriteCommits(copy, (payloads) => resealed(copy, payloads)),
  },
  {
    what: 'leaf: an entry of the log is changed',
    found: ['LEAF_ALTERED'],
    by: (copy) => changeFile(copy, 'tile/entries/000', (bytes) => edited(bytes)),
  },
  {
    what: 'frame: a byte of the ciphertext is changed, the checksum made right',
    found: ['FRAME_ALTERED'],
    by: (copy) =>
      rewriteCommits(copy, ([head, ...rest]) => [head!, flip(rest[0]!, -20), ...rest.slice(1)]),
  },
  {
    what: 'frame: a byte of the file is changed, as a failing disk would',
    found: ['FRAME_ALTERED'],
    by: async (copy) => {
      const folder = join(foldersUnder(copy).ledger, 'commit')
      const [segment] = await readdir(folder)
      await changeFile(copy, `commit/${segment}`, (bytes) => flip(bytes, 5000))
    },
  },
  {
    what: 'tile: a hash of a tile is changed',
    found: ['TILE_ALTERED'],
    by: (copy) => changeFile(copy, 'tile/0/000', (bytes) => flip(bytes, 100)),
  },
  {
    what: 'tile: a hash of a tile of level 1 is changed',
    found: ['TILE_ALTERED'],
    by: (copy) => changeFile(copy, 'tile/1/000', (bytes) => flip(bytes, 3)),
  },
  {
    what: 'checkpoint: its signature is changed',
    found: ['CHECKPOINT_ALTERED'],
    by: (copy) => changeFile(copy, 'checkpoint', (bytes) => flip(bytes, -10)),
  },
  {
    what: 'order: two entries change places',
    found: ['ORDER_CHANGED'],
    by: (copy) =>
      changeFile(copy, 'tile/entries/000', (bytes) => {
        const entries = decodeEntries(bytes)
        const [a, b] = [entries[10]!, entries[11]!]
        return encodeEntries(entries.with(10, b).with(11, a))
      }),
  },
  {
    what: 'deletion: what is stored of a commit is taken out of the middle',
    found: ['RECORD_MISSING'],
    by: (copy) => rewriteCommits(copy, (payloads) => payloads.toSpliced(2, 1)),
  },
  {
    what: 'deletion: what is stored of the last commit is taken away',
    found: ['RECORD_MISSING'],
    by: (copy) => rewriteCommits(copy, (payloads) => payloads.slice(0, -1)),
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
  {
    what: "rewriting: history is made anew with the log's own keys, one record left out",
    found: ['LOG_REWRITTEN'],
    by: (copy) => rebuilt(copy),
  },
]

describe('tampering is found and named', () => {
  test.each(tamperings.map((each) => [each.what, each] as const))('%s', async (_what, each) => {
    const copy = await copyOf(data)
    await each.by(copy)
    const report = await look(copy)
    const codes = new Set(report.findings.map(({ code }) => code))
    expect([...codes].sort()).toEqual([...each.found].sort())
    await rm(copy, { recursive: true, force: true })
  })
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

/** Says of the 20th record that it was received one millisecond later. */
function edited(bundle: Uint8Array): Uint8Array {
  const entries = decodeEntries(bundle)
  const text = Buffer.from(entries[20]!).toString()
  const later = text.replace(
    /"receivedAt":(\d+)/,
    (_, ms: string) => `"receivedAt":${Number(ms) + 1}`,
  )
  return encodeEntries(entries.with(20, Buffer.from(later)))
}

/** Opens the third commit with the keystore, changes one record's client, and seals it again. */
async function resealed(copy: string, payloads: Uint8Array[]): Promise<Uint8Array[]> {
  const { keys } = foldersUnder(copy)
  const keystore = openKeystore(keys, await readRootKey(keys))
  const { frame, entries } = decodeFrame(payloads[2]!)
  const key = keystore.frameKeyById(frame.fields.key)
  const { batches, entries: stored } = decodePlaintext(openFrame(frame, key))
  const changed = stored.map((entry, i) =>
    i === 5 && entry.kind === 'record'
      ? {
          ...entry,
          canonical: Buffer.from(Buffer.from(entry.canonical).toString().replace('"web"', '"wob"')),
        }
      : entry,
  )
  const again = sealFrame(frame.fields, encodePlaintext({ batches, entries: changed }), key)
  keystore.close()
  expect(frameHash(again)).not.toBe(frameHash(frame))
  return payloads.with(2, Buffer.concat(encodeFrame(again, entries)))
}

/** A new ledger under the old keys: everything consistent, but another history. */
async function rebuilt(copy: string): Promise<void> {
  const folders = foldersUnder(copy)
  for (const folder of [folders.ledger, folders.lock]) await rm(folder, { recursive: true })
  const ledger = await openLedger(folders)
  for (const { enrolment, kid } of [login, billing]) {
    await ledger.commitContent({ type: 'key', id: kid, content: encodeEnrolment(enrolment) })
  }
  for (let i = 0; i < 4; i++) await ledger.commit(login.batch(spans(i * 100, 100)))
  await ledger.close()
}
