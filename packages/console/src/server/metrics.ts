// What the console itself knows, of the index and of verifications, for a Prometheus that comes
// by; the receiver tells of itself in the same scrape (packages/receiver/METRICS.md). Unknown
// is left out: a 0 would be taken for a number. No label is about a person or a record. See
// metrics.test.ts and test/peers/console.test.ts.
import type { Reading } from '@grantlog/query'
import { Gauge, Registry } from 'prom-client'
import type { Run } from '../api/integrity.ts'
import { publishedOrNull } from './published.ts'
import { statusSchema, toldBy } from './receiver-status.ts'
import type { Runs } from './runs.ts'

/** One number, or one for each value of a label. */
type Value = number | ReadonlyMap<string, number>

interface Metric<T> {
  readonly name: string
  readonly help: string
  readonly label?: string
  /** Null: not known. */
  readonly of: (from: T) => Value | null
}

export interface MetricsSource {
  readonly reading: Reading
  readonly runs: Runs
  readonly receiverStatus: () => Promise<unknown>
  readonly version: string
}

/** Text of the Prometheus exposition format, and its content type. */
export async function metricsOf(
  source: MetricsSource,
): Promise<{ readonly text: string; readonly type: string }> {
  const registry = new Registry()
  const told = await toldBy(source.receiverStatus, statusSchema)
  register(registry, ofConsole, source)
  register(registry, [receiverUp], told)
  const { ended, standing } = source.runs
  const endedAt = ended?.endedAt ?? null
  if (ended !== null && endedAt !== null) {
    register(registry, ofLog, standing?.state === 'failed' ? standing : ended)
    register(registry, ofRun, { ...ended, endedAt })
  }
  return { text: await registry.metrics(), type: registry.contentType }
}

function register<T>(registry: Registry, metrics: readonly Metric<T>[], from: T): void {
  for (const { help, label, name, of } of metrics) {
    const value = of(from)
    if (value === null) continue
    const labelNames = label === undefined ? [] : [label]
    const options = { name, help, labelNames, registers: [registry] }
    const metric = new Gauge(options)
    if (typeof value === 'number') metric.inc(value)
    else {
      for (const [of, number] of value) metric.inc({ [label ?? '']: of }, number)
    }
  }
}

const ofConsole: readonly Metric<MetricsSource>[] = [
  {
    name: 'grantlog_build_info',
    help: 'The version of this console.',
    label: 'version',
    of: ({ version }) => new Map([[version, 1]]),
  },
  {
    name: 'grantlog_log_published_leaves',
    help: 'Leaves under the published checkpoint: the size of the tree.',
    of: ({ reading }) => publishedOrNull(reading.reader),
  },
  {
    name: 'grantlog_index_records',
    help: 'Records in the search index.',
    of: ({ reading }) => reading.index.rows,
  },
  {
    name: 'grantlog_index_bytes',
    help: 'Size of the search index on disk.',
    of: ({ reading }) => reading.index.bytes,
  },
  {
    name: 'grantlog_index_lag_commits',
    help: 'Commits of the log that are not in the search index yet.',
    of: ({ reading }) => reading.behind,
  },
  {
    name: 'grantlog_newest_record_timestamp_seconds',
    help: 'When the newest record of the search index was received.',
    of: ({ reading }) => (reading.index.last ? reading.index.last.toMs / 1_000 : null),
  },
  {
    name: 'grantlog_verification_running',
    help: 'Whether the log is being verified.',
    of: ({ runs }) => Number(runs.last?.state === 'running'),
  },
]

/** One that failed counts until as much has passed. */
const ofLog: readonly Metric<Run>[] = [
  {
    name: 'grantlog_verification_success',
    help: 'Whether the last verification ended, and none found what no other has refuted.',
    of: ({ state }) => Number(state === 'passed'),
  },
  {
    name: 'grantlog_verification_findings',
    help: 'Findings of the last verification, or of one before that stand.',
    of: ({ findingsTotal }) => findingsTotal,
  },
]

const ofRun: readonly Metric<Run & { readonly endedAt: number }>[] = [
  {
    name: 'grantlog_verification_leaves',
    help: 'Leaves that the last verification looked at.',
    of: ({ done }) => done,
  },
  {
    name: 'grantlog_verification_end_timestamp_seconds',
    help: 'When the last verification ended.',
    of: ({ endedAt }) => endedAt / 1_000,
  },
  {
    name: 'grantlog_verification_duration_seconds',
    help: 'How long the last verification took.',
    of: ({ endedAt, startedAt }) => (endedAt - startedAt) / 1_000,
  },
]

const receiverUp: Metric<object | null> = {
  name: 'grantlog_receiver_up',
  help: 'Whether the receiver that writes this log says how it is.',
  of: (told) => Number(told !== null),
}
