// The tree against its checkpoint: entries, tiles and root, each recomputed (c2sp.org/tlog-tiles).
// The two ways to the root, over the entries and over the tiles, tell which of them was changed.
import { base64url, equalBytes } from '@grantlog/record'
import {
  Frontier,
  leafHash,
  type OnSubtree,
  TILE_HEIGHT,
  TILE_WIDTH,
  TileHasher,
  tilePath,
  tileWidth,
} from '@grantlog/tlog'
import { sha256, sha256Text } from '../crypto.ts'
import type { LogFiles } from '../io/log-files.ts'
import type { TileStore } from '../io/tiles.ts'
import { merkle } from '../merkle.ts'
import type { Findings } from './findings.ts'
import type { AuditState } from './resume.ts'

/** A checkpoint to compare with: the published one, or one that was kept elsewhere. */
export interface KnownRoot {
  readonly size: number
  /** b64u. */
  readonly root: string
}

/** One place of the log: its entry, and what its tile says of it; null where that is not there. */
export interface TreeEntry {
  readonly index: number
  readonly entry: Uint8Array | null
  /** 32 bytes: the leaf hash in the tile. */
  readonly hash: Uint8Array | null
  /** The leaf hash of the entry. */
  readonly computed: Uint8Array | null
  /** The tile says it is another entry. */
  readonly suspect: boolean
}

/** A full bundle, all of whose entries are what their tile says: as its file has it. */
export interface SoundBundle {
  /** Index of the first of its 256 entries. */
  readonly first: number
  /** Valid until the next bundle. */
  readonly bytes: Uint8Array
}

/** A tree as far as it was walked. */
export interface TreeSoFar {
  readonly frontier: Frontier
  readonly roots: ReadonlyMap<number, readonly string[]>
}

interface Walk {
  readonly tiles: TileStore
  readonly files: LogFiles
  readonly hasher: TileHasher
  /** The last tile that was read of each level above 0. */
  readonly upperTiles: Map<number, { readonly index: number; readonly tile: Uint8Array | null }>
  readonly size: number
  readonly findings: Findings
  /**
   * Over the entries, and over the tiles of level 0; a missing one is taken from the other. One and
   * the same until they differ.
   */
  overEntries: Frontier
  readonly overTiles: Frontier
  readonly suspects: { index: number; where: string }[]
  /** False once a place has neither entry nor tile: then no root can be computed any more. */
  whole: boolean
}

/**
 * Walks a tree of `known.size` leaves. What is sound is given to `onBundle` at once; of other
 * bundles `onEntry` gets each place in order. Returns the roots (b64u) at the `sizes` asked for,
 * over the entries and over the tiles, as far as they can be known. Memory: a bundle and a tile at
 * a time, and the places where these differ.
 */
export async function auditTree(options: {
  readonly tiles: TileStore
  readonly files: LogFiles
  readonly known: KnownRoot
  readonly sizes: ReadonlySet<number>
  readonly findings: Findings
  readonly onEntry: (entry: TreeEntry) => Promise<void> | undefined
  readonly onBundle: (bundle: SoundBundle) => Promise<void> | undefined
  /** Where an earlier walk was; its size is that of whole bundles. */
  readonly from?: Pick<AuditState, 'frontier' | 'roots'> | undefined
  /** Before each bundle, as long as nothing differs: the tree so far, and the roots of `sizes`. */
  readonly onBegin?: ((so: TreeSoFar) => Promise<void> | undefined) | undefined
}): Promise<ReadonlyMap<number, readonly string[]>> {
  const { files, tiles, known, sizes, findings, from, onBegin, onBundle, onEntry } = options
  const { size } = known
  const over = new Frontier(sha256, from?.frontier)
  const both = { overEntries: over, overTiles: over }
  const hasher = new TileHasher(sha256Text)
  const walk: Walk = {
    ...{ tiles, files, hasher, size, findings, ...both },
    ...{ upperTiles: new Map(), suspects: [], whole: true },
  }
  const rootsNow = (): string[] =>
    [walk.overEntries, walk.overTiles].map((each) => base64url(each.root()))
  const roots = new Map<number, readonly string[]>(from?.roots ?? [[0, rootsNow()]])
  const noteRoots = (index: number): void => {
    if (walk.whole && sizes.has(index)) roots.set(index, rootsNow())
  }
  // Within these a root is asked for.
  const parted = new Set(Array.from(sizes, (each) => Math.floor(each / TILE_WIDTH)))
  for (const each of sizes) if (each % TILE_WIDTH === 0) parted.delete(each / TILE_WIDTH)
  for (let bundle = over.size / TILE_WIDTH; bundle * TILE_WIDTH < size; bundle++) {
    if (walk.whole && walk.overEntries === over) await onBegin?.({ frontier: over, roots })
    const upper: UpperHash[] = []
    const sound = parted.has(bundle) ? null : soundBundle(walk, bundle, upper)
    if (sound) {
      noteRoots(sound.first + TILE_WIDTH)
      await onBundle(sound)
    } else {
      const places = await readBundle(walk, bundle)
      if (places === null) break
      for (const place of places) {
        append(walk, place, upper)
        noteRoots(place.index + 1)
        // Most entries need no waiting, and a promise for each would cost more than their hashes.
        const waiting = onEntry(place)
        if (waiting) await waiting
      }
    }
    await checkUpper(walk, upper)
  }
  if (walk.whole && walk.overTiles.size === size) judge(walk, known)
  else blameSuspects(walk)
  return roots
}

/**
 * A full bundle whose entries and tile agree, put into the tree as one subtree; null when it is
 * none, or when entries and tiles differ somewhere before it: then its places are looked at singly.
 */
function soundBundle(walk: Walk, bundle: number, upper: UpperHash[]): SoundBundle | null {
  const { files, hasher, overEntries, overTiles, size, whole } = walk
  const first = bundle * TILE_WIDTH
  if (!whole || overEntries !== overTiles || first + TILE_WIDTH > size) return null
  const bytes = files.bundle(bundle)
  const tile = bytes && files.tile(bundle)
  if (!tile || !hasher.isBehind(bytes, tile, TILE_WIDTH)) return null
  overTiles.appendSubtree(TILE_HEIGHT, merkle().rootOf(tile), noteUpper(upper))
  return { first, bytes }
}

/** The places of a bundle; null when neither it nor anything after it is there. */
async function readBundle(walk: Walk, bundle: number): Promise<TreeEntry[] | null> {
  const { findings, size, tiles } = walk
  const width = tileWidth(0, bundle, size)
  const first = bundle * TILE_WIDTH
  const entries = await orNull(tiles.readEntries(bundle, width))
  const tile = await readTile(walk, 0, bundle, entries === null)
  if (entries === null) {
    const isEnd = tile === null && !(await anythingAfter(walk, bundle))
    const where = `entries ${first} to ${first + width - 1}`
    findings.add(isEnd ? 'LOG_TRUNCATED' : 'LEAF_MISSING', { where, index: first })
    if (isEnd) return null
  }
  const places = Array.from({ length: width }, (_, i) => {
    const entry = entries?.[i] ?? null
    const hash = tile?.subarray(i * 32, i * 32 + 32) ?? null
    const computed = entry && leafHash(sha256, entry)
    const suspect = computed !== null && hash !== null && !equalBytes(computed, hash)
    return { index: first + i, entry, hash, computed, suspect }
  })
  nameSuspects(walk, places)
  return places
}

/** Entries that only changed places say so; others are judged when the root is known. */
function nameSuspects({ findings, suspects }: Walk, places: readonly TreeEntry[]): void {
  const wrong = places.filter(({ suspect }) => suspect)
  const computed = wrong.map((place) => base64url(place.computed!))
  const stored = wrong.map(({ hash }) => base64url(hash!))
  const swapped = wrong.length > 1 && computed.toSorted().join() === stored.toSorted().join()
  for (const { index } of wrong) {
    if (swapped) findings.add('ORDER_CHANGED', { where: `entry ${index}`, index })
    else suspects.push({ index, where: tilePath(0, Math.floor(index / TILE_WIDTH)) })
  }
}

/** A subtree that fills a place in a tile of a level above 0. */
interface UpperHash {
  readonly level: number
  readonly index: number
  readonly hash: Uint8Array
}

function append(walk: Walk, { computed, hash, suspect }: TreeEntry, upper: UpperHash[]): void {
  const [inEntries, inTiles] = [computed ?? hash, hash ?? computed]
  if (!walk.whole || !inEntries || !inTiles) {
    walk.whole = false
    return
  }
  if (suspect && walk.overEntries === walk.overTiles) {
    walk.overEntries = new Frontier(sha256, walk.overTiles.state())
  }
  if (walk.overEntries !== walk.overTiles) walk.overEntries.append(inEntries)
  walk.overTiles.append(inTiles, noteUpper(upper))
}

function noteUpper(upper: UpperHash[]): OnSubtree {
  return (level, index, hash) => {
    if (level === 0 || level % TILE_HEIGHT !== 0) return
    upper.push({ level: level / TILE_HEIGHT, index, hash })
  }
}

/** Compares the subtrees that a full tile completes with the tiles above it. */
async function checkUpper(walk: Walk, upper: readonly UpperHash[]): Promise<void> {
  for (const { level, index, hash } of upper) {
    const tileIndex = Math.floor(index / TILE_WIDTH)
    const stored = await upperTile(walk, level, tileIndex)
    const at = (index % TILE_WIDTH) * 32
    if (stored && !equalBytes(stored.subarray(at, at + 32), hash)) {
      walk.findings.add('TILE_ALTERED', { where: tilePath(level, tileIndex) })
    }
  }
}

async function upperTile(walk: Walk, level: number, index: number): Promise<Uint8Array | null> {
  const known = walk.upperTiles.get(level)
  if (known?.index === index) return known.tile
  const tile = await readTile(walk, level, index)
  walk.upperTiles.set(level, { index, tile })
  return tile
}

async function readTile(
  walk: Walk,
  level: number,
  index: number,
  quiet = false,
): Promise<Uint8Array | null> {
  const { findings, size, tiles } = walk
  const width = tileWidth(level, index, size)
  const tile = await orNull(tiles.readTile({ level, index, width }))
  if (tile === null && !quiet) {
    findings.add('TILE_ALTERED', { where: tilePath(level, index, width) }, 'the tile is missing')
  }
  return tile
}

/** Whether a later bundle can be read: then this one was taken out of the middle. */
async function anythingAfter({ size, tiles }: Walk, bundle: number): Promise<boolean> {
  const last = Math.ceil(size / TILE_WIDTH) - 1
  for (const later of new Set([bundle + 1, last])) {
    const width = tileWidth(0, later, size)
    if (later > bundle && width > 0 && (await orNull(tiles.readEntries(later, width)))) return true
  }
  return false
}

async function orNull<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading
  } catch {
    return null
  }
}

/** Who is to blame: whichever of entries and tiles leads to the signed root is as it was. */
function judge(walk: Walk, { root, size }: KnownRoot): void {
  const { findings, overEntries, overTiles, suspects } = walk
  const entriesHold = base64url(overEntries.root()) === root
  const tilesHold = base64url(overTiles.root()) === root
  for (const { index, where } of suspects) {
    if (!entriesHold) findings.add('LEAF_ALTERED', { where: `entry ${index}`, index })
    if (!tilesHold) findings.add('TILE_ALTERED', { where })
  }
  if (!entriesHold && !tilesHold) findings.add('LOG_REWRITTEN', { where: `root at size ${size}` })
}

/** Without a root nobody can tell which of the two was changed. */
function blameSuspects({ findings, suspects }: Walk): void {
  for (const { index, where } of suspects) {
    const detail = `it is not what ${where} says; one of them was changed`
    findings.add('LEAF_ALTERED', { where: `entry ${index}`, index }, detail)
  }
}
