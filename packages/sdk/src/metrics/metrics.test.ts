import { afterEach, expect, test } from '@jest/globals'
import { metrics } from '@opentelemetry/api'
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics'
import type { Counts } from '../counts.ts'
import { createOwnMetrics } from './metrics.ts'

afterEach(() => metrics.disable())

const counts: Counts = {
  ...{ emitted: 10, exported: 6, dropped: 1, missing: 3, queued: 2 },
  ...{ spoolBytes: 4_096, skewMs: -1_500 },
}

function setProvider() {
  const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const reader = new PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 })
  const provider = new MeterProvider({ readers: [reader] })
  metrics.setGlobalMeterProvider(provider)
  return async (): Promise<Record<string, unknown>> => {
    exporter.reset()
    await provider.forceFlush()
    const all = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics)
    const own = all.flatMap(({ metrics: of }) => of)
    return Object.fromEntries(
      own.map(({ dataPoints, descriptor }) => [
        descriptor.name,
        descriptor.name === 'audit.export.duration'
          ? dataPoints.map(({ value }) => (value as { count: number }).count)
          : dataPoints[0]?.value,
      ]),
    )
  }
}

const read = {
  ...{ 'audit.records.emitted': 10, 'audit.records.exported': 6, 'audit.records.dropped': 1 },
  ...{ 'audit.receipts.missing': 3, 'audit.queue.depth': 2, 'audit.spool.size': 4_096 },
  'audit.clock.skew': -1.5,
}

test('whoever provides meters, and since when, gets what there is', async () => {
  const own = createOwnMetrics(() => counts)
  own.exported(0.1, 'done')
  const told = setProvider()
  expect(await told()).toEqual({})
  own.exported(0.2, 'again')
  own.exported(0.3, 'done')
  expect(await told()).toEqual({ ...read, 'audit.export.duration': [1, 1] })
  metrics.disable()
  const next = setProvider()
  own.exported(0.1, 'done')
  expect(await next()).toEqual({ ...read, 'audit.export.duration': [1] })
  own.stop()
})

test('the one before gets nothing more, and after the end nobody', async () => {
  const own = createOwnMetrics(() => counts)
  const first = setProvider()
  own.exported(0.1, 'done')
  metrics.disable()
  const second = setProvider()
  own.exported(0.1, 'done')
  expect(await first()).toEqual({ 'audit.export.duration': [1] })
  own.stop()
  own.exported(1, 'done')
  expect(await second()).toEqual({ 'audit.export.duration': [1] })
})

test('what is not known is left out', async () => {
  const own = createOwnMetrics(() => ({ ...counts, missing: null, skewMs: null }))
  const told = setProvider()
  own.exported(0.1, 'done')
  const { 'audit.receipts.missing': _, 'audit.clock.skew': __, ...known } = read
  expect(await told()).toEqual({ ...known, 'audit.export.duration': [1] })
})

test('a provider that fails costs nothing but the metrics', () => {
  const fail = (): never => {
    throw new Error('of somebody')
  }
  const own = createOwnMetrics(() => counts)
  metrics.setGlobalMeterProvider({ getMeter: fail })
  expect(() => own.exported(1, 'done')).not.toThrow()
  expect(() => own.exported(1, 'done')).not.toThrow()
  expect(() => own.stop()).not.toThrow()
})

test('nothing is registered', () => {
  const before = metrics.getMeterProvider()
  createOwnMetrics(() => counts).exported(0.1, 'done')
  expect(metrics.getMeterProvider()).toBe(before)
})
