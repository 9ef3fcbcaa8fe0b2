// Which series there are, however many tenants, sinks and codes: what is beyond a limit is told
// as OTHER, so that no sum lacks anything. See series.test.ts.
import { MAX_METRIC_SERIES, MAX_METRIC_TENANTS } from '../limits.ts'
import type { Reading } from './readings.ts'
import {
  type MetricDescription,
  METRICS,
  OTHER,
  type ReadMetric,
  TENANT_ATTRIBUTE,
} from './table.ts'

/** One value for each metric and attributes. */
export interface Series {
  readonly name: ReadMetric
  readonly value: number
  readonly attributes: Readonly<Record<string, string>>
}

/** What a tenant is called in metrics: the first MAX_METRIC_TENANTS by their names, ever after. */
export type TenantLabels = (tenant: string) => string

export function tenantLabels(): TenantLabels {
  const named = new Set<string>()
  return (tenant) => {
    if (named.size < MAX_METRIC_TENANTS) named.add(tenant)
    return named.has(tenant) ? tenant : OTHER
  }
}

/** At most MAX_METRIC_SERIES of a metric, and one more for each tenant that is named. */
export function seriesOf(readings: Iterable<Reading>, labelOf: TenantLabels): Iterable<Series> {
  const all = new Map<string, Series>()
  const counts = new Map<ReadMetric, number>()
  for (const [name, value, attribute, tenant] of readings) {
    const label = tenant === undefined ? undefined : labelOf(tenant)
    const count = counts.get(name) ?? 0
    let key = keyOf(name, attribute, label)
    let told = attribute
    if (!all.has(key) && count >= MAX_METRIC_SERIES && attribute !== undefined) {
      told = OTHER
      key = keyOf(name, told, label)
    }
    const before = all.get(key)
    if (before === undefined) counts.set(name, count + 1)
    const merged = before === undefined ? value : merge(name, before.value, value)
    all.set(key, { name, value: merged, attributes: attributesOf(name, told, label) })
  }
  return all.values()
}

function keyOf(name: string, attribute = '', label = ''): string {
  return `${name}\n${label}\n${attribute}`
}

function merge(name: ReadMetric, a: number, b: number): number {
  const { merged }: MetricDescription = METRICS[name]
  return merged === undefined ? a + b : Math[merged](a, b)
}

function attributesOf(
  name: ReadMetric,
  value: string | undefined,
  tenant: string | undefined,
): Record<string, string> {
  const { attribute }: MetricDescription = METRICS[name]
  return {
    ...(attribute !== undefined && value !== undefined && { [attribute[0]]: value }),
    ...(tenant !== undefined && { [TENANT_ATTRIBUTE]: tenant }),
  }
}
