import { mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals'
import { entriesPath, leafHash, tilePath, tilesForSize } from '@grantlog/tlog'
import { LedgerError } from '../codes.ts'
import { sha256 } from '../crypto.ts'
import { writeDurable } from '../io/durable.ts'
import type { LockedCheckpoint, LockStore } from '../io/lock-store.ts'
import { tileStore } from '../io/tiles.ts'
import { Sealer } from './sealer.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantlog-seal-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const signer = { name: 'test', keyId: 1, sign: () => new Uint8Array(64) }
const entry = (index: number) => {
  const bytes = Buffer.from(`entry ${index}`)
  return { index, entry: bytes, hash: leafHash(sha256, bytes) }
}
const entries = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => entry(from + i))

function memoryLock(): LockStore & { checkpoint: LockedCheckpoint | null } {
  return {
    checkpoint: null,
    swap(next) {
      this.checkpoint = next
    },
    close: () => undefined,
  }
}

const open = (data: string, lock: LockStore, size: number) =>
  Sealer.load({ origin: 'test', tiles: tileStore(data), lock, signer }, size)

async function tilesIn(data: string, size: number): Promise<Map<string, string>> {
  const tiles = new Map<string, string>()
  for (const { level, index, width } of tilesForSize(size)) {
    const paths = [tilePath(level, index, width)]
    if (level === 0) paths.push(entriesPath(index, width))
    for (const path of paths) tiles.set(path, (await readFile(join(data, path))).toString('hex'))
  }
  return tiles
}

test('the same leaves give the same tiles and root, however they are cut into seals', async () => {
  const cuts = [[700], [1, 255, 256, 257, 511, 512, 700], [300, 301, 699, 700]]
  const results = []
  for (const [i, sizes] of cuts.entries()) {
    const data = join(folder, String(i))
    const lock = memoryLock()
    let size = 0
    for (const next of sizes) {
      // Loading anew each time: what a restart between any two seals does.
      const sealer = await open(data, lock, size)
      await sealer.seal(entries(size, next))
      size = next
    }
    results.push({ root: lock.checkpoint!.root, tiles: await tilesIn(data, 700) })
  }
  expect(results[1]).toEqual(results[0])
  expect(results[2]).toEqual(results[0])
})

test('a crash between tiles and swap is sealed again with the same bytes', async () => {
  const lock = memoryLock()
  const sealer = await open(folder, lock, 0)
  await sealer.seal(entries(0, 250))
  const before = lock.checkpoint
  const crashed = await open(
    folder,
    {
      ...lock,
      swap: () => {
        throw new RangeError('crash')
      },
    },
    250,
  )
  await expect(crashed.seal(entries(250, 600))).rejects.toThrow('crash')
  expect(lock.checkpoint).toBe(before)
  const next = await open(folder, lock, 250)
  await next.seal(entries(250, 700))
  const other = join(folder, 'other')
  const otherLock = memoryLock()
  await (await open(other, otherLock, 0)).seal(entries(0, 700))
  expect(lock.checkpoint!.root).toBe(otherLock.checkpoint!.root)
  expect(await tilesIn(folder, 700)).toEqual(await tilesIn(other, 700))
})

test('partial tiles do not pile up, and recent sizes stay readable', async () => {
  const lock = memoryLock()
  const sealer = await open(folder, lock, 0)
  for (let size = 0; size < 300; size += 10) await sealer.seal(entries(size, size + 10))
  expect(await readdir(join(folder, 'tile/0'))).toEqual(['000', '001.p'])
  expect((await readdir(join(folder, 'tile/0/001.p'))).length).toBeLessThanOrEqual(2)
  const tiles = tileStore(folder)
  const bundle = await tiles.readEntries(1, 12)
  expect(bundle).toHaveLength(12)
  const tile = await tiles.readTile({ level: 0, index: 1, width: 12 })
  const expected = leafHash(sha256, entry(256).entry)
  expect(Buffer.from(tile.subarray(0, 32)).equals(expected)).toBe(true)
})

describe('a full disk', () => {
  const full = async (): Promise<never> => {
    throw new LedgerError('LEDGER_FULL', 'full')
  }

  test.each(['write', 'publish'] as const)('at %s: the same seal works later', async (step) => {
    const lock = memoryLock()
    const tiles = { ...tileStore(folder) }
    const sealer = await Sealer.load({ origin: 'test', tiles, lock, signer }, 0)
    await sealer.seal(entries(0, 250))
    tiles[step] = full
    const size = step === 'write' ? 250 : 600
    await expect(sealer.seal(entries(250, 600))).rejects.toMatchObject({ code: 'LEDGER_FULL' })
    expect([sealer.size, lock.checkpoint!.size]).toEqual([size, size])
    Object.assign(tiles, tileStore(folder))
    await sealer.seal(entries(sealer.size, 700))
    const [other, otherLock] = [join(folder, 'other'), memoryLock()]
    await (await open(other, otherLock, 0)).seal(entries(0, 700))
    expect(lock.checkpoint!.root).toBe(otherLock.checkpoint!.root)
    expect(await tilesIn(folder, 700)).toEqual(await tilesIn(other, 700))
    expect(new TextDecoder().decode((await tiles.checkpoint())!)).toBe(lock.checkpoint!.note)
  })

  test('leaves no half file that takes the space', async () => {
    const path = join(folder, 'file')
    await symlink('/dev/full', `${path}.tmp`)
    await expect(writeDurable(path, 'text')).rejects.toMatchObject({ code: 'LEDGER_FULL' })
    expect(await readdir(folder)).toEqual([])
  })
})

test('entries at the edge that are not those of their tile are not sealed on', async () => {
  const lock = memoryLock()
  const sealer = await open(folder, lock, 0)
  await sealer.seal(entries(0, 300))
  const path = entriesPath(1, 44)
  const bundle = await readFile(join(folder, path))
  bundle[5]! ^= 1
  await writeFile(join(folder, path), bundle)
  await expect(open(folder, lock, 300)).rejects.toMatchObject({
    code: 'LEDGER_DAMAGED',
    message: expect.stringContaining(path),
  })
})
