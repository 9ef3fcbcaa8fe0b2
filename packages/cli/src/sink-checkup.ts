// The checks of `grantlog doctor` on what a receiver forwards: what waits, what a sink will never
// get, and where that is noted. See sink-checkup.test.ts.
import { join } from 'node:path'
import type { Folders } from '@grantlog/ledger'
import { LIMITS, type ReceiverStatus } from '@grantlog/receiver'
import type { Check } from './check.ts'

/** /readyz. An older receiver does not count what it discards. */
export type StatusAnswer = Omit<ReceiverStatus, 'discarded'> & { readonly discarded?: number }

const queueGiB = LIMITS.queueBytes / 1024 ** 3
const waits =
  `Sealed records wait in the ledger; other spans wait in the queue, up to ${queueGiB} GiB, ` +
  'then the oldest are dropped.'

/** Spans that are no audit records and went nowhere. */
export function checkDiscarded({ discarded = 0, sinks }: StatusAnswer): Check[] {
  if (discarded === 0) return []
  const what = `${discarded} spans that are no audit records were discarded`
  const fix =
    sinks.length === 0
      ? 'The receiver keeps only audit records: name where others go with --forward.'
      : 'See the log of the receiver for why.'
  return [{ code: 'DISCARDED', status: 'weak', what, fix }]
}

/** Each sink, and what it refused for good. */
export function checkSinks({ sinks }: StatusAnswer, { queue }: Pick<Folders, 'queue'>): Check[] {
  return sinks.map((sink) => checkSink(sink, join(queue, `${sink.name}.dead.jsonl`)))
}

function checkSink(sink: StatusAnswer['sinks'][number], deadLetters: string): Check {
  const { forwarded, lag, name, refused, retries, stopped } = sink
  const waiting = lag.commits + lag.passThrough
  const counts = `sink ${name}: ${forwarded} forwarded, ${waiting} waiting, ${refused} refused`
  const fixes: string[] = []
  if (stopped) fixes.push(`See its SINK_STOPPED in the receiver's log, restart. ${waits}`)
  if (refused > 0) {
    fixes.push(
      `It refused spans for good, and does not get them again: ${deadLetters} has the HTTP ` +
        'status and where they are (source ledger: index of the record, which the ledger keeps). ' +
        'Correct the sink, --forward or its headers; then move that file away.',
    )
  }
  if (retries > 0 && !stopped) fixes.push(`Check that it runs and takes OTLP/HTTP. ${waits}`)
  if (fixes.length === 0) return { code: 'SINK', status: 'ok', what: counts }
  const state = stopped ? ', given up' : retries > 0 ? `, ${retries} failed tries` : ''
  const status = stopped ? 'broken' : 'weak'
  return { code: 'SINK', status, what: counts + state, fix: fixes.join(' ') }
}
