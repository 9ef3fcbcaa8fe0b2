// A comparison as text. Words are exact: `no record` is said only of lines that must have one.
import {
  type LogReport,
  RECONCILE_REASONS,
  type ReconcileReport,
  type ToldLine,
} from '@grantlog/query'
import type { SealOutcome } from './sealing.ts'
import { formatFacts, formatTable, type Terminal } from './terminal.ts'

/** Lines, records and routes shown; the report has more. */
const shownMax = 20

/** Where the report is, and what became of its leaf. */
export type SealedAt = Partial<SealOutcome> & { readonly file: string }

export function printReconcile(
  report: ReconcileReport,
  sealed: SealedAt | null,
  terminal: Terminal,
): void {
  const { out, paint } = terminal
  out(formatFacts(factsOf(report), terminal))
  if (report.log !== null) printLog(report.log, terminal)
  printStreams(report, terminal)
  const say = { agrees: paint.green, differs: paint.red, incomplete: paint.yellow }[report.verdict]
  const words = {
    agrees: 'everything is accounted for',
    differs: 'there are differences',
    incomplete: 'incomplete: too little was there to say so',
  }
  out(`\n${say(words[report.verdict])}`)
  for (const reason of report.reasons) out(`  ${RECONCILE_REASONS[reason]}`)
  if (sealed === null) return
  const index = sealed.index ?? null
  const where = index === null ? 'handed over to the receiver' : `sealed as leaf ${index}`
  terminal.err(`${where}; the whole report: ${sealed.file}`)
}

function factsOf(report: ReconcileReport): [string, string][] {
  const { log, requests, streams } = report
  const { dropped, emitted, pending, sealed } = streams
  const facts: [string, string][] = [
    ['service', report.service ?? 'all'],
    ['period', `${timeOf(report.from)} to ${timeOf(report.until)}`],
    ['streams', `${streams.all}: ${emitted} emitted, ${sealed} sealed, ${dropped} dropped`],
    ['', `${streams.differing} differ, ${pending} may be on their way`],
    ['requests', `${requests.counted} counted, ${requests.records} recorded`],
  ]
  if (log === null) return [...facts, ['access log', 'none given: requests were not compared']]
  const { counts } = log
  const { ignored, malformed, matched, noRecord, notAudited, outside, unknown } = counts
  return [
    ...facts,
    ['access log', `${counts.all} requests of the period, ${outside} lines outside`],
    ['', `tolerance ${report.toleranceMs / 1000} s, and the second that a line tells`],
    ['with record', String(matched)],
    ['no record', String(noRecord)],
    ['unknown', `${unknown} refused or answered by the web server: a record may not be due`],
    ['not audited', `${notAudited}, ignored ${ignored}`],
    ['malformed', `${malformed} lines, ${counts.noRequest} that are no HTTP request`],
    ['no line', `${counts.withoutLine} records, ${counts.atEdge} more at the edge of the log`],
    ['late', `${counts.resolved} earlier lines have one now, ${counts.stillOpen} still none`],
  ]
}

function printLog(log: LogReport, terminal: Terminal): void {
  printLines('no record', log.noRecord, terminal)
  const { malformed, withoutLine } = log
  if (withoutLine.length > 0) {
    const rows = withoutLine
      .slice(0, shownMax)
      .map(({ index, method, route, start, status }) => [
        ...['no line', String(index), timeOf(start), method, route, String(status ?? 'none')],
      ])
    const head = ['what', 'index', 'time', 'method', 'route', 'status']
    terminal.out(`\n${formatTable(head, rows, terminal)}`)
    more(withoutLine.length, terminal)
  }
  if (malformed.length > 0) {
    const lines = malformed
      .slice(0, shownMax)
      .map(({ file, line }) => ['malformed', `${line}`, file])
    terminal.out(`\n${formatTable(['what', 'line', 'file'], lines, terminal)}`)
    more(malformed.length, terminal)
  }
}

function printLines(what: string, lines: readonly ToldLine[], terminal: Terminal): void {
  if (lines.length === 0) return
  const rows = lines
    .slice(0, shownMax)
    .map(({ due, file, line, method, route, status, time }) => [
      ...[what, String(line), timeOf(time), method, route, String(status ?? 'none'), due, file],
    ])
  const head = ['what', 'line', 'time', 'method', 'route', 'status', 'due by', 'file']
  terminal.out(`\n${formatTable(head, rows, terminal)}`)
  more(lines.length, terminal)
}

function printStreams({ streams }: ReconcileReport, terminal: Terminal): void {
  const rows = streams.told
    .slice(0, shownMax)
    .flatMap(({ differing, dropped, instance, service }) =>
      differing.map(({ action, emitted, sealed }) => [
        ...[service, instance, action, String(emitted), String(sealed), String(dropped)],
      ]),
    )
  if (rows.length === 0) return
  const head = ['service', 'stream', 'action', 'emitted', 'sealed', 'dropped by it']
  terminal.out(`\n${formatTable(head, rows, terminal)}`)
}

function more(count: number, { out }: Terminal): void {
  if (count > shownMax) out(`… ${count - shownMax} more in the report`)
}

function timeOf(unixMs: number): string {
  return `${new Date(unixMs).toISOString().slice(0, 19)}Z`
}
