// What the receiver tells of itself at any time, put together: its metrics, from what the parts
// know. See metrics/table.ts for all of them.
import type { ReceiverCode } from './codes.ts'
import { type ObservedLedger, watchLedgers } from './metrics/ledgers.ts'
import type { Metrics } from './metrics/metrics.ts'
import { watchProcess } from './metrics/process.ts'
import { type CertificateStatus, readingsOf } from './metrics/readings.ts'
import type { ReceiverStatus, Settled } from './options.ts'
import type { Edge } from './receive/edge.ts'

export interface ObserveOptions {
  readonly settled: Settled
  readonly metrics: Metrics
  readonly status: () => ReceiverStatus
  /** The main one, then those of tenants. */
  readonly ledgers: () => readonly ObservedLedger[]
  /** When the certificates of the ports end. */
  readonly certificates: () => readonly CertificateStatus[]
}

export interface Observation {
  /** A request was answered with this code. */
  refused(code: ReceiverCode): void
  /** The same, with a watch on how long each takes. */
  timed(onExport: Edge['onExport']): Edge['onExport']
  /** Metrics in the text format of Prometheus: ours, then those of the program around us. */
  text(): Promise<string>
}

export function observe(
  { certificates, ledgers, metrics, settled, status }: ObserveOptions,
  started: AsyncDisposableStack,
): Observation {
  const { boundedLog, furtherMetrics, limits, now, uptimeMs } = settled
  const refusedRequests = new Map<ReceiverCode, number>()
  const watch = watchLedgers(ledgers, uptimeMs)
  const process = watchProcess({ uptimeMs, everyMs: limits.lookMs })
  const looks = setInterval(() => {
    watch.look()
    process.look()
    boundedLog.look()
  }, limits.lookMs)
  watch.look()
  started.defer(() => {
    clearInterval(looks)
    process.close()
  })
  metrics.readFrom(async () =>
    readingsOf({
      status: status(),
      ledgers: await watch.read(),
      process: process.status,
      certificates: certificates(),
      refusedRequests,
      suppressedLines: boundedLog.suppressed,
      now: now(),
    }),
  )
  return {
    refused: (code) => void refusedRequests.set(code, (refusedRequests.get(code) ?? 0) + 1),
    timed: (onExport) => async (request) => {
      const begun = performance.now()
      const answer = await onExport(request)
      metrics.acknowledged((performance.now() - begun) / 1_000)
      return answer
    },
    async text() {
      const [own, further] = await Promise.all([metrics.text(), furtherMetrics?.() ?? ''])
      return `${own}\n${further}`
    },
  }
}
