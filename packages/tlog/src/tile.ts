// Tiles of c2sp.org/tlog-tiles: their paths, and which tiles a tree of some size has. Tile N of
// level L holds the 256 hashes of complete subtrees at tree level 8 × L from index 256 × N on:
//   tile/0/x001/x234/067       256 leaf hashes, from leaf 1,234,067 × 256 on
//   tile/0/273.p/112           the first 112 hashes of a tile that is still growing
//   tile/entries/273.p/112     the entries behind them
// See tile.test.ts.
import { TlogError } from './codes.ts'
import { MAX_TILE_LEVEL } from './limits.ts'
import { isTreeSize, requireTreeSize } from './tree.ts'

/** Tree levels in a tile. */
export const TILE_HEIGHT = 8
/** Hashes in a full tile, 2^TILE_HEIGHT; entries in a full bundle. */
export const TILE_WIDTH = 256

/** A hash tile: `width` is 256 for a full tile, 1 to 255 for a partial one. */
export interface Tile {
  readonly level: number
  readonly index: number
  readonly width: number
}

/** What a path names: a hash tile, or the entry bundle behind a tile of level 0. */
export type TilePath =
  | {
      readonly kind: 'tile'
      readonly level: number
      readonly index: number
      readonly width: number
    }
  | { readonly kind: 'entries'; readonly index: number; readonly width: number }

/** The path of a hash tile below a log's prefix. Errors: TLOG_TILE_MALFORMED. */
export function tilePath(level: number, index: number, width: number = TILE_WIDTH): string {
  if (!Number.isInteger(level) || level < 0 || level > MAX_TILE_LEVEL) {
    throw new TlogError('TLOG_TILE_MALFORMED', `level ${level} is not 0 to ${MAX_TILE_LEVEL}`)
  }
  return `tile/${level}/${indexPath(index, width)}`
}

/** The path of an entry bundle below a log's prefix. Errors: TLOG_TILE_MALFORMED. */
export function entriesPath(index: number, width: number = TILE_WIDTH): string {
  return `tile/entries/${indexPath(index, width)}`
}

function indexPath(index: number, width: number): string {
  if (!isTreeSize(index)) throw new TlogError('TLOG_TILE_MALFORMED', `index ${index}`)
  if (!Number.isInteger(width) || width < 1 || width > TILE_WIDTH) {
    throw new TlogError('TLOG_TILE_MALFORMED', `width ${width} is not 1 to ${TILE_WIDTH}`)
  }
  let path = String(index % 1000).padStart(3, '0')
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    path = `x${String(rest % 1000).padStart(3, '0')}/${path}`
  }
  return width === TILE_WIDTH ? path : `${path}.p/${width}`
}

const PATH = /^tile\/(entries|\d{1,2})\/((?:x\d{3}\/){0,5}\d{3})(?:\.p\/(\d{1,3}))?$/

/**
 * Reads a path as tilePath and entriesPath write it, without prefix or leading slash. Any other
 * spelling of the same tile is refused. Errors: TLOG_TILE_MALFORMED.
 */
export function parseTilePath(path: string): TilePath {
  const match = PATH.exec(path)
  if (match === null) throw new TlogError('TLOG_TILE_MALFORMED', 'not a tile path')
  const [, level, digits, partial] = match
  const index = Number(digits!.replaceAll(/[x/]/g, ''))
  const width = partial === undefined ? TILE_WIDTH : Number(partial)
  const tile: TilePath =
    level === 'entries'
      ? { kind: 'entries', index, width }
      : { kind: 'tile', level: Number(level), index, width }
  const canonical =
    tile.kind === 'entries' ? entriesPath(index, width) : tilePath(tile.level, index, width)
  if (canonical !== path) throw new TlogError('TLOG_TILE_MALFORMED', `should be ${canonical}`)
  return tile
}

/** Hashes that the tile has in a tree of `size` leaves: 0 (no such tile) to 256. */
export function tileWidth(level: number, index: number, size: number): number {
  const hashes = Math.floor(size / TILE_WIDTH ** level)
  return Math.max(0, Math.min(TILE_WIDTH, hashes - index * TILE_WIDTH))
}

/**
 * Every tile of a tree of `size` leaves, level by level from the leaves up, left to right; the last
 * of a level may be partial. The entry bundles are those of level 0. Errors: TLOG_RANGE_INVALID.
 */
export function tilesForSize(size: number): Generator<Tile, void, undefined> {
  return newTiles(0, size)
}

/**
 * The tiles that a tree of `newSize` leaves has and one of `oldSize` has not, a wider partial tile
 * included, in the order of tilesForSize. Errors: TLOG_RANGE_INVALID.
 */
export function* newTiles(oldSize: number, newSize: number): Generator<Tile, void, undefined> {
  requireTreeSize(oldSize)
  requireTreeSize(newSize)
  if (oldSize > newSize) throw new TlogError('TLOG_RANGE_INVALID', `from ${oldSize} to ${newSize}`)
  let before = oldSize
  let after = newSize
  for (let level = 0; after > before; level++) {
    for (let index = Math.floor(before / TILE_WIDTH); index * TILE_WIDTH < after; index++) {
      yield { level, index, width: Math.min(TILE_WIDTH, after - index * TILE_WIDTH) }
    }
    before = Math.floor(before / TILE_WIDTH)
    after = Math.floor(after / TILE_WIDTH)
  }
}
