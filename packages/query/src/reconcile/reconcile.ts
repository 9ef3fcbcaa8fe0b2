// Compares records with what else is known of a service's activity: what its streams have counted,
// and what an access log has. Reads the log of records once, the access log once, and both again in
// order of time; memory is bounded whatever their length. See reconcile.test.ts and
// test/crash/reconcile.test.ts.
import { base64url, type RouteRule } from '@grantlog/record'
import type { Frame } from '@grantlog/ledger'
import { LINE_TOLERANCE_MS, MAX_EXAMPLES, OPEN_TAIL_MS } from '../limits.ts'
import { type AccessLog, openAccessLog } from './io/access-log.ts'
import { LineReader } from './line-reader.ts'
import { LineTally } from './line-tally.ts'
import { matchAll, type RecordToMatch } from './match.ts'
import { RecordReader } from './record-reader.ts'
import type { LogReport, ReconcileReason, ReconcileReport } from './report.ts'
import { type RoutePattern, Routes } from './routes.ts'
import type { ReconcileState, StreamTotals } from './state.ts'
import { type StreamAccount, StreamAccounts } from './streams.ts'

export interface ReconcileOptions {
  /** Committed frames from a number on, decrypted. */
  readonly frames: (from: number) => AsyncIterable<Frame>
  /** Unix ms. */
  readonly now: number
  /** `audit.producer.service`; null compares the streams of all. Needed for access logs. */
  readonly service: string | null
  /** Files or folders; none: only the streams are compared. */
  readonly accessLogs?: readonly string[]
  /** Routes of the policy: requests to them are due. */
  readonly rules?: readonly RouteRule[]
  readonly audited?: readonly RoutePattern[]
  readonly ignored?: readonly RoutePattern[]
  /** Unix ms: only what lies in between is compared. */
  readonly after?: number
  readonly before?: number
  readonly toleranceMs?: number
  /** What the last run has left; null: this is the first of such runs. */
  readonly state?: ReconcileState | null
  /** How long records may be on their way, ms. */
  readonly tailMs?: number
}

export interface Reconciled {
  readonly report: ReconcileReport
  /** For the next run. */
  readonly state: ReconcileState
}

/** Errors: QueryError RECONCILE_…; RecordError when stored bytes are no record. */
export async function reconcile(options: ReconcileOptions): Promise<Reconciled> {
  const { accessLogs = [], now, service, state = null, tailMs = OPEN_TAIL_MS } = options
  const { toleranceMs = LINE_TOLERANCE_MS } = options
  // Each run takes up where the last one ended, and leaves what is not complete yet.
  const isRun = options.state !== undefined
  const until = options.before ?? (isRun ? now - tailMs : Infinity)
  const from = options.after ?? state?.until ?? 0
  const { audited = [], ignored = [], rules = [] } = options
  const routes = new Routes({ rules, audited, ignored })
  for (const route of state?.routes ?? []) routes.add(route)
  const streams = new StreamAccounts(state?.streams)
  const period = { from, until: Math.max(from, until), marginMs: 2 * toleranceMs + 1_000 }
  const records = new RecordReader({ service, routes, streams, period, state })
  try {
    for await (const frame of options.frames(state?.contextFrame ?? 0)) records.add(frame)
    const log =
      service === null || accessLogs.length === 0
        ? null
        : await compareLog({ ...options, service, toleranceMs }, { records, routes, period, isRun })
    const accounts = [...streams.accounts()]
    const bounds = log?.covered ?? {
      from: Math.max(from, records.firstSeenMs ?? 0),
      until: Math.min(period.until, now),
    }
    const all = summed(accounts, state?.totals, now - tailMs)
    const report = reportOf({ ...options, toleranceMs }, { all, bounds, log, records })
    return { report, state: stateOf({ report, log, records, routes, streams, accounts, state }) }
  } finally {
    records.close()
  }
}

interface Parts {
  readonly records: RecordReader
  readonly routes: Routes
  readonly period: { readonly from: number; readonly until: number; readonly marginMs: number }
  readonly isRun: boolean
}

interface ComparedLog {
  readonly report: LogReport
  readonly reasons: readonly ReconcileReason[]
  readonly covered: { readonly from: number; readonly until: number }
  readonly open: ReconcileState['open']
  readonly positions: ReconcileState['positions']
}

async function compareLog(
  options: ReconcileOptions & { readonly service: string; readonly toleranceMs: number },
  { isRun, period, records, routes }: Parts,
): Promise<ComparedLog> {
  const { accessLogs = [], now, state = null, toleranceMs } = options
  // Before the first record of a service nobody listened to it.
  const from = Math.max(period.from, Math.floor((records.firstSeenMs ?? 0) / 1000) * 1000)
  const tally = new LineTally(now)
  const access = await openAccessLog({
    paths: accessLogs,
    sinceMs: from - period.marginMs,
    positions: state?.positions ?? [],
  })
  const lines = new LineReader({ tally, routes, period: { ...period, from } })
  try {
    for (const line of state?.open ?? []) lines.open(line)
    for await (const line of access.lines()) lines.add(line, access.files[line.file]!)
    const { firstMs, lastMs } = lines
    const covered = {
      from: options.after ?? (isRun ? from : Math.max(from, firstMs ?? from)),
      until: options.before ?? (isRun ? period.until : lastMs === null ? from : lastMs + 1_000),
    }
    // What a running web server has not written by now did not happen.
    const written = isRun && options.before === undefined ? now : covered.until
    const isCovered = ({ endMs, startMs }: RecordToMatch): boolean =>
      startMs - toleranceMs >= (state === null ? covered.from : 0) && endMs + toleranceMs < written
    matchAll(lines.sorted(), records.sorted(), toleranceMs, {
      onMatched: (line) => {
        const of = lines.lineOf(line)
        if (of !== null) tally.matched(of)
      },
      onLineAlone: (line) => {
        const of = lines.lineOf(line)
        if (of !== null) tally.alone(of)
      },
      onRecordAlone: (record) => {
        const { endMs, index } = record
        const isLate = records.isLate(index)
        if (!isLate && (endMs < covered.from || endMs >= covered.until)) return
        if (!isLate && !isCovered(record)) tally.counts.atEdge++
        else tally.recordAlone(records.told(record))
      },
    })
    const { counts, malformed, noRecord, unknown, withoutLine } = tally
    const files = access.files.map(({ bytes, digest, isCut, name }) => {
      return { name, bytes, digest: base64url(digest), isCut }
    })
    const report = {
      files,
      counts,
      noRecord,
      unknown,
      withoutLine,
      malformed,
      routes: tally.routes(),
    }
    const reasons = reasonsOf(report, { ...access, lines: lines.count })
    return { report, reasons, covered, open: tally.open, positions: lines.positions(access.files) }
  } finally {
    lines.close()
    await access.close()
  }
}

function reasonsOf(
  { counts, files }: LogReport,
  { leftOut, lines, old }: Pick<AccessLog, 'leftOut' | 'old'> & { readonly lines: number },
): ReconcileReason[] {
  const isElsewhere = counts.all === 0 && (lines === 0 ? old > 0 : counts.malformed < lines)
  const isEmpty = lines === 0 && !isElsewhere
  const due = counts.matched + counts.noRecord + counts.unknown
  const reasons: [ReconcileReason, boolean][] = [
    ['LOG_EMPTY', isEmpty],
    ['LOG_OF_ANOTHER_PERIOD', isElsewhere],
    ['LOG_CUT', files.some(({ isCut }) => isCut)],
    ['LOG_LEFT_OUT', leftOut > 0],
    ['LINES_MALFORMED', counts.malformed > 0],
    ['NOTHING_DUE', counts.all > 0 && due === 0],
    ['NOTHING_MATCHES', counts.noRecord > 0 && counts.matched === 0],
    ['LINES_WITHOUT_RECORD', counts.noRecord > 0],
    ['RECORDS_WITHOUT_LINE', counts.withoutLine > 0],
  ]
  return reasons.flatMap(([reason, holds]) => (holds ? [reason] : []))
}

/** Reasons that are differences; all others say that something was not there to compare. */
const differences: ReadonlySet<ReconcileReason> = new Set([
  ...(['LINES_WITHOUT_RECORD', 'RECORDS_WITHOUT_LINE'] as const),
  ...(['STREAMS_DIFFER', 'REQUESTS_UNCOUNTED'] as const),
])

type Summed = ReconcileReport['streams'] & { readonly requests: ReconcileReport['requests'] } & {
  readonly uncounted: number
}

function reportOf(
  options: ReconcileOptions & { readonly toleranceMs: number },
  of: {
    readonly all: Summed
    readonly bounds: { readonly from: number; readonly until: number }
    readonly log: ComparedLog | null
    readonly records: RecordReader
  },
): ReconcileReport {
  const { bounds, log, records } = of
  const { requests, uncounted, ...streams } = of.all
  const own: [ReconcileReason, boolean][] = [
    ['NO_STREAMS', streams.all === 0],
    ['NO_RECORDS', log !== null && !records.hasServed],
    ['STREAMS_DIFFER', streams.differing > 0],
    ['REQUESTS_UNCOUNTED', uncounted > 0],
  ]
  const reasons = [
    ...own.flatMap(([reason, holds]) => (holds ? [reason] : [])),
    ...(log?.reasons ?? []),
  ]
  const differs = reasons.some((reason) => differences.has(reason))
  return {
    format: 'grantlog-reconcile-v1',
    service: options.service,
    madeAt: options.now,
    from: bounds.from,
    until: Math.max(bounds.from, bounds.until),
    toleranceMs: options.toleranceMs,
    verdict: differs ? 'differs' : reasons.length > 0 ? 'incomplete' : 'agrees',
    reasons,
    streams,
    requests,
    log: log?.report ?? null,
  }
}

function summed(
  accounts: readonly StreamAccount[],
  totals: StreamTotals | undefined,
  settledMs: number,
): Summed {
  const unequal = accounts.filter(({ differing, emitted, sealed }) => {
    return differing.length > 0 || emitted !== sealed
  })
  // Its statement is young: what it counts may be on its way.
  const isPending = ({ statedAt }: StreamAccount): boolean => statedAt > settledMs
  const differing = unequal.filter((one) => !isPending(one))
  const sum = (of: (account: StreamAccount) => number): number =>
    accounts.reduce((all, one) => all + of(one), 0)
  const before = totals ?? { all: 0, emitted: 0, dropped: 0, httpRequests: 0, servedRecords: 0 }
  return {
    all: before.all + accounts.length,
    emitted: before.emitted + sum(({ emitted }) => emitted),
    sealed: before.emitted + sum(({ sealed }) => sealed),
    dropped: before.dropped + sum(({ dropped }) => dropped),
    differing: differing.length,
    pending: unequal.length - differing.length,
    told: differing.slice(0, MAX_EXAMPLES),
    requests: {
      counted: before.httpRequests + sum(({ httpRequests }) => httpRequests),
      records: before.servedRecords + sum(({ servedRecords }) => servedRecords),
    },
    uncounted: accounts.filter((one) => one.servedRecords > one.httpRequests).length,
  }
}

function stateOf(of: {
  readonly report: ReconcileReport
  readonly log: ComparedLog | null
  readonly records: RecordReader
  readonly routes: Routes
  readonly streams: StreamAccounts
  readonly accounts: readonly StreamAccount[]
  readonly state: ReconcileState | null
}): ReconcileState {
  const { accounts, log, records, report, routes, state, streams } = of
  const kept = streams.notes()
  const names = new Set(kept.map(({ instance, kid }) => `${kid} ${instance}`))
  const done = accounts.filter(({ instance, kid }) => !names.has(`${kid} ${instance}`))
  const total = (name: Exclude<keyof StreamTotals, 'all'>): number =>
    done.reduce((sum, account) => sum + account[name], state?.totals[name] ?? 0)
  return {
    v: 1,
    service: report.service ?? '',
    until: report.until,
    firstSeenMs: records.firstSeenMs,
    contextFrame: records.contextFrame,
    nextFrame: records.nextFrame,
    streams: kept,
    totals: {
      all: (state?.totals.all ?? 0) + done.length,
      emitted: total('emitted'),
      dropped: total('dropped'),
      httpRequests: total('httpRequests'),
      servedRecords: total('servedRecords'),
    },
    routes: [...routes.seen()],
    open: log?.open ?? [],
    positions: log?.positions ?? [],
  }
}
