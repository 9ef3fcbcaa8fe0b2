// Subtree hashes out of tiles (c2sp.org/tlog-tiles): a tile stores every eighth level of the tree,
// the levels between are hashed from it. See tile-reader.test.ts.
import { TlogError } from './codes.ts'
import type { Sha256 } from './hash.ts'
import { HASH_BYTES, MAX_CACHED_TILES } from './limits.ts'
import { TILE_HEIGHT, TILE_WIDTH, type Tile, tileWidth } from './tile.ts'
import { foldComplete, requireTreeSize, type SubtreeReader } from './tree.ts'

export interface TileReaderOptions {
  readonly sha256: Sha256
  /** Leaves in the tree whose tiles are read; no wider tile is ever asked for. */
  readonly size: number
  /**
   * The bytes of a tile: exactly `width` × 32 of them, or the 8,192 of the full tile, which a log
   * may have left in place of the partial one. Errors are passed on, and asked for again next time.
   */
  readonly readTile: (tile: Tile) => Uint8Array | Promise<Uint8Array>
}

/**
 * A reader over the tiles of a tree of `size` leaves. It keeps the last 64 tiles. Nothing is
 * authenticated here: compare the root, or check the proof, with a checkpoint you trust. Its
 * hash() rejects with TLOG_RANGE_INVALID outside the tree, TLOG_TILE_MALFORMED for a wrong length.
 */
export function tileReader({ sha256, size, readTile }: TileReaderOptions): SubtreeReader {
  requireTreeSize(size)
  const cache = new Map<string, Promise<Uint8Array>>()

  async function load(tile: Tile): Promise<Uint8Array> {
    const bytes = await readTile(tile)
    const wanted = tile.width * HASH_BYTES
    if (bytes.length !== wanted && bytes.length !== TILE_WIDTH * HASH_BYTES) {
      throw new TlogError('TLOG_TILE_MALFORMED', `${bytes.length} bytes, not ${wanted}`)
    }
    return bytes.subarray(0, wanted)
  }

  function cached(level: number, index: number): Promise<Uint8Array> {
    const key = `${level}/${index}`
    const bytes = cache.get(key) ?? load({ level, index, width: tileWidth(level, index, size) })
    // Deleting first moves the tile to the end: a Map iterates in order of insertion.
    cache.delete(key)
    cache.set(key, bytes)
    if (cache.size > MAX_CACHED_TILES) cache.delete(cache.keys().next().value!)
    bytes.catch(() => cache.delete(key))
    return bytes
  }

  async function hash(level: number, index: number): Promise<Uint8Array> {
    if (!Number.isInteger(level) || !Number.isSafeInteger(index) || level < 0 || index < 0) {
      throw new TlogError('TLOG_RANGE_INVALID', `subtree ${index} of level ${level}`)
    }
    if ((index + 1) * 2 ** level > size) {
      throw new TlogError(
        'TLOG_RANGE_INVALID',
        `subtree ${index} of level ${level} is not complete`,
      )
    }
    const tileLevel = Math.floor(level / TILE_HEIGHT)
    const width = 2 ** (level % TILE_HEIGHT)
    const perTile = TILE_WIDTH / width
    const bytes = await cached(tileLevel, Math.floor(index / perTile))
    const start = (index % perTile) * width
    return foldComplete(sha256, bytes.subarray(start * HASH_BYTES, (start + width) * HASH_BYTES))
  }

  return { sha256, hash }
}
