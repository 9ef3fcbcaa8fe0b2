// What the Health and Integrity pages know, for a Prometheus that comes by. What is not known is
// left out, because a counter that fell to 0 would look like a receiver that began anew. No label
// is about a person or a record, and each has few values. See metrics.test.ts and
// test/peers/console.test.ts.
import { z } from '@hono/zod-openapi'
import type { Reading } from '@grantlog/query'
import { Counter, Gauge, Registry } from 'prom-client'
import type { Run } from '../api/integrity.ts'
import { MAX_LABEL_CHARS, MAX_METRIC_SERIES } from './limits.ts'
import { publishedOrNull } from './published.ts'
import { statusSchema, toldBy } from './receiver-status.ts'
import type { Runs } from './runs.ts'

const count = z.number().catch(0)

const toldSchema = statusSchema.extend({
  streams: z
    .object({
      ...{ open: z.number(), silent: z.number(), closed: z.number(), unclosed: z.number() },
      missingWhy: z.object({ dropped: count, refused: count, onTheWay: count, unknown: count }),
    })
    .nullable()
    .catch(null),
})

type Told = z.infer<typeof toldSchema>
type Sink = Told['sinks'][number]

/** One number, or one for each value of a label. */
type Value = number | ReadonlyMap<string, number>

/** Counters have names that end in `_total`; all others are gauges. */
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
  const told = await toldBy(source.receiverStatus, toldSchema)
  register(registry, ofConsole, source)
  register(registry, [receiverUp], told)
  if (told !== null) register(registry, ofReceiver, told)
  const { ended } = source.runs
  const endedAt = ended?.endedAt ?? null
  if (ended !== null && endedAt !== null) register(registry, ofRun, { ...ended, endedAt })
  return { text: await registry.metrics(), type: registry.contentType }
}

function register<T>(registry: Registry, metrics: readonly Metric<T>[], from: T): void {
  for (const { help, label, name, of } of metrics) {
    const value = of(from)
    if (value === null) continue
    const labelNames = label === undefined ? [] : [label]
    const options = { name, help, labelNames, registers: [registry] }
    const metric = name.endsWith('_total') ? new Counter(options) : new Gauge(options)
    if (typeof value === 'number') metric.inc(value)
    else {
      for (const [of, number] of [...value].slice(0, MAX_METRIC_SERIES)) {
        metric.inc({ [label ?? '']: of.slice(0, MAX_LABEL_CHARS) }, number)
      }
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

const ofRun: readonly Metric<Run & { readonly endedAt: number }>[] = [
  {
    name: 'grantlog_verification_success',
    help: 'Whether the last verification came to its end and found nothing wrong.',
    of: ({ state }) => Number(state === 'passed'),
  },
  {
    name: 'grantlog_verification_findings',
    help: 'Findings of the last verification.',
    of: ({ findingsTotal }) => findingsTotal,
  },
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

const receiverUp: Metric<Told | null> = {
  name: 'grantlog_receiver_up',
  help: 'Whether the receiver that writes this log says how it is.',
  of: (told) => Number(told !== null),
}

const ofReceiver: readonly Metric<Told>[] = [
  {
    name: 'grantlog_receiver_ready',
    help: 'Whether the receiver takes records.',
    of: ({ ready }) => Number(ready),
  },
  {
    name: 'grantlog_spans_received_total',
    help: 'Audit spans judged since the start of the receiver, however often each came.',
    of: ({ received }) => received,
  },
  {
    name: 'grantlog_span_verdicts_total',
    help: 'Audit spans by what the receiver judged, since its start.',
    label: 'verdict',
    of: ({ committed, duplicates, refused }) =>
      named({ committed, duplicate: duplicates, refused: sum(Object.values(refused)) }),
  },
  {
    name: 'grantlog_spans_refused_total',
    help: 'Audit spans refused, by the code of the reason, since the start of the receiver.',
    label: 'code',
    of: ({ refused }) => named(refused),
  },
  {
    name: 'grantlog_spans_passed_through_total',
    help: 'Spans that are not audit, taken for the sinks since the start of the receiver.',
    of: ({ passedThrough }) => passedThrough,
  },
  {
    name: 'grantlog_log_committed_leaves',
    help: 'Leaves of the log, those that are not under a checkpoint yet included.',
    of: ({ size }) => size,
  },
  {
    name: 'grantlog_in_flight_bytes',
    help: 'Request bodies that the receiver works on.',
    of: ({ inFlightBytes }) => inFlightBytes,
  },
  {
    name: 'grantlog_queue_bytes',
    help: 'Size on disk of the queue of spans that are not audit.',
    of: ({ queueBytes }) => queueBytes,
  },
  {
    name: 'grantlog_quarantined_spans',
    help: 'Refused spans that are set aside for a look.',
    of: ({ quarantine }) => sum(Object.values(quarantine.spans)),
  },
  {
    name: 'grantlog_streams',
    help: 'Streams of producers, by state.',
    label: 'state',
    of: ({ streams }) => {
      if (streams === null) return null
      const { closed, open, silent, unclosed } = streams
      return named({ open, silent, closed, unclosed })
    },
  },
  {
    name: 'grantlog_streams_missing_records',
    help: 'Numbers of streams for which there is no record, by why it is missing.',
    label: 'why',
    of: ({ streams }) => {
      if (streams === null) return null
      const { dropped, onTheWay, refused, unknown } = streams.missingWhy
      return named({ dropped, refused, on_the_way: onTheWay, unknown })
    },
  },
  ofSinks('up', 'Whether the last attempt went well.', ({ retries, stopped }) =>
    Number(retries === 0 && !stopped),
  ),
  ofSinks(
    'forwarded_spans_total',
    'Spans that a sink took since the start of the receiver.',
    ({ forwarded }) => forwarded,
  ),
  ofSinks(
    'refused_spans_total',
    'Spans that a sink refused for good since the start of the receiver.',
    ({ refused }) => refused,
  ),
  ofSinks('failed_attempts', 'Attempts that failed in a row.', ({ retries }) => retries),
  ofSinks('lag_commits', 'Commits that a sink has not got yet.', ({ lag }) => lag.commits),
  ofSinks(
    'lag_pass_through_frames',
    'Frames of the queue of other spans that a sink has not got yet.',
    ({ lag }) => lag.passThrough,
  ),
  {
    name: 'grantlog_disk_free_bytes',
    help: 'Free space on the fullest disk of the data folder.',
    of: ({ disk }) => disk && disk.freeBytes,
  },
  {
    name: 'grantlog_clock_jumps_total',
    help: 'How often the clock was set by more than a second since the start of the receiver.',
    of: ({ clock }) => clock.jumps ?? 0,
  },
]

function ofSinks(name: string, help: string, of: (sink: Sink) => number): Metric<Told> {
  const byName = ({ sinks }: Told): Value => new Map(sinks.map((sink) => [sink.name, of(sink)]))
  return { name: `grantlog_sink_${name}`, help, label: 'sink', of: byName }
}

function named(numbers: Readonly<Record<string, number>>): ReadonlyMap<string, number> {
  return new Map(Object.entries(numbers))
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, one) => total + one, 0)
}
