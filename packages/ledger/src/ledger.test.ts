import { mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
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
import { openJournal } from '@grantlog/journal'
import { fromBase64url, jcsBytes } from '@grantlog/record'
import { person, spanOf, testProducer } from '../test/producer.ts'
import { LedgerError } from './codes.ts'
import { ed25519Verify, sha256 } from './crypto.ts'
import { commitFolder, type Folders, snapshotPath, foldersUnder } from './folders.ts'
import { decodeFrame, encodeFrame, frameHash } from './format/frame.ts'
import { decodeLeaf, encodeLeaf, type Leaf } from './format/leaf.ts'
import { openKeystore } from './io/keystore.ts'
import { openLockStore, readLockStore } from './io/lock-store.ts'
import { readPublicKeys, readRootKey, readSigners } from './io/log-keys.ts'
import { snapshotFile } from './io/snapshot-file.ts'
import { tileStore, type TileStore } from './io/tiles.ts'
import { Ledger, type LedgerParts } from './ledger.ts'
import { createLedger, ledgerExists, openLedger } from './open.ts'
import { Sealer } from './seal/sealer.ts'

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

/** The parts of a ledger, as openLedger puts them together. */
async function partsOf(tiles = tileStore(folders.ledger)): Promise<{
  parts: LedgerParts
  sealer: Sealer
}> {
  const keys = await readPublicKeys(folders.keys)
  const lock = await openLockStore(folders.lock, keys.origin)
  const keystore = openKeystore(folders.keys, await readRootKey(folders.keys))
  const journal = await openJournal({ directory: commitFolder(folders) })
  const { log, receipt } = await readSigners(folders.keys)
  const sealer = await Sealer.load(
    { origin: keys.origin, tiles, lock, signer: log },
    lock.checkpoint?.size ?? 0,
  )
  const snapshot = snapshotFile(snapshotPath(folders))
  return { parts: { keys, lock, keystore, journal, tiles, snapshot, log, receipt }, sealer }
}

describe('a full disk', () => {
  test('a ledger opens, takes commits, and seals them when there is space', async () => {
    await (await openLedger(folders)).close()
    const real = tileStore(folders.ledger)
    let isFull = true
    const tiles: TileStore = {
      ...real,
      write: async (files) => {
        if (isFull) throw new LedgerError('LEDGER_FULL', 'full')
        await real.write(files)
      },
    }
    const told: string[] = []
    const options = { onFull: ({ code }: LedgerError) => told.push(code) }
    const producer = testProducer()
    for (const from of [0, 2]) {
      const { parts, sealer } = await partsOf(tiles)
      const ledger = new Ledger(parts, sealer, options)
      await ledger.recover()
      await ledger.commit(producer.batch(spans(from, 2)))
      await expect(ledger.settle()).rejects.toMatchObject({ code: 'LEDGER_FULL' })
      expect(ledger.published).toBe(0)
      isFull = from === 0
      if (!isFull) {
        await ledger.settle()
        expect(ledger.published).toBe(6)
      }
      await ledger.close()
    }
    expect(told.length).toBeGreaterThan(2)
    const ledger = await openLedger(folders)
    expect([ledger.size, ledger.published]).toEqual([6, 6])
    await ledger.close()
  })

  test('a ledger without any checkpoint does not open', async () => {
    const full = async (): Promise<never> => {
      throw new LedgerError('LEDGER_FULL', 'full')
    }
    const { parts, sealer } = await partsOf({ ...tileStore(folders.ledger), write: full })
    const ledger = new Ledger(parts, sealer, {})
    await expect(ledger.recover()).rejects.toMatchObject({ code: 'LEDGER_FULL' })
    await ledger.close()
  })
})

describe('closing', () => {
  test('gives the lock back whatever fails, and says what failed', async () => {
    const ledger = await openLedger(folders)
    const { keystore } = ledger
    const { close } = keystore
    keystore.close = () => {
      close.call(keystore)
      throw new LedgerError('LEDGER_POISONED', 'keystore')
    }
    await expect(ledger.close()).rejects.toMatchObject({ code: 'LEDGER_POISONED' })
    await (await openLedger(folders)).close()
  })

  test('twice waits for the first', async () => {
    const ledger = await openLedger(folders)
    await ledger.commit(testProducer().batch(spans(0, 2)))
    const first = ledger.close()
    await ledger.close()
    await (await openLedger(folders)).close()
    await first
  })
})

describe('a first start that was cut off', () => {
  test('is made whole by the next', async () => {
    await rm(join(folders.keys, 'log.vkey'))
    await rm(join(folders.keys, 'receipt.key'))
    expect(await ledgerExists(folders)).toBe(false)
    const { logKey } = await createLedger(folders, 'test.example/log')
    const ledger = await openLedger(folders)
    expect(ledger.logKey).toBe(logKey)
    await ledger.close()
    await expect(createLedger(folders, 'test.example/log')).rejects.toMatchObject({
      code: 'LEDGER_EXISTS',
    })
  })

  test('but the keys of a ledger in use are not made anew', async () => {
    await (await openLedger(folders)).close()
    await rm(join(folders.keys, 'log.vkey'))
    const before = await readFile(join(folders.keys, 'root.key'))
    for (const gone of [[], [folders.lock]]) {
      for (const folder of gone) await rm(folder, { recursive: true })
      await expect(createLedger(folders, 'test.example/log')).rejects.toMatchObject({
        code: 'LEDGER_DAMAGED',
      })
    }
    expect((await readFile(join(folders.keys, 'root.key'))).equals(before)).toBe(true)
  })

  test('two at once make one ledger', async () => {
    const other = foldersUnder(join(data, 'other'))
    const both = await Promise.allSettled([
      createLedger(other, 'a/log'),
      createLedger(other, 'b/log'),
    ])
    expect(both.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected'])
    expect(both.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'LEDGER_EXISTS' },
    })
    await (await openLedger(other)).close()
  })
})

describe('a ledger that is refused', () => {
  test('stays as it is, a torn tail included', async () => {
    const producer = testProducer()
    const ledger = await openLedger(folders)
    for (const from of [0, 2]) await ledger.commit(producer.batch(spans(from, 2)))
    await ledger.close()
    const [segment] = await readdir(commitFolder(folders))
    const path = join(commitFolder(folders), segment!)
    const whole = await readFile(path)
    const torn = whole.subarray(0, -8)
    await writeFile(path, torn)
    // The lock store was lost: nobody can say that this folder is the newest.
    await rm(folders.lock, { recursive: true })
    const isRefused = async (): Promise<void> => {
      await expect(openLedger(folders)).rejects.toMatchObject({ code: 'LEDGER_ROLLED_BACK' })
      expect((await readFile(path)).equals(torn)).toBe(true)
    }
    await isRefused()
    // Also when only the commits tell that there was a ledger, or only the checkpoint.
    const published = join(folders.ledger, 'checkpoint')
    await rename(published, `${published}.old`)
    await isRefused()
    await rename(`${published}.old`, published)
    await rm(commitFolder(folders), { recursive: true })
    await expect(openLedger(folders)).rejects.toMatchObject({ code: 'LEDGER_ROLLED_BACK' })
  })

  test('because of a frame that somebody appended: nothing of it is signed', async () => {
    const producer = testProducer()
    const ledger = await openLedger(folders)
    await ledger.commit(producer.batch(spans(0, 2)))
    await ledger.close()
    const journal = await openJournal({ directory: commitFolder(folders) })
    const { frame, entries } = decodeFrame(await journal.readFrame(0))
    const first = entries.length
    const fields = { ...frame.fields, first }
    const fake = { header: jcsBytes({ ...fields }), fields, ciphertext: new Uint8Array(64) }
    const leaves = entries.map((entry) => decodeLeaf(entry))
    const last = { ...leaves.at(-1)!, first, hash: frameHash(fake) } as Leaf
    await journal.append(encodeFrame(fake, entries.with(-1, encodeLeaf(last))))
    await journal.close()
    const before = readLockStore(folders.lock, ledger.origin)
    const files = await readdir(folders.ledger, { recursive: true })
    await expect(openLedger(folders)).rejects.toMatchObject({
      code: 'LEDGER_DAMAGED',
      message: expect.stringContaining('frame 1'),
    })
    expect(readLockStore(folders.lock, ledger.origin)).toEqual(before)
    expect(await readdir(folders.ledger, { recursive: true })).toEqual(files)
  })

  test('also when the keystore is lost: it is not replaced', async () => {
    await (await openLedger(folders)).close()
    await rm(join(folders.keys, 'keystore.db'))
    for (let tries = 0; tries < 2; tries++) {
      await expect(openLedger(folders)).rejects.toMatchObject({ code: 'KEYSTORE_DAMAGED' })
    }
  })
})
