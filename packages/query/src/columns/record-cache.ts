// Records by their place, read from the ledger; the commits read last stay in memory. See
// record-cache.test.ts.
import type { Frame } from '@grantlog/ledger'
import { FRAME_CACHE_ENTRIES } from '../limits.ts'
import { type LedgerRecord, recordAt } from '../records.ts'

export interface PlaceInLog {
  /** Number of the commit. */
  readonly frame: number
  readonly index: number
}

/** A commit that is read or being read. */
interface Kept {
  readonly frame: Promise<Frame>
  /** Null while it is being read. */
  entries: number | null
}

export class RecordCache {
  readonly #read: (frame: number) => Promise<Frame>
  /** Those used last are last. */
  readonly #frames = new Map<number, Kept>()
  #entries = 0

  constructor(read: (frame: number) => Promise<Frame>) {
    this.#read = read
  }

  /** Null when there is no record at that place. */
  async record({ frame, index }: PlaceInLog): Promise<LedgerRecord | null> {
    const { entries } = await this.#frame(frame)
    const entry = entries[index - (entries[0]?.index ?? 0)]
    return entry === undefined ? null : recordAt(entry)
  }

  #frame(number: number): Promise<Frame> {
    const known = this.#frames.get(number)
    if (known !== undefined) {
      this.#frames.delete(number)
      this.#frames.set(number, known)
      return known.frame
    }
    const kept: Kept = { frame: this.#read(number), entries: null }
    this.#frames.set(number, kept)
    kept.frame.then(
      ({ entries }) => this.#makeRoom(kept, entries.length),
      () => this.#frames.delete(number),
    )
    return kept.frame
  }

  /** For one that was read: those used longest ago go, until there is room. */
  #makeRoom(newest: Kept, entries: number): void {
    newest.entries = entries
    this.#entries += entries
    for (const [number, kept] of this.#frames) {
      if (this.#entries <= FRAME_CACHE_ENTRIES) break
      if (kept === newest || kept.entries === null) continue
      this.#frames.delete(number)
      this.#entries -= kept.entries
    }
  }
}
