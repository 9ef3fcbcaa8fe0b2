// Sealing: committed leaves become tiles, a signed checkpoint, and then public (FORMAT.md 3.1).
// A pure function of the commit log: replay writes the same bytes. See sealer.test.ts, test/crash.
import { base64url } from '@grantlog/record'
import { type NoteSigner, signCheckpoint } from '@grantlog/tlog'
import type { CommittedEntry } from '../commit/items.ts'
import type { LockedCheckpoint, LockStore } from '../io/lock-store.ts'
import type { TileStore } from '../io/tiles.ts'
import { Edge } from './edge.ts'

export interface SealerOptions {
  readonly origin: string
  readonly tiles: TileStore
  readonly lock: LockStore
  readonly signer: NoteSigner
}

/** Seals what is given to it, in order. One per ledger; `seal` never overlaps itself. */
export class Sealer {
  readonly #options: SealerOptions
  #edge: Edge
  /** False until the newest checkpoint is known to be public. */
  #isPublished = false

  private constructor(options: SealerOptions, edge: Edge) {
    this.#options = options
    this.#edge = edge
  }

  /** Goes on from the tiles of a tree of `size` leaves. The caller has compared their root. */
  static async load(options: SealerOptions, size: number): Promise<Sealer> {
    return new Sealer(options, await Edge.load(options.tiles, size))
  }

  /** Leaves under the newest checkpoint: it is durable, and public or about to be. */
  get size(): number {
    return this.#edge.size
  }

  /** True until there is a first checkpoint, be it of no leaves, and whenever one is not public. */
  get isBehind(): boolean {
    return this.#options.lock.checkpoint === null || !this.#isPublished
  }

  /**
   * Seals entries, which follow the sealed ones without a hole. A crash
   * 1. while tiles are written: they are beyond the checkpoint, nobody reads them, and the next
   *    start writes the same bytes again;
   * 2. between the tiles' sync and the swap in the lock store: as 1;
   * 3. between the swap and the publication: the next start publishes what the lock store holds.
   *
   * LEDGER_FULL leaves it as after a crash at the same place, and the call may be repeated with the
   * entries from `size` on. All other errors are final.
   */
  async seal(entries: readonly CommittedEntry[]): Promise<void> {
    const { lock, tiles } = this.#options
    await this.#publish()
    if (entries.length === 0 && lock.checkpoint !== null) return
    const before = this.size
    const edge = this.#edge.copy()
    await tiles.write(edge.append(entries))
    lock.swap(this.#sign(edge))
    this.#edge = edge
    this.#isPublished = false
    await this.#publish()
    // A leftover does no harm, and must not end the sealing.
    await tiles.dropPartials(before).catch(() => undefined)
  }

  async #publish(): Promise<void> {
    const { lock, tiles } = this.#options
    if (this.#isPublished || lock.checkpoint === null) return
    // Also where it can be read already: who wrote it may have been killed before it was durable.
    await tiles.publish(lock.checkpoint.note)
    this.#isPublished = true
  }

  #sign(edge: Edge): LockedCheckpoint {
    const { origin, signer } = this.#options
    const { size } = edge
    const root = edge.root()
    const note = signCheckpoint({ origin, size, root }, [signer])
    return { size, root: base64url(root), note: new TextDecoder().decode(note) }
  }
}
