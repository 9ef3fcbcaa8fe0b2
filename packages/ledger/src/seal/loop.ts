// When to seal: soon after a commit, never twice at a time, and never again after a failure.
import type { CommittedEntry } from '../commit/commit-log.ts'
import { sealIntervalMs } from '../limits.ts'
import type { Sealer } from './sealer.ts'

/**
 * Feeds a sealer with what is committed. Entries stay here until they are published, so that each
 * can be found in memory or in the tiles at any time.
 */
export class SealLoop {
  readonly #sealer: Sealer
  readonly #onFailure: ((error: unknown) => void) | undefined
  #pending: CommittedEntry[] = []
  #sealing: readonly CommittedEntry[] = []
  #timer: NodeJS.Timeout | undefined
  #last: Promise<void> = Promise.resolve()
  #lastMs = 0
  #failure: unknown
  #stopped = false

  constructor(sealer: Sealer, onFailure: ((error: unknown) => void) | undefined) {
    this.#sealer = sealer
    this.#onFailure = onFailure
  }

  /** Leaves published. */
  get size(): number {
    return this.#sealer.size
  }

  /** Why sealing ended for good; undefined while it goes on. */
  get failure(): unknown {
    return this.#failure
  }

  /** Takes entries that follow those given before; they are published in a moment. */
  add(entries: readonly CommittedEntry[]): void {
    for (const entry of entries) this.#pending.push(entry)
    if (this.#timer || this.#stopped) return
    // At once when the last seal is long ago, else so that seals keep their distance.
    const wait = Math.max(0, this.#lastMs + sealIntervalMs - performance.now())
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.run().catch(() => undefined)
    }, wait)
  }

  /** Seals all that was added; rejects when sealing failed, now or before. */
  run(): Promise<void> {
    this.#last = this.#last.then(() => this.#seal())
    return this.#last
  }

  /** An entry that is not published yet. */
  find(index: number): Uint8Array | undefined {
    for (const entries of [this.#pending, this.#sealing]) {
      const found = entries[index - (entries[0]?.index ?? 0)]
      if (found?.index === index) return found.entry
    }
    return undefined
  }

  stop(): void {
    this.#stopped = true
    clearTimeout(this.#timer)
  }

  async #seal(): Promise<void> {
    if (this.#pending.length === 0 && !this.#sealer.isNew) return
    this.#sealing = this.#pending
    this.#pending = []
    try {
      await this.#sealer.seal(this.#sealing)
      this.#sealing = []
      this.#lastMs = performance.now()
    } catch (error) {
      this.#failure = error
      this.#onFailure?.(error)
      throw error
    }
  }
}
