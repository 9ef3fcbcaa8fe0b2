import { expect, test } from '@jest/globals'
import { MAX_METRIC_SERIES, MAX_METRIC_TENANTS } from '../limits.ts'
import type { Reading } from './readings.ts'
import { type Series, seriesOf, tenantLabels } from './series.ts'
import type { ReadMetric } from './table.ts'

const tenants = (count: number): string[] => Array.from({ length: count }, (_, at) => `t${at}`)
const ofEach = (name: ReadMetric, values: readonly number[]): Reading[] =>
  values.map((value, at) => [name, value, undefined, `t${at}`])
const told = (readings: readonly Reading[], labels = tenantLabels()): Series[] => [
  ...seriesOf(readings, labels),
]
/** Of as many tenants as have names. */
const ofNamed = (value: number): number[] => tenants(MAX_METRIC_TENANTS).map(() => value)
const whose = ({ attributes }: Series): string => attributes['grantlog.tenant'] ?? ''

test('as many tenants as the limit have their names, one more has none', () => {
  const requests = (values: readonly number[]): Series[] =>
    told(ofEach('grantlog.receiver.requests', values))
  expect(requests(ofNamed(2)).map(whose)).toEqual(tenants(MAX_METRIC_TENANTS))
  expect(
    requests([...ofNamed(2), 2])
      .map(whose)
      .at(-1),
  ).toBe('_OTHER')
  const beyond = requests([...ofNamed(2), 2, 2])
  expect(beyond.map(whose)).toEqual([...tenants(MAX_METRIC_TENANTS), '_OTHER'])
  expect(beyond.at(-1)!.value).toBe(4)
})

test('who has a name keeps it, whoever is told of first', () => {
  const labels = tenantLabels()
  const names = tenants(MAX_METRIC_TENANTS + 1)
  names.forEach(labels)
  expect(names.toReversed().map(labels)).toEqual(['_OTHER', ...names.slice(0, -1).toReversed()])
})

test('the main ledger has no tenant, and takes no name from one', () => {
  const readings: Reading[] = [['grantlog.receiver.requests', 7]]
  readings.push(...ofEach('grantlog.receiver.requests', ofNamed(1)))
  const [main, ...others] = told(readings)
  expect(main).toEqual({ name: 'grantlog.receiver.requests', value: 7, attributes: {} })
  expect(others.map(whose)).not.toContain('_OTHER')
})

test.each([
  ['grantlog.receiver.queue.size', 5],
  ['grantlog.receiver.checkpoint.delay', 3],
  ['grantlog.receiver.ready', 2],
  ['grantlog.receiver.disk.free', 2],
  ['grantlog.receiver.spans.received', 5],
] as const)('%s of those without a name: %d', (name, wanted) => {
  const values = [...ofNamed(0), 2, 3]
  expect(told(ofEach(name, values)).at(-1)!.value).toBe(wanted)
})

test('series of a metric are bounded, and their sum lacks nothing', () => {
  const name = 'grantlog.receiver.sink.spans.forwarded'
  const sinks = (count: number): Reading[] =>
    Array.from({ length: count }, (_, at) => [name, 1, `s${at}`, at % 2 ? 'a' : undefined])
  expect(told(sinks(MAX_METRIC_SERIES))).toHaveLength(MAX_METRIC_SERIES)
  const beyond = told(sinks(MAX_METRIC_SERIES + 5))
  expect(beyond).toHaveLength(MAX_METRIC_SERIES + 2)
  expect(beyond.slice(-2)).toEqual([
    { name, value: 3, attributes: { 'grantlog.sink': '_OTHER' } },
    { name, value: 2, attributes: { 'grantlog.sink': '_OTHER', 'grantlog.tenant': 'a' } },
  ])
})
