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
  /** Roots over the entries, at the sizes asked for. */
  readonly roots: ReadonlyMap<number, string>
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
 * Walks a tree of `size` leaves. `onEntry` is given every entry in order, null for one that cannot
 * be read. `sizes` are those at which the root is wanted. Memory: one bundle and one tile per level.
 */
export async function auditTree(options: {
  readonly tiles: TileStore
  readonly known: KnownRoot
  readonly sizes: readonly number[]
  readonly findings: Findings
  readonly onEntry: (index: number, entry: Uint8Array) => void | Promise<void>
}): Promise<TreeAudit> {
  const { tiles, known, sizes, findings, onEntry } = options
  const { size } = known
  const overEntries = new Frontier(sha256)
  const overTiles = new Frontier(sha256)
  const walk: Walk = { tiles, size, findings, overEntries, overTiles, suspects: [] }
  const roots = new Map<number, string>([[0, base64url(overEntries.root())]])
  let available = 0
  for (let bundle = 0; bundle * TILE_WIDTH < size; bundle++) {
    const entries = await bundleEntries(walk, bundle)
    if (entries === null) break
    const upper = await checkBundle(walk, bundle, entries)
    for (const [i, entry] of entries.entries()) {
      const index = bundle * TILE_WIDTH + i
      overEntries.append(leafHash(sha256, entry))
      if (sizes.includes(index + 1)) roots.set(index + 1, base64url(overEntries.root()))
      await onEntry(index, entry)
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

/** Compares a bundle with its tile; returns the subtrees above that its tile completes. */
async function checkBundle(
  walk: Walk,
  bundle: number,
  entries: readonly Uint8Array[],
): Promise<{ level: number; index: number; hash: Uint8Array }[]> {
  const { findings, overTiles, suspects } = walk
  const computed = entries.map((entry) => leafHash(sha256, entry))
  const stored = await readTile(walk, 0, bundle)
  const upper: { level: number; index: number; hash: Uint8Array }[] = []
  const wrong: number[] = []
  for (const [i, hash] of computed.entries()) {
    const inTile = stored?.subarray(i * 32, i * 32 + 32) ?? hash
    if (!equalBytes(inTile, hash)) wrong.push(i)
    overTiles.append(inTile, (level, index, subtree) => {
      if (level > 0 && level % 8 === 0) upper.push({ level: level / 8, index, hash: subtree })
    })
  }
  const swapped = wrong.length > 1 && isPermutation(wrong, computed, stored!)
  for (const i of wrong) {
    const index = bundle * TILE_WIDTH + i
    if (swapped) findings.add('ORDER_CHANGED', { where: `entry ${index}`, index })
    else suspects.push({ index, where: tilePath(0, bundle) })
  }
  return upper
}

function isPermutation(
  places: readonly number[],
  computed: readonly Uint8Array[],
  stored: Uint8Array,
): boolean {
  const left = places.map((i) => base64url(computed[i]!)).sort()
  const right = places.map((i) => base64url(stored.subarray(i * 32, i * 32 + 32))).sort()
  return left.every((hash, i) => hash === right[i])
}

/** Compares the subtrees that a full tile completes with the tiles above it. */
async function checkUpper(
  walk: Walk,
  upper: readonly { level: number; index: number; hash: Uint8Array }[],
): Promise<void> {
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
function judge({ findings, overEntries, overTiles, suspects }: Walk, { root, size }: KnownRoot): void {
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
