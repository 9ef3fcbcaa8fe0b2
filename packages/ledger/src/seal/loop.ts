// When to seal: soon after a commit, never twice at a time; again later when the disk is full, and
// never again after any other failure. See loop.test.ts.
import { LedgerError } from '../codes.ts'
import type { CommittedEntry } from '../commit/items.ts'
import { sealIntervalMs, sealRetryMs } from '../limits.ts'
import type { Sealer } from './sealer.ts'

/** Calls `work` after `ms` milliseconds, unless what it gives is called before. */
export type Schedule = (work: () => void, ms: number) => () => void

export interface SealLoopOptions {
  /** Told why sealing ended for good. */
  readonly onFailure?: ((error: unknown) => void) | undefined
  /** Told, at each try, that sealing waits for space on the disk. */
  readonly onFull?: ((error: LedgerError) => void) | undefined
  /** Told when something was sealed. */
  readonly onSealed?: (() => void) | undefined
  /** Milliseconds between tries on a full disk; default sealRetryMs. */
  readonly retryMs?: number
  /** Default setTimeout. */
  readonly schedule?: Schedule | undefined
}

/**
 * Feeds a sealer with what is committed. Entries stay here until they are sealed, so that each can
 * be found in memory or in the tiles at any time.
 */
export class SealLoop {
  readonly #sealer: Sealer
  readonly #options: SealLoopOptions
  readonly #pending: CommittedEntry[] = []
  readonly #schedule: Schedule
  /** Undefined while nothing is planned. */
  #cancel: (() => void) | undefined
  #last: Promise<void> = Promise.resolve()
  /** Not to be sealed before, by performance.now(). */
  #nextMs = 0
  #failure: unknown
  #state: 'new' | 'started' | 'stopped' = 'new'

  constructor(sealer: Sealer, options: SealLoopOptions = {}) {
    this.#sealer = sealer
    this.#options = options
    this.#schedule = options.schedule ?? later
  }

  /** Leaves sealed. */
  get size(): number {
    return this.#sealer.size
  }

  /** Why sealing ended for good; undefined while it goes on. */
  get failure(): unknown {
    return this.#failure
  }

  /** Takes entries that follow those given before; they are published in a moment, once started. */
  add(entries: readonly CommittedEntry[]): void {
    for (const entry of entries) this.#pending.push(entry)
    this.#arm()
  }

  /** Seals what was added, and from now on whatever comes. Rejects as `run`. */
  async start(): Promise<void> {
    this.#state = 'started'
    await this.run()
  }

  /**
   * Seals all that was added. Rejects with LEDGER_FULL when the disk is full: it is tried again, by
   * itself, until it succeeds; with any other error when sealing failed for good, now or before.
   */
  run(): Promise<void> {
    const done = this.#last.then(() => this.#seal())
    // After a final failure the chain stays rejected, and so does every later run.
    this.#last = done.catch((error: unknown) => {
      if (!isFull(error)) throw error
    })
    this.#last.catch(() => undefined)
    return done
  }

  /** An entry that is not sealed yet. */
  find(index: number): Uint8Array | undefined {
    const first = this.#pending[0]
    return first && this.#pending[index - first.index]?.entry
  }

  stop(): void {
    this.#state = 'stopped'
    this.#cancel?.()
  }

  /** At once when the last seal is long ago, else so that seals keep their distance. */
  #arm(): void {
    if (this.#cancel || this.#state !== 'started' || this.#failure !== undefined) return
    const wait = Math.max(0, this.#nextMs - performance.now())
    this.#cancel = this.#schedule(() => {
      this.#cancel = undefined
      void this.run().catch(() => undefined)
    }, wait)
  }

  async #seal(): Promise<void> {
    if (this.#pending.length === 0 && !this.#sealer.isBehind) return
    const { onFailure, onFull, onSealed, retryMs = sealRetryMs } = this.#options
    try {
      await this.#sealer.seal([...this.#pending])
      this.#nextMs = performance.now() + sealIntervalMs
      onSealed?.()
    } catch (error) {
      if (isFull(error)) {
        this.#nextMs = performance.now() + retryMs
        this.#arm()
        onFull?.(error)
      } else {
        this.#failure = error
        onFailure?.(error)
      }
      throw error
    } finally {
      const sealed = this.#pending.findIndex(({ index }) => index >= this.size)
      this.#pending.splice(0, sealed === -1 ? this.#pending.length : sealed)
    }
  }
}

/** The default of a Schedule. */
export function later(work: () => void, ms: number): () => void {
  const timer = setTimeout(work, ms)
  return () => clearTimeout(timer)
}

/** True for an error after which sealing is tried again. */
export function isFull(error: unknown): error is LedgerError {
  return error instanceof LedgerError && error.code === 'LEDGER_FULL'
}
