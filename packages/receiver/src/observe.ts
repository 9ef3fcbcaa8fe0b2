// What the receiver tells of itself at any time, put together: its metrics, from what the parts
// know. See metrics/table.ts for all of them.
import type { ReceiverCode } from './codes.ts'
import type { SinkStatus } from './forward/sink-options.ts'
import { type LogPlace, watchDelays } from './metrics/delays.ts'
import type { Metrics } from './metrics/metrics.ts'
import { watchProcess } from './metrics/process.ts'
import { readingsOf } from './metrics/readings.ts'
import type { ReceiverStatus, Settled } from './options.ts'
import type { Edge } from './receive/edge.ts'
import type { StreamAccounts } from './status/streams.ts'

export interface ObserveOptions {
  readonly settled: Settled
  readonly metrics: Metrics
  readonly status: () => ReceiverStatus
  readonly sinks: () => readonly Pick<SinkStatus, 'lag'>[]
  readonly accounts: Pick<StreamAccounts, 'summary'>
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
  { accounts, metrics, settled, sinks, status }: ObserveOptions,
  started: AsyncDisposableStack,
): Observation {
  const { boundedLog, certificates, furtherMetrics, ledger, limits, now, uptimeMs } = settled
  const refusedRequests = new Map<ReceiverCode, number>()
  const place = (): LogPlace => {
    const { nextFrame, published, size } = ledger
    const behind = Math.max(0, ...sinks().map(({ lag }) => lag.commits))
    return { nextFrame, published, size, behind }
  }
  const delays = watchDelays(place, uptimeMs)
  const process = watchProcess(uptimeMs)
  const looks = setInterval(() => {
    delays.look()
    process.look()
    boundedLog.look()
  }, limits.lookMs)
  delays.look()
  started.defer(() => {
    clearInterval(looks)
    process.close()
  })
  metrics.readFrom(async () =>
    readingsOf({
      status: status(),
      streams: await accounts.summary(),
      delays,
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
