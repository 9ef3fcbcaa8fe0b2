// logs: audit log records become leaves. Nobody's key of ours signed them: they are what was
// observed, on behalf of who brought them. Each is judged alone, and each id is sealed once. See
// logs.test.ts.
import type { Ledger, LogToCommit } from '@grantlog/ledger'
import type { AuditLog, Work } from '@grantlog/record/otlp'
import type { RefusalCode } from '../codes.ts'
import type { Caller, Refusal } from '../flow.ts'
import { LOG_COMMIT_BYTES, LOGS_PER_COMMIT } from '../limits.ts'
import type { Pace } from '../turns.ts'

export interface TakerOptions {
  readonly prepare: (log: AuditLog, caller: Caller) => LogToCommit | RefusalCode
  readonly ledger: Pick<Ledger, 'commitLogs'>
}

/** A log record that is in the log, now or since before. */
export interface TakenLog {
  readonly log: LogToCommit
  readonly index: number
}

export interface Taken {
  readonly taken: readonly TakenLog[]
  readonly committed: number
  readonly duplicates: number
  readonly refusals: readonly Refusal[]
}

/** The request that brought the log records. */
export interface TakenFrom {
  readonly caller: Caller
  readonly pace: Pace
  readonly bytes: number
}

/** What becomes of a part of a request. */
interface Part {
  readonly logs: LogToCommit[]
  bytes: number
}

/**
 * Commits what can be, in parts, so that no other request waits for all of them. Rejects when any
 * of them is not durable: the sender comes again, and what was durable is a duplicate then.
 */
export function createTaker({
  ledger,
  prepare,
}: TakerOptions): (logs: Iterable<AuditLog>, from: TakenFrom) => Promise<Taken> {
  return async (logs, { bytes, caller, pace }) => {
    const refused = new Map<RefusalCode, number>()
    const refuse = (code: RefusalCode): void => void refused.set(code, (refused.get(code) ?? 0) + 1)
    const commits: Promise<readonly (TakenLog & { readonly outcome: string })[]>[] = []
    const commit = ({ logs: part }: Part): void => {
      if (part.length === 0) return
      const done = ledger
        .commitLogs(part)
        .then((places) => places.map((place, at) => ({ ...place, log: part[at]! })))
      // Looked at below, with all others.
      done.catch(() => undefined)
      commits.push(done)
    }
    function* preparing(): Work<void> {
      let part: Part = { logs: [], bytes: 0 }
      for (const read of logs) {
        yield
        const log = prepare(read, caller)
        if (typeof log === 'string') refuse(log)
        else {
          part.logs.push(log)
          part.bytes += bytesOf(log)
        }
        if (part.logs.length < LOGS_PER_COMMIT && part.bytes < LOG_COMMIT_BYTES) continue
        commit(part)
        part = { logs: [], bytes: 0 }
      }
      commit(part)
    }
    await pace(preparing(), bytes)
    const places = (await Promise.all(commits)).flat()
    const numberOf = (wanted: string): number =>
      places.filter(({ outcome }) => outcome === wanted).length
    const conflicts = numberOf('conflict')
    if (conflicts > 0) refused.set('CONFLICT', conflicts)
    return {
      taken: places.filter(({ outcome }) => outcome !== 'conflict'),
      committed: numberOf('committed'),
      duplicates: numberOf('duplicate'),
      refusals: [...refused].map(([code, spans]) => ({
        ...{ code, sender: 'unknown', spans },
        signal: 'logs',
      })),
    }
  }
}

function bytesOf({ sealed: { canonical, openings } }: LogToCommit): number {
  return openings.reduce((sum, { opening }) => sum + opening.length, canonical.length)
}
