// The public files of the log: tiles, entry bundles, checkpoint (c2sp.org/tlog-tiles). Not trusted:
// whoever changes them is found by `verify`. See tiles.test.ts.
import { dirname, join } from 'node:path'
import type { Files } from '@grantlog/journal'
import {
  decodeEntries,
  entriesPath,
  type SubtreeReader,
  type Tile,
  TILE_WIDTH,
  tilePath,
  tileReader,
  TlogError,
} from '@grantlog/tlog'
import { LedgerError } from '../codes.ts'
import { checkpointPath } from '../folders.ts'
import { sha256 } from '../crypto.ts'
import {
  localFiles,
  makeFolder,
  namesIn,
  readIfThere,
  syncFolder,
  writeDurable,
} from './durable.ts'
import { eachOf, type WholeFiles, wholeFiles } from './whole-files.ts'

/**
 * Ownership: the sealer writes, anybody reads. Durability: what `write` and `publish` were given is
 * durable when they return. Concurrency: readers at any time; a tile once complete never changes.
 * Failure: LEDGER_FULL, LEDGER_POISONED on writing; LEDGER_DAMAGED when a tile is not there.
 */
export interface TileStore {
  readTile(tile: Tile): Promise<Uint8Array>
  /** The first `width` entries of a bundle. */
  readEntries(index: number, width: number): Promise<Uint8Array[]>
  /** One entry of a tree of `size` leaves. */
  readEntry(index: number, size: number): Promise<Uint8Array>
  /** Subtree hashes of the tree of `size` leaves. */
  reader(size: number): SubtreeReader
  checkpoint(): Promise<Uint8Array | null>
  /** Files by path below the ledger folder; their bytes are taken, as by WholeFiles. */
  write(files: ReadonlyMap<string, Uint8Array>): Promise<void>
  publish(note: string): Promise<void>
  /** Removes partial tiles of an older size, where a wider or full tile has taken their place. */
  dropPartials(size: number): Promise<void>
  /** Ends what writes; reading goes on. */
  close(): Promise<void>
}

/** Where the files are, and the folders that are known to be durable. */
interface Place {
  readonly folder: string
  readonly files: Files
  readonly whole: WholeFiles
  readonly made: Set<string>
}

/** `files`: default the local disk. `whole`: default by `files`, which is slow for many. */
export function tileStore(
  folder: string,
  files: Files = localFiles,
  whole: WholeFiles = wholeFiles(files),
): TileStore {
  const place: Place = { folder, files, whole, made: new Set() }
  const published = checkpointPath({ ledger: folder })
  const readTile = async ({ level, index, width }: Tile): Promise<Uint8Array> => {
    const wanted = width * 32
    const bytes = await readAny(place, (w) => tilePath(level, index, w), width)
    if (bytes.length < wanted || bytes.length % 32 !== 0) {
      throw new LedgerError('LEDGER_DAMAGED', `${tilePath(level, index, width)} is cut short`)
    }
    return bytes.subarray(0, wanted)
  }
  const readEntries = async (index: number, width: number): Promise<Uint8Array[]> => {
    const bytes = await readAny(place, (w) => entriesPath(index, w), width)
    const bundle = decodeBundle(bytes, entriesPath(index, width))
    if (bundle.length < width) {
      throw new LedgerError('LEDGER_DAMAGED', `${entriesPath(index, width)} is cut short`)
    }
    return bundle.slice(0, width)
  }
  return {
    readTile,
    readEntries,
    readEntry: async (index, size) => {
      const bundle = Math.floor(index / TILE_WIDTH)
      const width = Math.min(TILE_WIDTH, size - bundle * TILE_WIDTH)
      return (await readEntries(bundle, width))[index % TILE_WIDTH]!
    },
    reader: (size) => tileReader({ sha256, size, readTile }),
    checkpoint: () => readIfThere(published, files),
    write: (contents) => writeAll(place, contents),
    publish: (note) => writeDurable(published, note, { files }),
    dropPartials: (size) => dropPartials(place, size),
    close: () => whole.close(),
  }
}

/**
 * Reads entries of the tree of `size` leaves one after the other, each bundle once. For walks from
 * the first entry to the last.
 */
export function entryCursor(
  tiles: TileStore,
  size: number,
): (index: number) => Promise<Uint8Array> {
  let current = -1
  let entries: Uint8Array[] = []
  return async (index) => {
    const bundle = Math.floor(index / TILE_WIDTH)
    if (bundle !== current) {
      const width = Math.min(TILE_WIDTH, size - bundle * TILE_WIDTH)
      entries = await tiles.readEntries(bundle, width)
      current = bundle
    }
    return entries[index % TILE_WIDTH]!
  }
}

function decodeBundle(bytes: Uint8Array, path: string): Uint8Array[] {
  try {
    return decodeEntries(bytes)
  } catch (cause) {
    if (!(cause instanceof TlogError)) throw cause
    throw new LedgerError('LEDGER_DAMAGED', `${path} is no entry bundle`, { cause })
  }
}

/**
 * The tile of this width, or a wider one: a partial tile is a prefix of all wider ones. The sealer
 * may replace what was just looked for by something wider, so that it is looked for again.
 */
async function readAny(
  { files, folder }: Place,
  pathOf: (width: number) => string,
  width: number,
): Promise<Uint8Array> {
  for (let tries = 0; tries < readTries; tries++) {
    for (const each of new Set([width, TILE_WIDTH])) {
      const found = await readIfThere(join(folder, pathOf(each)), files)
      if (found) return found
    }
    for (const wider of await widths(dirname(join(folder, pathOf(1))), files)) {
      if (wider <= width) continue
      const found = await readIfThere(join(folder, pathOf(wider)), files)
      if (found) return found
    }
  }
  throw new LedgerError('LEDGER_DAMAGED', `${pathOf(width)} is not there`)
}

const readTries = 3

async function widths(folder: string, files: Files): Promise<number[]> {
  const names = await namesIn(folder, files).catch(() => [])
  return names.filter((name) => /^[0-9]+$/.test(name)).map(Number)
}

/** All files synced, then all folders: durable together, in no order that a reader may rely on. */
async function writeAll(place: Place, contents: ReadonlyMap<string, Uint8Array>): Promise<void> {
  const { files, folder, whole } = place
  const all = Array.from(contents, ([path, bytes]) => ({ path: join(folder, path), bytes }))
  const folders = new Set(all.map(({ path }) => dirname(path)))
  for (const each of folders) await makeAll(place, each)
  await whole.write(all)
  await eachOf([...folders], (each) => syncFolder(each, files))
}

/**
 * Each level by itself: of one that is there, who made it may have been killed before its name was
 * durable, and before the name of the one above it was.
 */
async function makeAll(place: Place, parent: string): Promise<void> {
  const { files, folder, made } = place
  if (parent === folder || made.has(parent)) return
  const above = dirname(parent)
  if (above !== parent) await makeAll(place, above)
  await makeFolder(parent, undefined, files)
  made.add(parent)
}

async function dropPartials(place: Place, size: number): Promise<void> {
  for (let level = 0, hashes = size; hashes > 0; level++) {
    const index = Math.floor(hashes / TILE_WIDTH)
    const width = hashes % TILE_WIDTH
    if (width > 0) {
      await dropNarrower(place, (w) => tilePath(level, index, w), width)
      if (level === 0) await dropNarrower(place, (w) => entriesPath(index, w), width)
    }
    hashes = index
  }
}

/**
 * Only what is certainly replaced goes: narrower than the older size, or beside a full tile. No
 * folder is synced: a leftover does no harm.
 */
async function dropNarrower(
  { files, folder, made }: Place,
  pathOf: (width: number) => string,
  width: number,
): Promise<void> {
  const partials = dirname(join(folder, pathOf(1)))
  if (await readIfThere(join(folder, pathOf(TILE_WIDTH)), files)) {
    made.delete(partials)
    await files.removeAll(partials)
    return
  }
  for (const narrower of await widths(partials, files)) {
    if (narrower < width) await files.removeAll(join(partials, String(narrower)))
  }
}
