import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { expectCode } from '../test/helpers.ts'
import { MAX_TILE_LEVEL, MAX_TREE_SIZE } from './limits.ts'
import { entriesPath, newTiles, parseTilePath, tilePath, tilesForSize, tileWidth } from './tile.ts'

const path = ({ level, index, width }: { level: number; index: number; width: number }): string =>
  tilePath(level, index, width)

describe('paths', () => {
  test('are those of the specification', () => {
    expect(tilePath(0, 1234067)).toBe('tile/0/x001/x234/067')
    expect(tilePath(63, 0, 1)).toBe('tile/63/000.p/1')
    expect(entriesPath(999, 255)).toBe('tile/entries/999.p/255')
    expect(entriesPath(1000)).toBe('tile/entries/x001/000')
    expect(tilePath(0, MAX_TREE_SIZE)).toBe('tile/0/x009/x007/x199/x254/x740/991')
  })

  test('are read back', () => {
    const index = fc.maxSafeNat()
    fc.assert(
      fc.property(fc.nat(63), index, fc.integer({ min: 1, max: 256 }), (level, index, width) => {
        expect(parseTilePath(tilePath(level, index, width))).toEqual({
          kind: 'tile',
          level,
          index,
          width,
        })
        expect(parseTilePath(entriesPath(index, width))).toEqual({ kind: 'entries', index, width })
      }),
    )
  })

  test.each([
    '',
    'tile/0',
    'tile/0/',
    '/tile/0/000',
    'tile/00/000',
    'tile/64/000',
    'tile/-1/000',
    'tile/0/0',
    'tile/0/0000',
    'tile/0/x000/067',
    'tile/0/001/067',
    'tile/0/x001',
    'tile/0/000.p/0',
    'tile/0/000.p/256',
    'tile/0/000.p/01',
    'tile/0/000.p/',
    'tile/0/000/',
    'tile/0/000\n',
    'tile/0/x009/x007/x199/x254/x740/992',
    'tile/data/000',
    'tile/0/../000',
    'TILE/0/000',
  ])('refuses %j', (spelling) => expectCode('TLOG_TILE_MALFORMED', () => parseTilePath(spelling)))

  test('are not written outside the limits', async () => {
    expect(tilePath(MAX_TILE_LEVEL, 0)).toBe('tile/63/000')
    for (const level of [MAX_TILE_LEVEL + 1, -1, 0.5]) {
      await expectCode('TLOG_TILE_MALFORMED', () => tilePath(level, 0))
    }
    for (const width of [0, 257, 1.5]) {
      await expectCode('TLOG_TILE_MALFORMED', () => entriesPath(0, width))
    }
    for (const index of [-1, 0.5, 2 ** 53]) {
      await expectCode('TLOG_TILE_MALFORMED', () => tilePath(0, index))
    }
  })
})

describe('tiles of a tree', () => {
  test('of 70,000 leaves are the ones the specification counts', () => {
    const tiles = [...tilesForSize(70_000)]
    const full = (level: number): number =>
      tiles.filter((t) => t.level === level && t.width === 256).length
    expect([full(0), full(1), full(2)]).toEqual([273, 1, 0])
    const partial = tiles.filter(({ width }) => width < 256).map(path)
    expect(partial).toEqual(['tile/0/273.p/112', 'tile/1/001.p/17', 'tile/2/000.p/1'])
    expect(tiles).toHaveLength(277)
  })

  test('of 0, 1, 255, 256 and 257 leaves', () => {
    const paths = (size: number): string[] => [...tilesForSize(size)].map(path)
    expect(paths(0)).toEqual([])
    expect(paths(1)).toEqual(['tile/0/000.p/1'])
    expect(paths(255)).toEqual(['tile/0/000.p/255'])
    expect(paths(256)).toEqual(['tile/0/000', 'tile/1/000.p/1'])
    expect(paths(257)).toEqual(['tile/0/000', 'tile/0/001.p/1', 'tile/1/000.p/1'])
  })

  test('tileWidth agrees with tilesForSize, and is 0 for a tile that is not there', () => {
    for (const size of [1, 255, 256, 257, 65_536, 70_000]) {
      for (const { level, index, width } of tilesForSize(size)) {
        expect(tileWidth(level, index, size)).toBe(width)
      }
    }
    expect(tileWidth(0, 274, 70_000)).toBe(0)
    expect(tileWidth(3, 0, 70_000)).toBe(0)
    expect(tileWidth(63, 0, MAX_TREE_SIZE)).toBe(0)
    expect(tileWidth(6, 0, MAX_TREE_SIZE)).toBe(31)
  })

  test('newTiles is exactly what the larger tree has and the smaller has not', () => {
    fc.assert(
      fc.property(fc.nat(140_000), fc.nat(140_000), (a, b) => {
        const [oldSize, newSize] = a < b ? [a, b] : [b, a]
        const before = new Set([...tilesForSize(oldSize)].map(path))
        const expected = [...tilesForSize(newSize)].map(path).filter((one) => !before.has(one))
        expect([...newTiles(oldSize, newSize)].map(path)).toEqual(expected)
      }),
    )
  })

  test('refuses sizes that are none, or shrink', async () => {
    await expectCode('TLOG_RANGE_INVALID', () => [...tilesForSize(-1)])
    await expectCode('TLOG_RANGE_INVALID', () => [...newTiles(2, 1)])
    await expectCode('TLOG_RANGE_INVALID', () => [...newTiles(0, 2 ** 53)])
  })
})
