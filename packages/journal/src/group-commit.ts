// Many submitters, one write at a time: what arrives during a write is the next group, with what is
// just about to. See group-commit.test.ts.
import { JournalError } from './errors.ts'
import { wholeNumber } from './limits.ts'

/** What a group commit needs; sizes are in bytes. */
export interface GroupCommitOptions<T, R> {
  /** Makes one group durable; resolves with one result per item, in order. Never overlaps. */
  readonly write: (batch: T[]) => Promise<readonly R[]>
  /** Most items of one group. */
  readonly maxItems: number
  /** Most bytes of one group; an item alone above it is refused with JOURNAL_TOO_LARGE. */
  readonly maxBytes: number
  /** Bytes of an item; called once. */
  readonly sizeOf: (item: T) => number
  /** How groups wait for those who are about to come; left out, none does. */
  readonly gather?: Gather | undefined
}

/** See createGroupCommit. */
export interface Gather {
  /** Bytes from which on a group waits for nobody. */
  readonly maxBytes: number
  /** Milliseconds that a group waits at most. */
  readonly maxMs: number
  /** Milliseconds of a clock that never goes back; default: the system's. */
  readonly now?: () => number
}

/** See createGroupCommit. */
export interface GroupCommit<T, R> {
  /** Resolves with the item's result once its group was written, rejects with the group's error. */
  submit(item: T): Promise<R>
  /** Items that wait for a group, without those being written: for admission control. */
  readonly waitingItems: number
  /** Bytes of these items. */
  readonly waitingBytes: number
  /** Resolves when nothing waits and nothing is being written. */
  idle(): Promise<void>
}

interface Waiting<T, R> {
  readonly item: T
  readonly size: number
  readonly resolve: (result: R) => void
  readonly reject: (error: unknown) => void
}

/**
 * Gathers concurrent submissions into groups, in submission order: one write and one fdatasync
 * serve all who came while the last write was under way. No timer: an idle one writes what the
 * current tick submits, a busy one grows its groups by itself.
 * With `gather`, a group also waits for those who were there when the last write ended and are
 * not yet again, as long as turns of the event loop bring some of them: it is this process that is
 * busy with them then. Whoever submits alone never waits, and a sender that is slow is not waited
 * for.
 * When `write` rejects, its group rejects with that error, and the next group is tried. After
 * JOURNAL_POISONED or JOURNAL_CLOSED everything waiting and every later submit rejects with it.
 * The queue has no bound of its own: refuse early by `waitingItems` and `waitingBytes`.
 */
export function createGroupCommit<T, R>(options: GroupCommitOptions<T, R>): GroupCommit<T, R> {
  const maxItems = wholeNumber('maxItems', options.maxItems, { least: 1 })
  const maxBytes = wholeNumber('maxBytes', options.maxBytes)
  wholeNumber('gather.maxBytes', options.gather?.maxBytes ?? 0)
  wholeNumber('gather.maxMs', options.gather?.maxMs ?? 0)
  return new Groups({ ...options, maxItems, maxBytes })
}

class Groups<T, R> implements GroupCommit<T, R> {
  readonly #options: GroupCommitOptions<T, R>
  #waiting: Waiting<T, R>[] = []
  #waitingBytes = 0
  #running: Promise<void> | undefined
  #over: JournalError | undefined
  /** Items that were written or waiting when the last write ended. */
  #expected = 0

  constructor(options: GroupCommitOptions<T, R>) {
    this.#options = options
  }

  get waitingItems(): number {
    return this.#waiting.length
  }

  get waitingBytes(): number {
    return this.#waitingBytes
  }

  async submit(item: T): Promise<R> {
    if (this.#over !== undefined) throw this.#over
    const { maxBytes, sizeOf } = this.#options
    const size = sizeOf(item)
    if (size > maxBytes) {
      throw new JournalError('JOURNAL_TOO_LARGE', `an item of ${size} bytes, over ${maxBytes}`)
    }
    return new Promise<R>((resolve, reject) => {
      this.#waiting.push({ item, size, resolve, reject })
      this.#waitingBytes += size
      this.#running ??= this.#run()
    })
  }

  async idle(): Promise<void> {
    await this.#running
  }

  async #run(): Promise<void> {
    // One microtask later, so that all of this tick's submissions share the first group.
    await Promise.resolve()
    const { gather } = this.#options
    while (this.#waiting.length > 0) {
      if (gather !== undefined && this.#isAwaited(gather)) await this.#gather(gather)
      const group = this.#takeGroup()
      await this.#writeGroup(group)
      this.#expected = group.length + this.#waiting.length
    }
    this.#running = undefined
  }

  /** Whether one is expected who does not wait yet. */
  #isAwaited({ maxBytes }: Gather): boolean {
    const expected = Math.min(this.#expected, this.#options.maxItems)
    return this.#waiting.length < expected && this.#waitingBytes < maxBytes
  }

  /** Turns that bring an item are followed by others. */
  async #gather(gather: Gather): Promise<void> {
    const { maxMs, now = () => performance.now() } = gather
    const until = now() + maxMs
    for (let came = -1; came < this.#waiting.length && this.#isAwaited(gather);) {
      if (now() >= until) return
      came = this.#waiting.length
      // The first ends the turn that we are in; between it and the second, all that came is read.
      await nextTurn()
      await nextTurn()
    }
  }

  #takeGroup(): Waiting<T, R>[] {
    const { maxBytes, maxItems } = this.#options
    let bytes = 0
    const end = this.#waiting.findIndex(({ size }, index) => {
      bytes += size
      return index === maxItems || bytes > maxBytes
    })
    const group = this.#waiting.splice(0, end === -1 ? this.#waiting.length : end)
    for (const { size } of group) this.#waitingBytes -= size
    return group
  }

  async #writeGroup(group: Waiting<T, R>[]): Promise<void> {
    const { write } = this.#options
    try {
      const results = await write(group.map(({ item }) => item))
      if (results.length !== group.length) {
        throw new TypeError(`write gave ${results.length} results for ${group.length} items`)
      }
      group.forEach(({ resolve }, index) => resolve(results[index] as R))
    } catch (error) {
      if (isFinal(error)) this.#over = error
      const rest = this.#over === undefined ? [] : this.#dropAll()
      for (const { reject } of [...group, ...rest]) reject(error)
    }
  }

  #dropAll(): Waiting<T, R>[] {
    const dropped = this.#waiting
    this.#waiting = []
    this.#waitingBytes = 0
    return dropped
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve))
}

function isFinal(error: unknown): error is JournalError {
  if (!(error instanceof JournalError)) return false
  return error.code === 'JOURNAL_POISONED' || error.code === 'JOURNAL_CLOSED'
}
