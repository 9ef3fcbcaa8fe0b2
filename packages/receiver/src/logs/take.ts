// logs: audit log records become leaves. Nobody's key of ours signed them: they are what was
// observed, on behalf of who brought them. Each is judged alone, and each id is sealed once. See
// logs.test.ts.
import type { EdgeWord, Ledger, LogToCommit, RefusedLog } from '@grantlog/ledger'
import { ATTR, textOf } from '@grantlog/record'
import type { AuditLog, Work } from '@grantlog/record/otlp'
import { toBase64 } from '../base64.ts'
import type { RefusalCode } from '../codes.ts'
import type { Caller, Refusal } from '../flow.ts'
import { LOG_COMMIT_BYTES, LOGS_PER_COMMIT, MAX_NAMED_LOGS } from '../limits.ts'
import type { Pace } from '../turns.ts'
import { saidOf } from './edge.ts'

export interface TakerOptions {
  readonly prepare: (log: AuditLog, caller: Caller) => LogToCommit | RefusalCode
  readonly ledger: Pick<Ledger, 'commitLogs'>
}

/** A log record that is in the log, now or since before. */
export interface PlacedLog {
  /** Its place among those that were brought. */
  readonly at: number
  readonly log: LogToCommit
  /** In the log. */
  readonly index: number
  /** Unix milliseconds; one that is brought again keeps its first time. */
  readonly receivedAt: number
}

export interface Taken {
  /** What each that was brought calls itself; an empty text for one that does not, or cannot. */
  readonly ids: readonly string[]
  readonly placed: readonly PlacedLog[]
  readonly committed: number
  readonly duplicates: number
  readonly refusals: readonly Refusal[]
  /** Of these, what an edge says that it has; at most MAX_NAMED_LOGS. */
  readonly named: readonly RefusedLog[]
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
  /** Of each, its place among those that were brought. */
  readonly ats: number[]
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
    const named: RefusedLog[] = []
    const refuse = (code: RefusalCode, edge: EdgeWord | undefined): void => {
      refused.set(code, (refused.get(code) ?? 0) + 1)
      if (edge === undefined || named.length === MAX_NAMED_LOGS) return
      named.push({ code, digest: toBase64(edge.digest) })
    }
    const commits: Promise<readonly (PlacedLog & { readonly outcome: string })[]>[] = []
    const commit = ({ ats, logs: part }: Part): void => {
      if (part.length === 0) return
      const done = ledger
        .commitLogs(part)
        .then((places) => places.map((place, n) => ({ ...place, at: ats[n]!, log: part[n]! })))
      // Looked at below, with all others.
      done.catch(() => undefined)
      commits.push(done)
    }
    const ids: string[] = []
    function* preparing(): Work<void> {
      let part = newPart()
      for (const read of logs) {
        yield
        ids.push(idOf(read))
        const log = prepare(read, caller)
        if (typeof log === 'string') refuse(log, saidOf(read.scope)?.word)
        else {
          part.logs.push(log)
          part.ats.push(ids.length - 1)
          part.bytes += bytesOf(log)
        }
        if (part.logs.length < LOGS_PER_COMMIT && part.bytes < LOG_COMMIT_BYTES) continue
        commit(part)
        part = newPart()
      }
      commit(part)
    }
    await pace(preparing(), bytes)
    const places = (await Promise.all(commits)).flat()
    const numberOf = (wanted: string): number =>
      places.filter(({ outcome }) => outcome === wanted).length
    for (const { log, outcome } of places) {
      if (outcome === 'conflict') refuse('CONFLICT', log.observation.edge)
    }
    return {
      ...{ ids, named },
      placed: places.filter(({ outcome }) => outcome !== 'conflict'),
      committed: numberOf('committed'),
      duplicates: numberOf('duplicate'),
      refusals: [...refused].map(([code, spans]) => ({
        ...{ code, sender: 'unknown', spans },
        signal: 'logs',
      })),
    }
  }
}

function newPart(): Part {
  return { logs: [], ats: [], bytes: 0 }
}

/** By the id that its sender knows, not by that of its leaf. */
function idOf(read: AuditLog): string {
  return 'error' in read ? '' : (textOf(read.attributes[ATTR.AUDIT_RECORD_ID]) ?? '')
}

function bytesOf({ sealed: { canonical, openings } }: LogToCommit): number {
  return openings.reduce((sum, { opening }) => sum + opening.length, canonical.length)
}
