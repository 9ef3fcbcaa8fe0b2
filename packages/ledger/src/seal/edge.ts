// The right edge of the tree while it grows: all that is needed to write the next tiles. Changed
// only in copies, so that tiles that could not be written are tried again. See sealer.test.ts.
import { equalBytes } from '@grantlog/record'
import {
  encodeEntries,
  entriesPath,
  Frontier,
  leafHash,
  loadFrontier,
  newTiles,
  type Tile,
  TILE_HEIGHT,
  TILE_WIDTH,
  tilePath,
} from '@grantlog/tlog'
import { LedgerError } from '../codes.ts'
import type { CommittedEntry } from '../commit/items.ts'
import { sha256 } from '../crypto.ts'
import type { TileStore } from '../io/tiles.ts'
import { merkle } from '../merkle.ts'

/** Files by path below the ledger folder. */
type Files = Map<string, Uint8Array>

type Leaf = Pick<CommittedEntry, 'entry' | 'hash'>

/** The edge of one tree. */
export class Edge {
  readonly #frontier: Frontier
  /** Hashes of the tiles at the right edge, by tile level. */
  readonly #hashes: Uint8Array[][]
  /** Entries of the bundle at the right edge. */
  readonly #bundle: Uint8Array[]

  private constructor(frontier: Frontier, hashes: Uint8Array[][], bundle: Uint8Array[]) {
    this.#frontier = frontier
    this.#hashes = hashes
    this.#bundle = bundle
  }

  /**
   * The edge of the tree of `size` leaves. The caller has compared the tiles' root; entries that
   * are not those of their tile are LEDGER_DAMAGED: they would be sealed into the next bundle.
   */
  static async load(tiles: TileStore, size: number): Promise<Edge> {
    const frontier = await loadFrontier(tiles.reader(size), size)
    const hashes: Uint8Array[][] = []
    for (let level = 0, width = size; width > 0; level++, width = Math.floor(width / TILE_WIDTH)) {
      const partial = width % TILE_WIDTH
      const tile = { level, index: Math.floor(width / TILE_WIDTH), width: partial }
      hashes.push(partial === 0 ? [] : hashesIn(await tiles.readTile(tile)))
    }
    const index = Math.floor(size / TILE_WIDTH)
    const width = size % TILE_WIDTH
    const bundle = width === 0 ? [] : await tiles.readEntries(index, width)
    if (bundle.some((entry, i) => !equalBytes(leafHash(sha256, entry), hashes[0]![i]!))) {
      const path = entriesPath(index, width)
      const message = `${path} is not what its tile says; the commit log has these entries too`
      throw new LedgerError('LEDGER_DAMAGED', message)
    }
    return new Edge(frontier, hashes, bundle)
  }

  get size(): number {
    return this.#frontier.size
  }

  /** The root over all leaves, 32 bytes. */
  root(): Uint8Array {
    return this.#frontier.root()
  }

  /** What is appended to the copy does not reach this edge. */
  copy(): Edge {
    const frontier = new Frontier(sha256, this.#frontier.state())
    const hashes = this.#hashes.map((each) => [...each])
    return new Edge(frontier, hashes, [...this.#bundle])
  }

  /** Appends entries; returns the tiles and bundles that are new or have grown. */
  append(entries: readonly Leaf[]): Files {
    const before = this.size
    const files: Files = new Map()
    for (let at = 0; at < entries.length;) {
      const level = subtreeAt(this.size, entries.length - at)
      const count = 2 ** level
      this.#addSubtree(files, level, entries.slice(at, at + count))
      at += count
      if (this.#bundle.length === TILE_WIDTH) {
        const index = Math.floor((this.size - 1) / TILE_WIDTH)
        files.set(entriesPath(index), encodeEntries(this.#bundle.splice(0)))
      }
    }
    for (const tile of newTiles(before, this.size)) this.#addPartial(files, tile)
    return files
  }

  /** Entries that are a whole subtree. */
  #addSubtree(files: Files, subtree: number, entries: readonly Leaf[]): void {
    const { size } = this
    // Perhaps views, made anew each time.
    const hashes = entries.map(({ hash }) => hash)
    for (let i = 0; i < hashes.length; i++) {
      this.#bundle.push(entries[i]!.entry)
      this.#addHash(files, { level: 0, index: size + i, hash: hashes[i]! })
    }
    const root = subtree === 0 ? hashes[0]! : merkle().rootOf(Buffer.concat(hashes))
    this.#frontier.appendSubtree(subtree, root, (level, index, node) => {
      if (level > 0 && level % TILE_HEIGHT === 0) {
        this.#addHash(files, { level: level / TILE_HEIGHT, index, hash: node })
      }
    })
  }

  #addHash(
    files: Files,
    { level, index, hash }: { level: number; index: number; hash: Uint8Array },
  ): void {
    const edge = (this.#hashes[level] ??= [])
    edge.push(hash)
    if (edge.length < TILE_WIDTH) return
    files.set(tilePath(level, Math.floor(index / TILE_WIDTH)), Buffer.concat(edge.splice(0)))
  }

  #addPartial(files: Files, { level, index, width }: Tile): void {
    if (width === TILE_WIDTH) return
    files.set(tilePath(level, index, width), Buffer.concat(this.#hashes[level]!))
    if (level === 0) files.set(entriesPath(index, width), encodeEntries(this.#bundle))
  }
}

/** The height of the largest subtree that begins at `size`, of so many leaves and of one tile. */
function subtreeAt(size: number, leaves: number): number {
  let level = 0
  while (level < TILE_HEIGHT && size % 2 ** (level + 1) === 0 && 2 ** (level + 1) <= leaves) level++
  return level
}

function hashesIn(tile: Uint8Array): Uint8Array[] {
  const hashes: Uint8Array[] = []
  for (let at = 0; at < tile.length; at += 32) hashes.push(tile.subarray(at, at + 32))
  return hashes
}
