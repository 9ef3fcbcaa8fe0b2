// What a ledger does on a full disk: gives up its ballast, so that what was taken can be sealed;
// takes nothing new until that space is back; and says both once. See full-disk.test.ts, and
// test/crash/full-disk.test.ts for real disks.
import type { Ballast } from '@grantlog/journal'
import { LedgerError } from './codes.ts'
import { sealRetryMs } from './limits.ts'
import { isFull, type Schedule } from './seal/loop.ts'

/** What an operator is told: once when space ran out, and once when there is room again. */
export type DiskState = 'full' | 'recovered'

export interface FullDiskOptions {
  readonly ballasts: readonly Ballast[]
  readonly onChange: (state: DiskState, error?: LedgerError) => void
  readonly schedule: Schedule
}

function tooLittle(): LedgerError {
  return new LedgerError('LEDGER_FULL', 'the disk was full, and has too little room still')
}

/** Who writes: there is room again when both of them got through. */
type Writer = 'commit' | 'seal'

/**
 * Without a ballast, for one on a disk that was too small for it, each commit tries the disk. With
 * one, it is the space that sealing and the consumers' offsets need: commits must not eat it.
 */
export class FullDisk {
  readonly #options: FullDiskOptions
  readonly #failing = new Set<Writer>()
  #isTold = false
  #restoring: Promise<boolean> | undefined
  #cancel: (() => void) | undefined
  #isStopped = false

  constructor(options: FullDiskOptions) {
    this.#options = options
  }

  /** Runs a commit; LEDGER_FULL at once while the ballast is given up. */
  async commit<T>(work: () => Promise<T>): Promise<T> {
    if (this.#isGivenUp && !(await this.#restore())) {
      throw tooLittle()
    }
    try {
      const result = await work()
      this.wrote('commit')
      return result
    } catch (error) {
      if (isFull(error)) await this.full('commit', error)
      throw error
    }
  }

  /** Somebody found the disk full; resolves when the ballast is given up. */
  async full(who: Writer, error: LedgerError): Promise<void> {
    this.#failing.add(who)
    if (!this.#isTold) this.#options.onChange('full', error)
    this.#isTold = true
    for (const ballast of this.#options.ballasts) {
      // One that cannot be released helps nobody; the disk will say so itself.
      await ballast.release().catch(() => false)
    }
    this.#arm()
  }

  /** Somebody got through. */
  wrote(who: Writer): void {
    if (!this.#isTold) return
    this.#failing.delete(who)
    this.#tellIfRecovered()
  }

  /** As was told last: from `full` until `recovered`. */
  get isFull(): boolean {
    return this.#isTold
  }

  /** From now on nothing is done by itself. */
  stop(): void {
    this.#isStopped = true
    this.#cancel?.()
  }

  /** At the start: a ballast that was given up before is waited for. */
  start(): void {
    if (this.#isGivenUp) void this.full('commit', tooLittle())
  }

  get #isGivenUp(): boolean {
    return this.#options.ballasts.some(({ isGivenUp }) => isGivenUp)
  }

  /** Looks again and again, so that room is told also when nobody commits. */
  #arm(): void {
    if (this.#cancel !== undefined || this.#isStopped || !this.#isGivenUp) return
    this.#cancel = this.#options.schedule(() => {
      this.#cancel = undefined
      void this.#restore().then(() => this.#arm())
    }, sealRetryMs)
  }

  #restore(): Promise<boolean> {
    this.#restoring ??= this.#restoreAll().finally(() => {
      this.#restoring = undefined
    })
    return this.#restoring
  }

  async #restoreAll(): Promise<boolean> {
    for (const ballast of this.#options.ballasts) {
      if (ballast.isGivenUp) await ballast.restore().catch(() => false)
    }
    if (this.#isGivenUp) return false
    // With the ballast back there is room for a commit; sealing says so for itself.
    this.#failing.delete('commit')
    this.#tellIfRecovered()
    return true
  }

  #tellIfRecovered(): void {
    if (!this.#isTold || this.#isGivenUp || this.#failing.size > 0) return
    this.#isTold = false
    this.#options.onChange('recovered')
  }
}
