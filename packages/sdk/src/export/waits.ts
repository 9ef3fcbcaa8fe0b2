// Who waits for a record: a response that may not end before its record is on disk, or receipted.
import { type SdkCode, SdkError } from '../codes.ts'
import { historyRangesMax } from '../limits.ts'

/** How far a record has come: on the producer's disk, or in the log by a verified receipt. */
export type Stage = 'spooled' | 'receipted'

/** Consecutive records of one stream. */
export interface Range {
  readonly firstSequence: number
  readonly count: number
}

export interface Waits {
  /** See Exporter.until. */
  readonly until: (sequence: number, stage: Stage) => Promise<void>
  /** Whether anybody waits for this. */
  readonly areFor: (stage: Stage) => boolean
  readonly reached: (range: Range, stage: Stage) => void
  /** None of them will get there any more. */
  readonly failed: (range: Range, code: SdkCode, detail?: string) => void
  /** Those who wait for `stage` need not wait longer; the records themselves are still kept. */
  readonly refused: (range: Range, stage: Stage, code: SdkCode, detail?: string) => void
  /** Rejects all who wait for `stage`, or for anything. */
  readonly rejectAll: (code: SdkCode, stage?: Stage) => void
}

interface Wait {
  readonly stage: Stage
  readonly resolve: () => void
  readonly reject: (error: SdkError) => void
}

interface Outcome {
  readonly range: Range
  readonly stage: Stage | null
  readonly error: SdkError | null
}

/** Waits of one stream. */
export function createWaits(): Waits {
  const waits = new Map<number, Wait[]>()
  /** For those who ask late. */
  const history: Outcome[] = []

  function settle(range: Range, isDone: (wait: Wait) => boolean, error: SdkError | null): void {
    if (waits.size === 0) return
    for (const sequence of sequencesOf(range)) {
      const all = waits.get(sequence)
      if (all === undefined) continue
      const left = all.filter((wait) => !isDone(wait))
      if (left.length > 0) waits.set(sequence, left)
      else waits.delete(sequence)
      for (const { resolve, reject } of all.filter(isDone)) {
        if (error === null) resolve()
        else reject(error)
      }
    }
  }

  /** Only the numbers: who calls has the whole batch at hand, which is to go once it is sent. */
  function remember({ range: { firstSequence, count }, ...outcome }: Outcome): void {
    history.push({ range: { firstSequence, count }, ...outcome })
    if (history.length > historyRangesMax) history.shift()
  }

  function known(sequence: number, stage: Stage): Outcome | undefined {
    return history.findLast(
      (one) => isIn(one.range, sequence) && (one.error !== null || isReached(one.stage, stage)),
    )
  }

  return {
    until: (sequence, stage) => {
      const outcome = known(sequence, stage)
      if (outcome?.error) return Promise.reject(outcome.error)
      if (outcome !== undefined) return Promise.resolve()
      return new Promise((resolve, reject) => {
        const all = waits.get(sequence) ?? []
        waits.set(sequence, [...all, { stage, resolve, reject }])
      })
    },
    areFor: (stage) => {
      if (waits.size === 0) return false
      return [...waits.values()].some((all) => all.some((wait) => wait.stage === stage))
    },
    reached: (range, stage) => {
      remember({ range, stage, error: null })
      settle(range, (wait) => isReached(stage, wait.stage), null)
    },
    failed: (range, code, detail) => {
      const error = new SdkError(code, detail)
      remember({ range, stage: null, error })
      settle(range, () => true, error)
    },
    refused: (range, stage, code, detail) =>
      settle(range, (wait) => wait.stage === stage, new SdkError(code, detail)),
    rejectAll: (code, only) => {
      const error = new SdkError(code)
      for (const sequence of [...waits.keys()]) {
        const isDone = ({ stage }: Wait): boolean => only === undefined || stage === only
        settle({ firstSequence: sequence, count: 1 }, isDone, error)
      }
    },
  }
}

/** What has a receipt is kept elsewhere, and better than on this disk. */
function isReached(stage: Stage | null, wanted: Stage): boolean {
  return stage === 'receipted' || stage === wanted
}

function isIn({ firstSequence, count }: Range, sequence: number): boolean {
  return sequence >= firstSequence && sequence < firstSequence + count
}

function sequencesOf({ firstSequence, count }: Range): number[] {
  return Array.from({ length: count }, (_, i) => firstSequence + i)
}
