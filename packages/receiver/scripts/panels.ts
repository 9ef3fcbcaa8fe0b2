// What stands on the dashboard (dashboard.ts), in the order in which somebody asks: is all well,
// what comes in, is it safe, where does it go, what is missing, and whose is it.
import { prometheusName } from '../src/metrics/prometheus-name.ts'
import { type MetricDescription, type MetricName, METRICS } from '../src/metrics/table.ts'

export interface Query {
  readonly expr: string
  /** Of a series; in a table the name of the column. */
  readonly legend: string
  /** Of a table's column. */
  readonly unit?: string
}

export interface Panel {
  readonly type: 'stat' | 'table' | 'timeseries'
  readonly title: string
  readonly description: string
  /** Grafana's name of it. */
  readonly unit: string
  readonly queries: readonly Query[]
  /** From which value on it is bad, or below which. */
  readonly threshold?: number
  readonly isBadBelow?: boolean
  readonly width: number
  readonly height: number
}

export interface Row {
  readonly title: string
  readonly panels: readonly Panel[]
}

const whose = '{{instance}} {{grantlog_tenant}}'
const ledgers = 'instance, grantlog_tenant'

/** The series of a metric that the choices above the panels leave. */
function of(name: MetricName, matcher = ''): string {
  const { kind, perTenant, unit }: MetricDescription = METRICS[name]
  const suffix = { counter: '_total', gauge: '', histogram: '_bucket' }[kind]
  const chosen = perTenant ? ',grantlog_tenant=~"$tenant"' : ''
  const more = matcher === '' ? '' : `,${matcher}`
  return `${prometheusName(name, unit)}${suffix}{instance=~"$instance"${chosen}${more}}`
}

function rate(name: MetricName, matcher?: string): string {
  return `rate(${of(name, matcher)}[$__rate_interval])`
}

function sumBy(labels: string, expr: string): string {
  return `sum by (${labels}) (${expr})`
}

function quantile(q: number, name: MetricName, labels: string): string {
  return `histogram_quantile(${q}, sum by (le, ${labels}) (${rate(name)}))`
}

function stat(
  title: string,
  [name, unit]: readonly [name: MetricName, unit: string],
  judged: { readonly expr: string; readonly threshold?: number; readonly isBadBelow?: boolean },
): Panel {
  const { expr, ...limits } = judged
  const { description } = METRICS[name]
  const queries = [{ expr, legend: '' }]
  return { type: 'stat', title, description, unit, queries, ...limits, width: 4, height: 4 }
}

/** `series` are expressions with the legends of what they give; what it is of has the words. */
function lines(
  title: string,
  [name, unit]: readonly [name: MetricName, unit: string],
  series: readonly (readonly [expr: string, legend: string])[],
): Panel {
  const { description } = METRICS[name]
  const queries = series.map(([expr, legend]) => ({ expr, legend }))
  return { type: 'timeseries', title, description, unit, queries, width: 8, height: 8 }
}

const health: Row = {
  title: 'Is all well?',
  panels: [
    stat('Ready', ['grantlog.receiver.ready', 'none'], {
      ...{ expr: `min(${of('grantlog.receiver.ready')})`, threshold: 1, isBadBelow: true },
    }),
    stat('Records a second', ['grantlog.receiver.spans.committed', 'short'], {
      expr: `sum(${rate('grantlog.receiver.spans.committed')})`,
    }),
    stat('Acknowledgements, p99', ['grantlog.receiver.acknowledgement.duration', 's'], {
      expr: quantile(0.99, 'grantlog.receiver.acknowledgement.duration', 'instance'),
      threshold: 1,
    }),
    stat('Records missing', ['grantlog.receiver.streams.missing', 'short'], {
      expr: `sum(${of('grantlog.receiver.streams.missing', 'grantlog_missing_reason="unknown"')})`,
      threshold: 1,
    }),
    stat('Checkpoint waits', ['grantlog.receiver.checkpoint.delay', 's'], {
      ...{ expr: `max(${of('grantlog.receiver.checkpoint.delay')})`, threshold: 60 },
    }),
    stat('Fullest disk', ['grantlog.receiver.disk.utilization', 'percentunit'], {
      ...{ expr: `max(${of('grantlog.receiver.disk.utilization')})`, threshold: 0.9 },
    }),
  ],
}

const verdicts = [
  ['grantlog.receiver.spans.committed', 'committed'],
  ['grantlog.receiver.spans.duplicate', 'duplicate'],
  ['grantlog.receiver.spans.passed_through', 'passed through'],
  ['grantlog.receiver.spans.discarded', 'discarded'],
] as const

const others = [
  ['grantlog.receiver.log_records.committed', 'log records committed'],
  ['grantlog.receiver.log_records.refused', 'log records refused'],
  ['grantlog.receiver.log_records.passed_through', 'log records passed through'],
  ['grantlog.receiver.data_points.passed_through', 'data points passed through'],
] as const

const taken: Row = {
  title: 'What comes in, and what becomes of it',
  panels: [
    lines(
      'Requests',
      ['grantlog.receiver.requests', 'reqps'],
      [[sumBy(ledgers, rate('grantlog.receiver.requests')), whose]],
    ),
    lines(
      'Spans by verdict',
      ['grantlog.receiver.spans.received', 'short'],
      [...verdicts.map(([name, word]) => [`sum(${rate(name)})`, word] as const)],
    ),
    lines(
      'Audit spans refused',
      ['grantlog.receiver.spans.refused', 'short'],
      [
        [
          `${sumBy('grantlog_tenant, error_type', rate('grantlog.receiver.spans.refused'))} > 0`,
          '{{error_type}} {{grantlog_tenant}}',
        ],
      ],
    ),
    lines(
      'Requests refused',
      ['grantlog.receiver.requests.refused', 'reqps'],
      [
        [sumBy('error_type', rate('grantlog.receiver.requests.refused')), '{{error_type}}'],
        [`sum(${rate('grantlog.receiver.callers.refused')})`, 'for who sent them'],
      ],
    ),
    lines(
      'Requests beyond a limit',
      ['grantlog.receiver.requests.limited', 'reqps'],
      [[sumBy(ledgers, rate('grantlog.receiver.requests.limited')), whose]],
    ),
    lines(
      'Logs and metrics',
      ['grantlog.receiver.log_records.committed', 'short'],
      [...others.map(([name, word]) => [`sum(${rate(name)})`, word] as const)],
    ),
  ],
}

const safe: Row = {
  title: 'Is it safe?',
  panels: [
    lines(
      'Acknowledgements',
      ['grantlog.receiver.acknowledgement.duration', 's'],
      [
        ...[0.5, 0.99].map((q) => {
          const expr = quantile(q, 'grantlog.receiver.acknowledgement.duration', 'instance')
          return [expr, `p${q * 100} {{instance}}`] as const
        }),
      ],
    ),
    lines(
      'The disk syncs',
      ['grantlog.receiver.journal.sync.duration', 's'],
      [
        ...[0.5, 0.99].map((q) => {
          const expr = quantile(q, 'grantlog.receiver.journal.sync.duration', ledgers)
          return [expr, `p${q * 100} ${whose}`] as const
        }),
      ],
    ),
    lines(
      'Leaves without a checkpoint',
      ['grantlog.receiver.log.sealed', 'short'],
      [[`${of('grantlog.receiver.log.committed')} - ${of('grantlog.receiver.log.sealed')}`, whose]],
    ),
    lines(
      'Checkpoints wait',
      ['grantlog.receiver.checkpoint.delay', 's'],
      [[of('grantlog.receiver.checkpoint.delay'), whose]],
    ),
    lines(
      'Size of the logs',
      ['grantlog.receiver.log.committed', 'short'],
      [[of('grantlog.receiver.log.committed'), whose]],
    ),
    lines(
      'Bodies in flight',
      ['grantlog.receiver.in_flight.size', 'bytes'],
      [[of('grantlog.receiver.in_flight.size'), '{{instance}}']],
    ),
  ],
}

const sinkLegend = '{{grantlog_sink}} {{grantlog_tenant}}'
const ofSinks = 'grantlog_sink, grantlog_tenant'
const sinks: Row = {
  title: 'Where does it go?',
  panels: [
    lines(
      'Sinks are behind',
      ['grantlog.receiver.sink.lag.age', 's'],
      [[of('grantlog.receiver.sink.lag.age'), sinkLegend]],
    ),
    lines(
      'Commits that sinks have not got',
      ['grantlog.receiver.sink.lag', 'short'],
      [
        [of('grantlog.receiver.sink.lag'), sinkLegend],
        [of('grantlog.receiver.sink.lag.passed_through'), `${sinkLegend}, other spans`],
      ],
    ),
    lines(
      'Forwarded',
      ['grantlog.receiver.sink.spans.forwarded', 'short'],
      [[sumBy(ofSinks, rate('grantlog.receiver.sink.spans.forwarded')), sinkLegend]],
    ),
    lines(
      'Failures in a row',
      ['grantlog.receiver.sink.failures', 'short'],
      [
        [of('grantlog.receiver.sink.failures'), sinkLegend],
        [of('grantlog.receiver.sink.stopped'), `${sinkLegend}, given up`],
      ],
    ),
    lines(
      'Refused for good',
      ['grantlog.receiver.sink.spans.refused', 'short'],
      [[sumBy(ofSinks, rate('grantlog.receiver.sink.spans.refused')), sinkLegend]],
    ),
    lines(
      'Queue of other spans',
      ['grantlog.receiver.queue.size', 'bytes'],
      [[of('grantlog.receiver.queue.size'), whose]],
    ),
  ],
}

const missing: Row = {
  title: 'What is missing?',
  panels: [
    lines(
      'Numbers without a record',
      ['grantlog.receiver.streams.missing', 'short'],
      [
        [
          sumBy(
            'grantlog_tenant, grantlog_missing_reason',
            of('grantlog.receiver.streams.missing'),
          ),
          '{{grantlog_missing_reason}} {{grantlog_tenant}}',
        ],
      ],
    ),
    lines(
      'Streams',
      ['grantlog.receiver.streams', 'short'],
      [
        [
          sumBy('grantlog_stream_state', of('grantlog.receiver.streams')),
          '{{grantlog_stream_state}}',
        ],
        [`sum(increase(${of('grantlog.receiver.streams.broken')}[$__rate_interval]))`, 'broken'],
      ],
    ),
    lines(
      'Quarantine',
      ['grantlog.receiver.quarantine.size', 'bytes'],
      [[of('grantlog.receiver.quarantine.size'), whose]],
    ),
  ],
}

const column = (expr: string, legend: string, unit: string): Query => ({ expr, legend, unit })
const tenants: Row = {
  title: 'Whose is it?',
  panels: [
    {
      ...{ type: 'table', title: 'Ledgers', unit: 'short', width: 24, height: 8 },
      description: 'Each ledger of each receiver; the main one has no tenant.',
      queries: [
        column(sumBy(ledgers, of('grantlog.receiver.ready')), 'ready', 'none'),
        column(sumBy(ledgers, of('grantlog.receiver.log.committed')), 'leaves', 'short'),
        column(
          sumBy(ledgers, rate('grantlog.receiver.spans.committed')),
          ...(['records a second', 'short'] as const),
        ),
        column(
          sumBy(ledgers, rate('grantlog.receiver.spans.refused')),
          ...(['refused a second', 'short'] as const),
        ),
        column(`max by (${ledgers}) (${of('grantlog.receiver.sink.lag.age')})`, 'behind', 's'),
        column(sumBy(ledgers, of('grantlog.receiver.quarantine.size')), 'quarantine', 'bytes'),
        column(sumBy(ledgers, of('grantlog.receiver.disk.usage')), 'used', 'bytes'),
        column(
          `${of('grantlog.receiver.disk.usage')} / ${of('grantlog.receiver.disk.quota')}`,
          ...(['of its quota', 'percentunit'] as const),
        ),
      ],
    },
  ],
}

const machine: Row = {
  title: 'Disk, process, certificates',
  panels: [
    lines(
      'Disks',
      ['grantlog.receiver.disk.utilization', 'percentunit'],
      [[of('grantlog.receiver.disk.utilization'), whose]],
    ),
    lines(
      'Processor',
      ['process.cpu.time', 'percentunit'],
      [[sumBy('instance, cpu_mode', rate('process.cpu.time')), '{{cpu_mode}} {{instance}}']],
    ),
    lines(
      'Memory',
      ['process.memory.usage', 'bytes'],
      [
        [of('process.memory.usage'), 'resident {{instance}}'],
        [of('v8js.memory.heap.used'), 'heap {{instance}}'],
      ],
    ),
    lines(
      'The event loop is late',
      ['nodejs.eventloop.delay.p99', 's'],
      [
        [of('nodejs.eventloop.delay.p99'), 'p99 {{instance}}'],
        [of('nodejs.eventloop.delay.max'), 'at most {{instance}}'],
      ],
    ),
    lines(
      'Certificates end in',
      ['grantlog.receiver.certificate.validity', 's'],
      [[of('grantlog.receiver.certificate.validity'), '{{grantlog_certificate}} {{instance}}']],
    ),
    lines(
      'Lines that the log left out',
      ['grantlog.receiver.log.suppressed', 'short'],
      [
        [rate('grantlog.receiver.log.suppressed'), '{{instance}}'],
        [`increase(${of('grantlog.receiver.clock.jumps')}[$__rate_interval])`, 'clock jumps'],
      ],
    ),
  ],
}

export const rows: readonly Row[] = [health, taken, safe, sinks, missing, tenants, machine]
