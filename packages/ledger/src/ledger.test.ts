import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import {
  checkConsistency,
  checkInclusion,
  leafHash,
  openCheckpoint,
  ed25519Verifier,
} from '@grantlog/tlog'
import { fromBase64url } from '@grantlog/record'
import { person, spanOf, testProducer } from '../test/producer.ts'
import { ed25519Verify, sha256 } from './crypto.ts'
import { type Folders, foldersUnder } from './folders.ts'
import { tileStore } from './io/tiles.ts'
import { createLedger, openLedger } from './open.ts'

let data: string
let folders: Folders

beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), 'grantlog-ledger-'))
  folders = foldersUnder(data)
  await createLedger(folders, 'test.example/log')
})

afterEach(() => rm(data, { recursive: true, force: true }))

const spans = (from: number, count: number) =>
  Array.from({ length: count }, (_, i) => spanOf({ seq: from + i, attributes: person('alice') }))

describe('a ledger', () => {
  test('commits, seals, and proves what it published', async () => {
    const ledger = await openLedger(folders)
    const producer = testProducer()
    const first = await ledger.commit(producer.batch(spans(0, 3)))
    expect(first.map(({ outcome, index }) => [outcome, index])).toEqual([
      ['committed', 0],
      ['committed', 1],
      ['committed', 2],
    ])
    await ledger.settle()
    expect(ledger.published).toBe(4)
    const tiles = tileStore(folders.ledger)
    const verifier = ed25519Verifier(ledger.logKey, sha256, ed25519Verify)
    const opened = openCheckpoint((await tiles.checkpoint())!, {
      origin: ledger.origin,
      verifiers: [verifier],
    })
    const entry = await tiles.readEntry(1, 4)
    const proof = await ledger.proveInclusion(1)
    checkInclusion({
      sha256,
      index: 1,
      size: 4,
      leafHash: leafHash(sha256, entry),
      root: opened.root,
      proof,
    })
    await ledger.commit(producer.batch(spans(3, 600)))
    await ledger.settle()
    const consistency = await ledger.proveConsistency(4, ledger.published)
    checkConsistency({
      sha256,
      oldSize: 4,
      oldRoot: opened.root,
      newSize: ledger.published,
      newRoot: fromBase64url(ledger.checkpoint.root)!,
      proof: consistency,
    })
    await ledger.close()
  })

  test('seals a batch once, however often it is sent, also after a restart', async () => {
    const producer = testProducer()
    const batch = producer.batch(spans(0, 5))
    const ledger = await openLedger(folders)
    const [once, again] = await Promise.all([ledger.commit(batch), ledger.commit(batch)])
    expect(again!.map(({ outcome }) => outcome)).toEqual(Array(5).fill('duplicate'))
    expect(again!.map(({ index }) => index)).toEqual(once!.map(({ index }) => index))
    await ledger.close()
    const reopened = await openLedger(folders)
    const late = await reopened.commit(batch)
    expect(late.map(({ outcome, index }) => [outcome, index])).toEqual(
      once!.map(({ index }) => ['duplicate', index]),
    )
    expect(reopened.size).toBe(6)
    await reopened.close()
  })

  test('tells another record under the same number as a conflict', async () => {
    const ledger = await openLedger(folders)
    const producer = testProducer()
    await ledger.commit(producer.batch([spanOf({ seq: 0 })]))
    const [result] = await ledger.commit(producer.batch([spanOf({ seq: 0 })]))
    expect(result!.outcome).toBe('conflict')
    expect(ledger.size).toBe(2)
    await ledger.close()
  })

  test('gives records back decrypted, slots included', async () => {
    const ledger = await openLedger(folders)
    await ledger.commit(testProducer().batch(spans(0, 2)))
    for await (const frame of ledger.frames(0)) {
      expect(frame.entries).toHaveLength(2)
      expect(frame.entries[0]!.openings().map(({ slot }) => slot)).toEqual(['user', 'pseudonym'])
    }
    await ledger.close()
  })

  test('has one writer', async () => {
    const ledger = await openLedger(folders)
    await expect(openLedger(folders)).rejects.toMatchObject({ code: 'LEDGER_LOCKED' })
    await ledger.close()
  })

  test('refuses to sign for a folder older than its newest checkpoint', async () => {
    const ledger = await openLedger(folders)
    await ledger.commit(testProducer().batch(spans(0, 2)))
    await ledger.close()
    await rm(folders.ledger, { recursive: true })
    await expect(openLedger(folders)).rejects.toMatchObject({ code: 'LEDGER_ROLLED_BACK' })
  })
})
