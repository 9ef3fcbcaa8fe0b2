// The source of sealed log records: the ledger's durable frames, at each sink with an offset of its
// own, so that a sink without logs does not hold up its spans. See source.test.ts.
import type { Unit } from '../deliver.ts'
import { LOG_COMMITS_SKIPPED } from '../../limits.ts'
import type { Load, Source } from '../sink.ts'
import type { LogCommits } from './log-commits.ts'
import {
  type LogProjection,
  type ProjectedLog,
  projectLog,
  type StoredLogRecord,
} from './log-record.ts'

/** A log record for one sink. */
export interface LogUnit extends Unit {
  /** Throws RecordError when the stored bytes are no log record: the ledger is damaged. */
  readonly projected: ProjectedLog
}

/** One commit, decrypted: its log records only. */
export interface LogFrame {
  readonly number: number
  /** Index of its first leaf. */
  readonly first: number
  /** How many leaves it has of any kind. */
  readonly leaves: number
  readonly logs: readonly StoredLogRecord[]
}

/** What is read from. */
export interface LogFrames {
  readonly commits: LogCommits
  read(from: number): AsyncIterable<LogFrame>
}

export interface LogSourceOptions {
  readonly projection: LogProjection
  readonly maxLogs: number
  /** Leaves that one load reads at most, when few of them are log records. */
  readonly maxLeaves: number
  /** Which it gets; default all. */
  readonly isWanted?: ((log: Pick<StoredLogRecord, 'canonical'>) => boolean) | undefined
}

/** Takes at most about `maxLogs` at once; a larger frame goes alone, in several requests. */
export function logSource(
  { commits, read }: LogFrames,
  { isWanted = () => true, maxLeaves, maxLogs, projection }: LogSourceOptions,
): Source<LogUnit> {
  /** Without any log record the offset moves only now and then: each move is a sync. */
  const isWorthSkipping = (from: number): boolean => commits.next - from >= LOG_COMMITS_SKIPPED

  async function take(from: number): Promise<Load<LogUnit>> {
    const first = commits.from(from)
    if (first === undefined) return { units: [], next: isWorthSkipping(from) ? commits.next : from }
    const units: LogUnit[] = []
    let [next, leaves] = [first, 0]
    for await (const frame of read(first)) {
      if (leaves > maxLeaves) break
      leaves += frame.leaves
      const more = frame.logs.filter(isWanted).map((log) => logUnitOf(log, projection))
      if (units.length > 0 && units.length + more.length > maxLogs) break
      units.push(...more)
      next = frame.number + 1
      // What follows has none, or not yet.
      if (commits.from(next) !== next) break
    }
    return { units, next }
  }

  return {
    kind: 'ledger-logs',
    spansMax: maxLogs,
    first: 0,
    take,
    waitFor: (from, signal) =>
      commits.until(() => commits.from(from) !== undefined || isWorthSkipping(from), signal),
  }
}

/** Projected when it is sent, and once. */
export function logUnitOf(log: StoredLogRecord, projection: LogProjection): LogUnit {
  let projected: ProjectedLog | undefined
  return {
    index: log.index,
    spans: 1,
    get projected() {
      projected ??= projectLog(log, projection)
      return projected
    },
  }
}
