import { expect, test } from '@jest/globals'
import { expectCode, hex, leaf, naiveRoot, sha256 } from '../test/helpers.ts'
import { checkInclusion } from './check.ts'
import { Frontier } from './frontier.ts'
import { MAX_CACHED_TILES } from './limits.ts'
import { proveInclusion } from './prove.ts'
import { TILE_WIDTH, type Tile, tilesForSize } from './tile.ts'
import { tileReader } from './tile-reader.ts'
import { treeRoot } from './tree.ts'

const SIZE = 70_000

// The tiles of the whole tree, filled as a log fills them: by what each append completes.
const columns: Uint8Array[][] = [[], [], []]
const frontier = new Frontier(sha256)
for (let n = 0; n < SIZE; n++) {
  frontier.append(leaf(n), (level, _index, hash) => {
    if (level % 8 === 0) columns[level / 8]!.push(hash)
  })
}

const key = ({ level, index, width }: Tile): string => `${level}/${index}.p/${width}`

function readTile({ level, index, width }: Tile): Uint8Array {
  const start = index * TILE_WIDTH
  return new Uint8Array(Buffer.concat(columns[level]!.slice(start, start + width)))
}

test('every complete subtree of a small tree is the naive one', async () => {
  const size = 600
  const reader = tileReader({ sha256, size, readTile })
  for (let level = 0; 2 ** level <= size; level++) {
    for (let index = 0; (index + 1) * 2 ** level <= size; index++) {
      const leaves = columns[0]!.slice(index * 2 ** level, (index + 1) * 2 ** level)
      expect(hex(await reader.hash(level, index))).toBe(hex(naiveRoot(leaves)))
    }
    const past = Math.floor(size / 2 ** level)
    await expectCode('TLOG_RANGE_INVALID', () => reader.hash(level, past))
  }
})

test('a tree of 70,000 leaves has the root of its frontier, and its proofs hold', async () => {
  const reader = tileReader({ sha256, size: SIZE, readTile })
  const root = await treeRoot(reader, SIZE)
  expect(hex(root)).toBe(hex(frontier.root()))
  for (const index of [0, 255, 256, 65_535, 65_536, 69_887, 69_888, 69_999]) {
    const proof = await proveInclusion(reader, index, SIZE)
    checkInclusion({ sha256, index, size: SIZE, leafHash: leaf(index), root, proof })
  }
})

test('only tiles that the tree has are asked for, each once', async () => {
  const existing = new Set([...tilesForSize(SIZE)].map(key))
  const asked: string[] = []
  const reader = tileReader({
    sha256,
    size: SIZE,
    readTile: async (tile) => {
      asked.push(key(tile))
      return readTile(tile)
    },
  })
  for (const index of [0, 12_345, 69_999]) await proveInclusion(reader, index, SIZE)
  expect(asked.filter((one) => !existing.has(one))).toEqual([])
  expect(new Set(asked).size).toBe(asked.length)
})

test('keeps 64 tiles: the last used are not read again, an older one is', async () => {
  let reads = 0
  const reader = tileReader({ sha256, size: SIZE, readTile: (tile) => (reads++, readTile(tile)) })
  for (let index = 0; index <= MAX_CACHED_TILES; index++) await reader.hash(0, index * TILE_WIDTH)
  expect(reads).toBe(MAX_CACHED_TILES + 1)
  await reader.hash(0, TILE_WIDTH)
  expect(reads).toBe(MAX_CACHED_TILES + 1)
  await reader.hash(0, 0)
  expect(reads).toBe(MAX_CACHED_TILES + 2)
})

test('takes the full tile for a partial one, and no other length', async () => {
  const read = (bytes: number): Promise<unknown> => {
    const reader = tileReader({
      sha256,
      size: 3,
      readTile: () => readTile({ level: 0, index: 0, width: 256 }).subarray(0, bytes),
    })
    return Promise.resolve(reader.hash(0, 2)).then((hash) => expect(hex(hash)).toBe(hex(leaf(2))))
  }
  await read(3 * 32)
  await read(256 * 32)
  for (const bytes of [0, 2 * 32, 4 * 32, 3 * 32 + 1]) {
    await expectCode('TLOG_TILE_MALFORMED', () => read(bytes))
  }
})

test('a read that failed is tried again', async () => {
  let fail = true
  const reader = tileReader({
    sha256,
    size: 5,
    readTile(tile) {
      if (fail) throw new Error('offline')
      return readTile(tile)
    },
  })
  await expect(reader.hash(0, 4)).rejects.toThrow('offline')
  fail = false
  expect(hex(await reader.hash(0, 4))).toBe(hex(leaf(4)))
})

test('refuses subtrees and sizes that are none', async () => {
  const reader = tileReader({ sha256, size: 8, readTile })
  for (const [level, index] of [
    [-1, 0],
    [0, -1],
    [0.5, 0],
    [0, 0.5],
    [0, 8],
    [4, 0],
    [2000, 0],
  ] as const) {
    await expectCode('TLOG_RANGE_INVALID', () => reader.hash(level, index))
  }
  await expectCode('TLOG_RANGE_INVALID', () => tileReader({ sha256, size: -1, readTile }))
})
