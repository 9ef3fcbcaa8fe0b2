// What the metrics say, read off the status that /readyz tells too. Pure. See metrics.test.ts.
import type { ReceiverStatus, TenantStatus } from '../options.ts'
import type { ProcessStatus } from './process.ts'
import type { ReadMetric } from './table.ts'

/** A number, the value of the metric's attribute, if it has one, and whose ledger it is of. */
export type Reading = readonly [
  name: ReadMetric,
  value: number,
  attribute?: string | undefined,
  tenant?: string | undefined,
]

/** What is told in seconds because somebody watches it. */
export interface Delays {
  readonly checkpointS: number
  /** Age of the oldest of the last so many commits. */
  readonly behindS: (commits: number) => number
}

/** When a certificate ends. */
export interface CertificateStatus {
  readonly name: string
  /** Unix milliseconds. */
  readonly validUntil: number
}

export interface StreamSums {
  readonly open: number
  readonly silent: number
  readonly closed: number
  readonly unclosed: number
  readonly missingWhy: Readonly<Record<'dropped' | 'refused' | 'onTheWay' | 'unknown', number>>
}

/** One ledger, with what leads to it and from it. */
export interface ReadableLedger {
  /** Undefined: the main one. */
  readonly tenant: string | undefined
  readonly status: TenantStatus
  /** Null: nobody could tell. */
  readonly streams: StreamSums | null
  readonly delays: Delays
}

export interface Readable {
  readonly status: Pick<ReceiverStatus, 'access' | 'clock' | 'connections' | 'inFlightBytes'>
  readonly ledgers: readonly ReadableLedger[]
  readonly process: ProcessStatus
  readonly certificates: readonly CertificateStatus[]
  readonly refusedRequests: ReadonlyMap<string, number>
  readonly suppressedLines: number
  /** Unix milliseconds. */
  readonly now: number
}

/** All of them. What is not known yet is left out: a 0 would be taken for one. */
export function* readingsOf(from: Readable): Generator<Reading, void, void> {
  const { certificates, ledgers, now, refusedRequests, status } = from
  for (const ledger of ledgers) {
    const { tenant } = ledger
    for (const [name, value, attribute] of ofLedger(ledger)) yield [name, value, attribute, tenant]
  }
  for (const [code, count] of refusedRequests) {
    yield ['grantlog.receiver.requests.refused', count, code]
  }
  yield ['grantlog.receiver.callers.refused', status.access.refused]
  yield ['grantlog.receiver.connections.open', status.connections.open]
  yield ['grantlog.receiver.connections.refused', status.connections.refused]
  yield ['grantlog.receiver.in_flight.size', status.inFlightBytes]
  yield ['grantlog.receiver.clock.jumps', status.clock.jumps]
  for (const { name, validUntil } of certificates) {
    yield ['grantlog.receiver.certificate.validity', (validUntil - now) / 1_000, name]
  }
  yield ['grantlog.receiver.log.suppressed', from.suppressedLines]
  yield* ofProcess(from.process)
}

function* ofLedger({ delays, status, streams }: ReadableLedger): Generator<Reading, void, void> {
  yield ['grantlog.receiver.ready', Number(status.ready)]
  yield ['grantlog.receiver.requests', status.requests]
  const { disk, inFlight, rate } = status.limited
  yield ['grantlog.receiver.requests.limited', disk + inFlight + rate]
  yield* spans(status)
  yield* otherSignals(status)
  yield ['grantlog.receiver.log.committed', status.size]
  yield ['grantlog.receiver.log.sealed', status.published]
  yield ['grantlog.receiver.checkpoint.delay', delays.checkpointS]
  for (const one of status.sinks) yield* sink(one, delays)
  if (streams !== null) yield* ofStreams(streams)
  yield ['grantlog.receiver.streams.broken', status.chainsBroken]
  yield* quarantine(status)
  yield* disks(status)
}

function* spans(status: TenantStatus): Generator<Reading, void, void> {
  yield ['grantlog.receiver.spans.received', status.received]
  yield ['grantlog.receiver.spans.committed', status.committed]
  yield ['grantlog.receiver.spans.duplicate', status.duplicates]
  for (const [code, count] of Object.entries(status.refused)) {
    yield ['grantlog.receiver.spans.refused', count, code]
  }
  yield ['grantlog.receiver.spans.passed_through', status.passedThrough]
  yield ['grantlog.receiver.spans.discarded', status.discarded]
}

function* otherSignals({ logs, metrics }: TenantStatus): Generator<Reading, void, void> {
  yield ['grantlog.receiver.log_records.committed', logs.committed]
  yield ['grantlog.receiver.log_records.duplicate', logs.duplicates]
  yield ['grantlog.receiver.log_records.refused', logs.refused]
  yield ['grantlog.receiver.log_records.passed_through', logs.passedThrough]
  yield ['grantlog.receiver.log_records.discarded', logs.discarded]
  yield ['grantlog.receiver.data_points.passed_through', metrics.passedThrough]
  yield ['grantlog.receiver.data_points.discarded', metrics.discarded]
}

function* sink(
  { forwarded, held, lag, lost, name, refused, retries, stopped }: TenantStatus['sinks'][number],
  delays: Delays,
): Generator<Reading, void, void> {
  yield ['grantlog.receiver.sink.spans.forwarded', forwarded, name]
  yield ['grantlog.receiver.sink.spans.refused', refused, name]
  yield ['grantlog.receiver.sink.held', held, name]
  yield ['grantlog.receiver.sink.lost', lost, name]
  yield ['grantlog.receiver.sink.failures', retries, name]
  yield ['grantlog.receiver.sink.stopped', Number(stopped), name]
  yield ['grantlog.receiver.sink.lag', lag.commits, name]
  yield ['grantlog.receiver.sink.lag.age', delays.behindS(lag.commits), name]
  yield ['grantlog.receiver.sink.lag.logs', lag.logs, name]
  yield ['grantlog.receiver.sink.lag.passed_through', lag.passThrough, name]
}

function* ofStreams(streams: StreamSums): Generator<Reading, void, void> {
  const { closed, missingWhy, open, silent, unclosed } = streams
  for (const [state, count] of Object.entries({ open, silent, closed, unclosed })) {
    yield ['grantlog.receiver.streams', count, state]
  }
  const { onTheWay: on_the_way, ...reasons } = missingWhy
  for (const [reason, count] of Object.entries({ ...reasons, on_the_way })) {
    yield ['grantlog.receiver.streams.missing', count, reason]
  }
}

function* quarantine({ quarantine }: TenantStatus): Generator<Reading, void, void> {
  yield ['grantlog.receiver.quarantine.entries', quarantine.entries]
  yield ['grantlog.receiver.quarantine.size', quarantine.bytes]
  yield ['grantlog.receiver.quarantine.not_kept', quarantine.notKept]
  yield ['grantlog.receiver.quarantine.released', quarantine.released]
}

function* disks(status: TenantStatus): Generator<Reading, void, void> {
  const { disk, diskBytes, diskQuotaBytes, queueBytes } = status
  yield ['grantlog.receiver.queue.size', queueBytes]
  if (disk !== null) {
    yield ['grantlog.receiver.disk.utilization', disk.usedPercent / 100]
    yield ['grantlog.receiver.disk.free', disk.freeBytes]
  }
  if (diskBytes === null || diskQuotaBytes === null) return
  yield ['grantlog.receiver.disk.usage', diskBytes]
  yield ['grantlog.receiver.disk.quota', diskQuotaBytes]
}

function* ofProcess(process: ProcessStatus): Generator<Reading, void, void> {
  yield ['nodejs.eventloop.delay.p99', process.loopDelayP99S]
  yield ['nodejs.eventloop.delay.max', process.loopDelayMaxS]
  yield ['process.cpu.time', process.cpuUserS, 'user']
  yield ['process.cpu.time', process.cpuSystemS, 'system']
  yield ['process.memory.usage', process.residentBytes]
  yield ['v8js.memory.heap.used', process.heapBytes]
  yield ['process.uptime', process.uptimeS]
}
