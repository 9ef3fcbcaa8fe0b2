// The tree against its checkpoint: entries, tiles and root, each recomputed (c2sp.org/tlog-tiles).
// The two ways to the root, over the entries and over the tiles, tell which of them was changed.
import { base64url, equalBytes } from '@grantlog/record'
import { Frontier, leafHash, TILE_WIDTH, tilePath, tileWidth } from '@grantlog/tlog'
import { sha256 } from '../crypto.ts'
import type { TileStore } from '../io/tiles.ts'
import type { Findings } from './findings.ts'

/** A checkpoint to compare with: the published one, or one that was kept elsewhere. */
export interface KnownRoot {
  readonly size: number
  /** b64u. */
  readonly root: string
}

export interface TreeAudit {
  /** Entries that could be read, from the first on. */
  readonly available: number
  /** Roots (b64u) at the sizes asked for: over the entries, and over the tiles of level 0. */
  readonly roots: ReadonlyMap<number, readonly string[]>
}

interface Walk {
  readonly tiles: TileStore
  readonly size: number
  readonly findings: Findings
  readonly overEntries: Frontier
  readonly overTiles: Frontier
  readonly suspects: { index: number; where: string }[]
}

/**
 * Walks a tree of `size` leaves. `onEntry` is given every entry in order, and whether its
 * tile says otherwise. `sizes` are those at which the root is wanted. Memory: one bundle, one tile.
 */
export async function auditTree(options: {
  readonly tiles: TileStore
  readonly known: KnownRoot
  readonly sizes: readonly number[]
  readonly findings: Findings
  readonly onEntry: (index: number, entry: Uint8Array, suspect: boolean) => Promise<void>
}): Promise<TreeAudit> {
  const { tiles, known, sizes, findings, onEntry } = options
  const { size } = known
  const overEntries = new Frontier(sha256)
  const overTiles = new Frontier(sha256)
  const walk: Walk = { tiles, size, findings, overEntries, overTiles, suspects: [] }
  const roots = new Map([[0, [base64url(overEntries.root())]]])
  let available = 0
  for (let bundle = 0; bundle * TILE_WIDTH < size; bundle++) {
    const entries = await bundleEntries(walk, bundle)
    if (entries === null) break
    const { hashes, wrong, upper } = await checkBundle(walk, bundle, entries)
    for (const [i, entry] of entries.entries()) {
      const index = bundle * TILE_WIDTH + i
      append(walk, hashes[i]!, upper)
      if (sizes.includes(index + 1)) {
        roots.set(
          index + 1,
          [overEntries, overTiles].map((over) => base64url(over.root())),
        )
      }
      await onEntry(index, entry, wrong.has(i))
    }
    await checkUpper(walk, upper)
    available += entries.length
  }
  if (available === size) judge(walk, known)
  return { available, roots }
}

/** A bundle's entries, as many as there are; null when there are none. */
async function bundleEntries(walk: Walk, bundle: number): Promise<Uint8Array[] | null> {
  const { findings, size, tiles } = walk
  const width = tileWidth(0, bundle, size)
  const first = bundle * TILE_WIDTH
  try {
    return await tiles.readEntries(bundle, width)
  } catch {
    const later = first + width < size && (await isThere(tiles, bundle + 1, size))
    const where = `entries ${first} to ${first + width - 1}`
    findings.add(later ? 'LEAF_MISSING' : 'LOG_TRUNCATED', { where, index: first })
    return null
  }
}

async function isThere(tiles: TileStore, bundle: number, size: number): Promise<boolean> {
  try {
    await tiles.readEntries(bundle, tileWidth(0, bundle, size))
    return true
  } catch {
    return false
  }
}

/** The hash of an entry, and what its tile says it is. */
interface LeafHashes {
  readonly computed: Uint8Array
  readonly stored: Uint8Array
}

/** A subtree that fills a place in a tile of a level above 0. */
interface UpperHash {
  readonly level: number
  readonly index: number
  readonly hash: Uint8Array
}

/** Compares a bundle with its tile; `wrong` are the places in it where they differ. */
async function checkBundle(
  walk: Walk,
  bundle: number,
  entries: readonly Uint8Array[],
): Promise<{ hashes: LeafHashes[]; wrong: Set<number>; upper: UpperHash[] }> {
  const tile = await readTile(walk, 0, bundle)
  const hashes = entries.map((entry, i) => {
    const computed = leafHash(sha256, entry)
    return { computed, stored: tile?.subarray(i * 32, i * 32 + 32) ?? computed }
  })
  const wrong = hashes.flatMap(({ computed, stored }, i) => (equalBytes(computed, stored) ? [] : i))
  const swapped = wrong.length > 1 && isPermutation(wrong.map((i) => hashes[i]!))
  for (const i of wrong) {
    const index = bundle * TILE_WIDTH + i
    if (swapped) walk.findings.add('ORDER_CHANGED', { where: `entry ${index}`, index })
    else walk.suspects.push({ index, where: tilePath(0, bundle) })
  }
  return { hashes, wrong: new Set(wrong), upper: [] }
}

function append({ overEntries, overTiles }: Walk, hashes: LeafHashes, upper: UpperHash[]): void {
  overEntries.append(hashes.computed)
  overTiles.append(hashes.stored, (level, index, hash) => {
    if (level > 0 && level % 8 === 0) upper.push({ level: level / 8, index, hash })
  })
}

function isPermutation(hashes: readonly LeafHashes[]): boolean {
  const sorted = (side: keyof LeafHashes): string =>
    hashes
      .map((pair) => base64url(pair[side]))
      .toSorted()
      .join()
  return sorted('computed') === sorted('stored')
}

/** Compares the subtrees that a full tile completes with the tiles above it. */
async function checkUpper(walk: Walk, upper: readonly UpperHash[]): Promise<void> {
  for (const { level, index, hash } of upper) {
    const tileIndex = Math.floor(index / TILE_WIDTH)
    const stored = await readTile(walk, level, tileIndex)
    const at = (index % TILE_WIDTH) * 32
    if (stored && !equalBytes(stored.subarray(at, at + 32), hash)) {
      walk.findings.add('TILE_ALTERED', { where: tilePath(level, tileIndex) })
    }
  }
}

async function readTile(walk: Walk, level: number, index: number): Promise<Uint8Array | null> {
  const { findings, size, tiles } = walk
  const width = tileWidth(level, index, size)
  try {
    return await tiles.readTile({ level, index, width })
  } catch {
    findings.add('TILE_ALTERED', { where: tilePath(level, index, width) }, 'the tile is missing')
    return null
  }
}

/** Who is to blame: whichever of entries and tiles leads to the signed root is as it was. */
function judge(
  { findings, overEntries, overTiles, suspects }: Walk,
  { root, size }: KnownRoot,
): void {
  const entriesHold = base64url(overEntries.root()) === root
  const tilesHold = base64url(overTiles.root()) === root
  for (const { index, where } of suspects) {
    if (!entriesHold) findings.add('LEAF_ALTERED', { where: `entry ${index}`, index })
    if (!tilesHold) findings.add('TILE_ALTERED', { where })
  }
  if (!entriesHold && !tilesHold) {
    findings.add('LOG_REWRITTEN', { where: `root at size ${size}` })
  }
}
