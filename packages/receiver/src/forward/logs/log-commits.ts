// Which of the newest commits have log records: most have none, and who follows log records alone
// need not read and decrypt them. See log-commits.test.ts.
import type { ShownCommit } from '@grantlog/ledger'
import { MAX_LOG_COMMITS_NOTED } from '../../limits.ts'

export interface LogCommits {
  /** Number of the next commit. */
  readonly next: number
  /** Behind the last commit that has log records, as far as that is known. */
  readonly end: number
  /** Takes a commit that is being written; what it gives notes that it is durable. */
  prepare(commit: Pick<ShownCommit, 'logs' | 'number'>): () => void
  /** The first commit from `number` on that may have log records; undefined: none so far. */
  from(number: number): number | undefined
  /** Resolves when it is so after a commit, or when the signal aborts. */
  until(isSo: () => boolean, signal: AbortSignal): Promise<void>
}

/** `next` is the number of the first commit that it will be told of. */
export function logCommits(next: number): LogCommits {
  /** Each of those before it may have some. */
  let known = next
  let behind = next
  let numbers: number[] = []
  const waiting = new Set<() => void>()

  function note(number: number): void {
    numbers.push(number)
    if (numbers.length <= MAX_LOG_COMMITS_NOTED) return
    numbers = numbers.slice(MAX_LOG_COMMITS_NOTED / 2)
    known = numbers[0]!
  }

  function committed(number: number, logs: number): void {
    // Written already when this began: nobody said what is in them.
    for (; behind < number; behind++) note(behind)
    if (logs > 0) note(number)
    behind = number + 1
    for (const look of waiting) look()
  }

  return {
    get next() {
      return behind
    },
    get end() {
      return (numbers.at(-1) ?? known - 1) + 1
    },
    prepare:
      ({ logs, number }) =>
      () =>
        committed(number, logs),
    from: (number) => (number < known ? number : numbers[firstNotBelow(numbers, number)]),
    async until(isSo, signal) {
      if (isSo() || signal.aborted) return
      const { promise, resolve } = Promise.withResolvers<void>()
      const look = (): void => {
        if (isSo() || signal.aborted) resolve()
      }
      waiting.add(look)
      signal.addEventListener('abort', look)
      await promise
      signal.removeEventListener('abort', look)
      waiting.delete(look)
    },
  }
}

/** Where the first of rising numbers is that is not smaller. */
function firstNotBelow(numbers: readonly number[], number: number): number {
  let [low, high] = [0, numbers.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (numbers[middle]! < number) low = middle + 1
    else high = middle
  }
  return low
}
