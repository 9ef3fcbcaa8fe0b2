import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { encodeEntries, entriesPath, tilePath } from '@grantlog/tlog'
import { localFiles } from './durable.ts'
import { entryCursor, tileStore } from './tiles.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantlog-tiles-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const entries = (count: number): Uint8Array[] =>
  Array.from({ length: count }, (_, i) => Buffer.from(`entry ${i}`))
const bundle = (width: number): [string, Uint8Array] => [
  entriesPath(0, width),
  encodeEntries(entries(width)),
]

test('a partial bundle is read from any wider one', async () => {
  for (const width of [20, 256]) {
    const tiles = tileStore(folder)
    await tiles.write(new Map([bundle(width)]))
    expect(await tiles.readEntries(0, 12)).toEqual(entries(12))
    await rm(join(folder, 'tile'), { recursive: true })
  }
})

test('what is not there, or is cut short, is damage', async () => {
  const tiles = tileStore(folder)
  const damaged = { code: 'LEDGER_DAMAGED' }
  await expect(tiles.readEntries(0, 12)).rejects.toMatchObject(damaged)
  await expect(tiles.readTile({ level: 0, index: 0, width: 3 })).rejects.toMatchObject(damaged)
  const short: [string, Uint8Array][] = [
    [entriesPath(0, 12), encodeEntries(entries(11))],
    [entriesPath(1, 12), Buffer.from([255, 255, 1])],
    [tilePath(0, 0, 3), new Uint8Array(64)],
  ]
  await tiles.write(new Map(short))
  await expect(tiles.readEntries(0, 12)).rejects.toMatchObject(damaged)
  await expect(tiles.readEntries(1, 12)).rejects.toMatchObject(damaged)
  await expect(tiles.readTile({ level: 0, index: 0, width: 3 })).rejects.toMatchObject(damaged)
})

test('a bundle that is sealed while it is looked for is found', async () => {
  const writer = tileStore(folder)
  await writer.write(new Map([bundle(12)]))
  // The reader looks for width 12 just after it was replaced by 20, and for the full one just
  // before it is there: both times it comes for what the sealer has moved on from.
  let misses = 0
  const read = async (path: string): Promise<Uint8Array> => {
    if (misses === 0) await rm(join(folder, 'tile/entries/000.p'), { recursive: true })
    try {
      return await localFiles.read(path)
    } catch (error) {
      if (++misses === 2) await writer.write(new Map([bundle(256)]))
      throw error
    }
  }
  const reader = tileStore(folder, { ...localFiles, read })
  expect(await reader.readEntries(0, 12)).toEqual(entries(12))
})

test('only partial tiles that a wider one replaces are dropped', async () => {
  const tiles = tileStore(folder)
  await tiles.write(new Map([bundle(5), bundle(12), bundle(20)]))
  await tiles.dropPartials(12)
  expect((await readdir(join(folder, 'tile/entries/000.p'))).toSorted()).toEqual(['12', '20'])
  await tiles.write(new Map([bundle(256)]))
  await tiles.dropPartials(20)
  expect(await readdir(join(folder, 'tile/entries'))).toEqual(['000'])
})

test('a cursor reads the entries of many bundles, each bundle once', async () => {
  let reads = 0
  const readFile = (path: string): Promise<Uint8Array> => {
    reads++
    return localFiles.read(path)
  }
  const tiles = tileStore(folder, { ...localFiles, read: readFile })
  const second = encodeEntries(entries(3))
  await tiles.write(new Map([bundle(256), [entriesPath(1, 3), second]]))
  const entryAt = entryCursor(tiles, 259)
  const read: Uint8Array[] = []
  for (let index = 0; index < 259; index++) read.push(await entryAt(index))
  expect(read).toEqual([...entries(256), ...entries(3)])
  expect(reads).toBe(2)
})
