// What a comparison says. Nothing of a line is in it but its number, time, method, status and the
// template of its route: what else strangers wrote into an access log stays there.
import type { Validation, ValidationVerdict } from '@grantlog/ledger'
import type { Due } from './routes.ts'
import type { StreamAccount } from './streams.ts'

/** Why a comparison is incomplete, or what a difference may come from. */
export const RECONCILE_REASONS = {
  NO_STREAMS: 'no stream of the service has said anything yet',
  NO_RECORDS: 'the service has no record of a request it served',
  LOG_EMPTY: 'the access log has no line',
  LOG_OF_ANOTHER_PERIOD: 'no line of the access log lies in the period',
  LOG_CUT: 'an access log was cut while it was read, or ends early',
  LOG_LEFT_OUT: 'there are more files than are read; the oldest were left out',
  LINES_MALFORMED: 'lines are neither in combined nor in common format',
  NOTHING_DUE: 'no line is on a route that is known to be audited',
  NOTHING_MATCHES: 'not one line has a record: another service, or clocks that are far apart?',
  LINES_WITHOUT_RECORD: 'requests that must have a record have none',
  RECORDS_WITHOUT_LINE: 'the access log does not have requests that were recorded',
  STREAMS_DIFFER: 'streams have counted other records than are in the log',
  REQUESTS_UNCOUNTED: 'a stream has more records of requests than it has counted requests',
} as const

export type ReconcileReason = keyof typeof RECONCILE_REASONS

/** A line without a record. `file` counts from 0, `line` from 1. */
export interface ToldLine {
  readonly file: string
  readonly line: number
  /** Unix ms. */
  readonly time: number
  readonly method: string
  /** A template, never the path. */
  readonly route: string
  readonly status: number | null
  readonly due: Due
}

/** A record without a line. */
export interface ToldRecord {
  readonly index: number
  readonly start: number
  readonly end: number
  readonly method: string
  readonly route: string
  readonly status: number | null
}

export interface LogReport {
  readonly files: readonly {
    readonly name: string
    readonly bytes: number
    readonly digest: string
    readonly isCut: boolean
  }[]
  readonly counts: {
    /** Requests in the period; the sum of the next five. */
    readonly all: number
    readonly matched: number
    readonly noRecord: number
    readonly unknown: number
    readonly notAudited: number
    readonly ignored: number
    /** The web server answered something that was no HTTP request. */
    readonly noRequest: number
    readonly malformed: number
    /** Before the first record of the service, or not in the period. */
    readonly outside: number
    readonly withoutLine: number
    /** Records at the edge of what the log covers, whose line may lie beyond. */
    readonly atEdge: number
    /** Lines of earlier runs whose records came late, and that still have none. */
    readonly resolved: number
    readonly stillOpen: number
  }
  readonly noRecord: readonly ToldLine[]
  readonly unknown: readonly ToldLine[]
  readonly withoutLine: readonly ToldRecord[]
  readonly malformed: readonly { readonly file: string; readonly line: number }[]
  /** By what makes their requests due. */
  readonly routes: readonly {
    readonly method: string
    readonly route: string
    readonly due: Due
    readonly lines: number
    readonly noRecord: number
  }[]
}

export interface ReconcileReport {
  readonly format: 'grantlog-reconcile-v1'
  readonly service: string | null
  readonly madeAt: number
  readonly from: number
  readonly until: number
  readonly toleranceMs: number
  readonly verdict: ValidationVerdict
  readonly reasons: readonly ReconcileReason[]
  readonly streams: {
    readonly all: number
    readonly emitted: number
    readonly sealed: number
    readonly dropped: number
    readonly differing: number
    /** Those that differ, but whose records may be on their way. */
    readonly pending: number
    readonly told: readonly StreamAccount[]
  }
  readonly requests: { readonly counted: number; readonly records: number }
  readonly log: LogReport | null
}

/** What is sealed of a report; `digest` is that of the file with the whole of it (b64u). */
export function validationOf(report: ReconcileReport, digest: string): Validation {
  const { from, log, madeAt, requests, service, streams, until, verdict } = report
  const counts = log?.counts
  return {
    from,
    inputs: log === null ? [] : log.files.map(({ bytes, digest: of }) => ({ bytes, digest: of })),
    lines: counts
      ? {
          all: counts.all,
          ignored: counts.ignored,
          malformed: counts.malformed,
          matched: counts.matched,
          noRecord: counts.noRecord,
          notAudited: counts.notAudited,
          unknown: counts.unknown,
          withoutLine: counts.withoutLine,
        }
      : null,
    madeAt,
    report: digest,
    requests: { counted: requests.counted, records: requests.records },
    service: service ?? '',
    streams: {
      all: streams.all,
      differing: streams.differing,
      dropped: streams.dropped,
      emitted: streams.emitted,
      sealed: streams.sealed,
    },
    until,
    verdict,
  }
}
