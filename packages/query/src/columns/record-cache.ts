// Records by their place, read from the ledger; the commits read last stay in memory.
import type { Frame } from '@grantlog/ledger'
import { FRAME_CACHE_ENTRIES } from '../limits.ts'
import { type LedgerRecord, recordAt } from '../records.ts'

export interface PlaceInLog {
  /** Number of the commit. */
  readonly frame: number
  readonly index: number
}

export class RecordCache {
  readonly #read: (frame: number) => Promise<Frame>
  readonly #frames = new Map<number, Promise<Frame>>()
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
      return known
    }
    const read = this.#read(number)
    this.#frames.set(number, read)
    read.then(
      ({ entries }) => this.#makeRoom(entries.length, number),
      () => this.#frames.delete(number),
    )
    return read
  }

  #makeRoom(entries: number, newest: number): void {
    this.#entries += entries
    for (const [number, frame] of this.#frames) {
      if (this.#entries <= FRAME_CACHE_ENTRIES || number === newest) break
      this.#frames.delete(number)
      frame.then(
        (old) => (this.#entries -= old.entries.length),
        () => undefined,
      )
    }
  }
}
