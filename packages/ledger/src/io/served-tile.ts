// A tile of the log as an HTTP server gives it, by its path (c2sp.org/tlog-tiles). A partial tile
// may have grown since: any narrower width of it is served from what is there now, because the
// entries of a log never change. See served-tile.test.ts.
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  entriesPath,
  HASH_BYTES,
  parseTilePath,
  TILE_WIDTH,
  TlogError,
  type TilePath,
  tilePath,
} from '@grantlog/tlog'

/**
 * The bytes of a tile or bundle below the ledger's folder, unverified; null when the path is no
 * tile path or the log has not that much. Only paths that parseTilePath accepts touch the disk, and
 * they are written anew from what it read. Errors: those of the system.
 */
export async function readServedTile(
  ledgerFolder: string,
  path: string,
): Promise<Uint8Array | null> {
  const tile = parse(path)
  if (tile === null) return null
  // The sealer may replace what was just looked for by something wider.
  for (let tries = 0; tries < readTries; tries++) {
    const exact = await readOrNull(join(ledgerFolder, pathOf(tile, tile.width)))
    if (exact !== null) return exact
    if (tile.width === TILE_WIDTH) return null
    for (const width of await widerWidths(ledgerFolder, tile)) {
      const wider = await readOrNull(join(ledgerFolder, pathOf(tile, width)))
      if (wider !== null) return slice(tile, wider)
    }
  }
  return null
}

/** As often as tiles.ts looks. */
const readTries = 3

function parse(path: string): TilePath | null {
  try {
    return parseTilePath(path)
  } catch (error) {
    if (error instanceof TlogError) return null
    throw error
  }
}

function pathOf(tile: TilePath, width: number): string {
  const { index } = tile
  return tile.kind === 'entries' ? entriesPath(index, width) : tilePath(tile.level, index, width)
}

/** The full tile, then the partial ones that are there. */
async function widerWidths(ledgerFolder: string, tile: TilePath): Promise<number[]> {
  const names = await orNull(readdir(join(ledgerFolder, `${pathOf(tile, TILE_WIDTH)}.p`)))
  const widths = (names ?? []).map(Number).filter((width) => width > tile.width)
  return [TILE_WIDTH, ...widths.filter((width) => width < TILE_WIDTH)]
}

function slice(tile: TilePath, bytes: Uint8Array): Uint8Array | null {
  if (tile.kind === 'tile') return bytes.subarray(0, tile.width * HASH_BYTES)
  let end = 0
  for (let entry = 0; entry < tile.width; entry++) {
    if (end + 2 > bytes.length) return null
    end += 2 + ((bytes[end] ?? 0) << 8) + (bytes[end + 1] ?? 0)
  }
  return end <= bytes.length ? bytes.subarray(0, end) : null
}

function readOrNull(path: string): Promise<Uint8Array | null> {
  return orNull(readFile(path))
}

async function orNull<T>(promise: Promise<T>): Promise<T | null> {
  try {
    return await promise
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT' || code === 'ENOTDIR' || code === 'EISDIR') return null
    throw error
  }
}
