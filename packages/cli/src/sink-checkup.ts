// The checks of `grantlog doctor` on what a receiver forwards: what waits, what a sink will never
// get, and where that is noted. See sink-checkup.test.ts.
import { join } from 'node:path'
import type { Folders } from '@grantlog/ledger'
import { LIMITS, type ReceiverStatus, type SinkStatus, type SinkType } from '@grantlog/receiver'
import type { Check } from './check.ts'
import { SINK_FLAGS } from './forward.ts'

/** /readyz. An older receiver does not count what it discards, or say why it is not ready. */
export type StatusAnswer = Omit<
  ReceiverStatus,
  'access' | 'discarded' | 'logs' | 'metrics' | 'notReady' | 'sinks'
> & {
  readonly access?: ReceiverStatus['access']
  readonly discarded?: number
  readonly logs?: ReceiverStatus['logs']
  readonly metrics?: ReceiverStatus['metrics']
  readonly notReady?: ReceiverStatus['notReady']
  readonly sinks: readonly SinkAnswer[]
}

/** An older receiver has only OTLP sinks, and does not say why one fails. */
type SinkAnswer = Omit<SinkStatus, 'held' | 'lost' | 'type' | 'reason'> & Partial<SinkStatus>

const queueGiB = LIMITS.queueBytes / 1024 ** 3
const recordsWait = 'Sealed records wait in the ledger.'
const allWait =
  'Sealed records wait in the ledger; other spans, logs and metrics wait in queues, up to ' +
  `${queueGiB} GiB each, then the oldest are dropped.`

/** What each type of sink must be. */
const speaks = {
  otlp: 'takes OTLP/HTTP',
  opensearch: 'is OpenSearch',
  elasticsearch: 'is Elasticsearch',
  grantlog: 'is the receiver of that receiptKey, with the same keys enrolled (README.md, Sinks)',
}

/** What is no audit record and went nowhere. */
export function checkDiscarded({ discarded = 0, logs, metrics, sinks }: StatusAnswer): Check[] {
  const counts = [
    [discarded, 'spans'],
    [logs?.discarded ?? 0, 'log records'],
    [metrics?.discarded ?? 0, 'data points'],
  ] as const
  const lost = counts.filter(([count]) => count > 0).map(([count, name]) => `${count} ${name}`)
  if (lost.length === 0) return []
  const what = `${lost.join(', ')} that are no audit records were discarded`
  const nowhere = sinks.every(({ type = 'otlp' }) => type !== 'otlp')
  const fix = nowhere
    ? 'The receiver keeps only audit records: name where others go with --forward.'
    : 'See the log of the receiver for why.'
  return [{ code: 'DISCARDED', status: 'weak', what, fix }]
}

/** Each sink, and what it refused for good. */
export function checkSinks({ sinks }: StatusAnswer, { queue }: Pick<Folders, 'queue'>): Check[] {
  return sinks.map((sink) => checkSink(sink, join(queue, `${sink.name}.dead.jsonl`)))
}

/** Where a sink of a kind is told: a core has no flag. */
function toldBy(type: SinkType): string {
  return type === 'grantlog' ? 'its entry in grantlog.yaml' : SINK_FLAGS[type].flag
}

function fixesOf(sink: SinkAnswer, deadLetters: string): string[] {
  const { lost = 0, name, refused, retries, stopped, type = 'otlp' } = sink
  const waits = type === 'otlp' ? allWait : recordsWait
  const fixes: string[] = []
  if (stopped) fixes.push(`See its SINK_STOPPED in the receiver's log, restart. ${waits}`)
  if (refused > 0) {
    fixes.push(
      `It refused spans for good, and does not get them again: ${deadLetters}, and its older ` +
        '.dead.1.jsonl when there is one, have the HTTP status and where they are (source ' +
        'ledger: index of the record, which the ledger keeps). A letter with status 200 names a ' +
        'request that it took a part of: of its indexes at most `spans` were refused. Correct ' +
        `the sink, ${toldBy(type)} or its headers; then move these files away.`,
    )
  }
  if (retries > 0 && !stopped) fixes.push(`Check that it is there and ${speaks[type]}. ${waits}`)
  if (lost > 0) {
    fixes.push(
      'A log that was cut, as by a restore from a backup: ask who runs it, and keep what ' +
        '`grantlog receipts` says. To send all again, stop this receiver, remove ' +
        `queue/${name}.offset, and start: the core takes each record once.`,
    )
  }
  return fixes
}

function checkSink(sink: SinkAnswer, deadLetters: string): Check {
  const { forwarded, lag, lost = 0, name, reason = '', refused, retries, stopped } = sink
  const waiting = lag.commits + lag.logs + lag.passThrough
  const counts = `sink ${name}: ${forwarded} forwarded, ${waiting} waiting, ${refused} refused`
  const fixes = fixesOf(sink, deadLetters)
  if (fixes.length === 0) return { code: 'SINK', status: 'ok', what: counts }
  const why = reason === '' ? '' : ` (${reason})`
  const state = stopped ? ', given up' : retries > 0 ? `, ${retries} failed tries${why}` : ''
  const gone = lost > 0 ? `, ${lost} signed for by the core and there no more` : ''
  const status = stopped || lost > 0 ? 'broken' : 'weak'
  return { code: 'SINK', status, what: counts + state + gone, fix: fixes.join(' ') }
}
