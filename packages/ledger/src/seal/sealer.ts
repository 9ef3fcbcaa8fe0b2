// Sealing: committed leaves become tiles, a signed checkpoint, and then public (FORMAT.md 3.1).
// A pure function of the commit log: replay writes the same bytes. See sealer.test.ts, test/crash.
import { base64url } from '@grantlog/record'
import {
  encodeEntries,
  entriesPath,
  type Frontier,
  leafHash,
  loadFrontier,
  newTiles,
  type NoteSigner,
  signCheckpoint,
  type Tile,
  TILE_WIDTH,
  tilePath,
} from '@grantlog/tlog'
import type { CommittedEntry } from '../commit/commit-log.ts'
import { sha256 } from '../crypto.ts'
import type { LockedCheckpoint, LockStore } from '../io/lock-store.ts'
import type { TileStore } from '../io/tiles.ts'

export interface SealerOptions {
  readonly origin: string
  readonly tiles: TileStore
  readonly lock: LockStore
  readonly signer: NoteSigner
}

/** Seals what is given to it, in order. One per ledger; `seal` never overlaps itself. */
export class Sealer {
  readonly #options: SealerOptions
  readonly #frontier: Frontier
  /** Hashes of the tiles at the right edge, by tile level; entries of the edge bundle. */
  readonly #edge: Uint8Array[][]
  readonly #bundle: Uint8Array[]
  #previous = 0

  private constructor(
    options: SealerOptions,
    state: { frontier: Frontier; edge: Uint8Array[][]; bundle: Uint8Array[] },
  ) {
    this.#options = options
    this.#frontier = state.frontier
    this.#edge = state.edge
    this.#bundle = state.bundle
    this.#previous = state.frontier.size
  }

  /** Goes on from the tiles of a tree of `size` leaves. The caller has compared their root. */
  static async load(options: SealerOptions, size: number): Promise<Sealer> {
    const { tiles } = options
    const frontier = await loadFrontier(tiles.reader(size), size)
    const edge: Uint8Array[][] = []
    for (let level = 0, width = size; width > 0; level++, width = Math.floor(width / TILE_WIDTH)) {
      const partial = width % TILE_WIDTH
      const tile = { level, index: Math.floor(width / TILE_WIDTH), width: partial }
      edge.push(partial === 0 ? [] : hashesIn(await tiles.readTile(tile)))
    }
    const inBundle = size % TILE_WIDTH
    const index = Math.floor(size / TILE_WIDTH)
    const bundle = inBundle === 0 ? [] : await tiles.readEntries(index, inBundle)
    return new Sealer(options, { frontier, edge, bundle })
  }

  /** Leaves sealed and published. */
  get size(): number {
    return this.#previous
  }

  /** True until a first checkpoint is signed, be it of no leaves. */
  get isNew(): boolean {
    return this.#options.lock.checkpoint === null
  }

  /**
   * Seals entries, which follow the sealed ones without a hole. A crash
   * 1. while tiles are written: they are beyond the checkpoint, nobody reads them, and the next
   *    start writes the same bytes again;
   * 2. between the tiles' sync and the swap in the lock store: as 1;
   * 3. between the swap and the publication: the next start publishes what the lock store holds.
   */
  async seal(entries: readonly CommittedEntry[]): Promise<LockedCheckpoint> {
    const { lock } = this.#options
    const before = this.#previous
    await this.#writeTiles(before, entries)
    const checkpoint = this.#sign()
    lock.swap(checkpoint)
    await this.#options.tiles.publish(checkpoint.note)
    this.#previous = checkpoint.size
    await this.#options.tiles.dropPartials(before)
    return checkpoint
  }

  async #writeTiles(before: number, entries: readonly CommittedEntry[]): Promise<void> {
    const full = new Map<string, Uint8Array>()
    for (const { entry } of entries) {
      this.#bundle.push(entry)
      this.#frontier.append(leafHash(sha256, entry), (level, index, hash) => {
        if (level % 8 === 0) this.#addHash(full, level / 8, index, hash)
      })
      if (this.#bundle.length === TILE_WIDTH) {
        const index = Math.floor((this.#frontier.size - 1) / TILE_WIDTH)
        full.set(entriesPath(index), encodeEntries(this.#bundle.splice(0)))
      }
    }
    const size = this.#frontier.size
    for (const tile of newTiles(before, size)) this.#addPartial(full, tile)
    await this.#options.tiles.write(full)
  }

  #addHash(full: Map<string, Uint8Array>, level: number, index: number, hash: Uint8Array): void {
    const edge = (this.#edge[level] ??= [])
    edge.push(hash)
    if (edge.length < TILE_WIDTH) return
    full.set(tilePath(level, Math.floor(index / TILE_WIDTH)), Buffer.concat(edge.splice(0)))
  }

  #addPartial(files: Map<string, Uint8Array>, { level, index, width }: Tile): void {
    if (width === TILE_WIDTH) return
    files.set(tilePath(level, index, width), Buffer.concat(this.#edge[level]!))
    if (level === 0) files.set(entriesPath(index, width), encodeEntries(this.#bundle))
  }

  #sign(): LockedCheckpoint {
    const { origin, signer } = this.#options
    const size = this.#frontier.size
    const root = this.#frontier.root()
    const note = signCheckpoint({ origin, size, root }, [signer])
    return { size, root: base64url(root), note: new TextDecoder().decode(note) }
  }
}

function hashesIn(tile: Uint8Array): Uint8Array[] {
  const hashes: Uint8Array[] = []
  for (let at = 0; at < tile.length; at += 32) hashes.push(tile.subarray(at, at + 32))
  return hashes
}
