// Every metric of the receiver: the instruments are made of this table, and the one in METRICS.md
// is generated from it. Names and units follow OpenTelemetry's conventions. No attribute is of a
// person, a record or a key; how many values each has is bounded (series.ts). See metrics.test.ts.

/** A counter only grows; a gauge is what is now; a histogram is filled as things happen. */
export type MetricKind = 'counter' | 'gauge' | 'histogram'

export interface MetricDescription {
  readonly kind: MetricKind
  /** UCUM: `s`, `By`, `1` for a ratio, `{span}` for what is counted. */
  readonly unit: string
  readonly description: string
  /** Its attribute, and the values that it may have, in words. */
  readonly attribute?: readonly [name: string, values: string]
  /** Told of each ledger: a tenant's has TENANT_ATTRIBUTE beside that; the main one's never has. */
  readonly perTenant?: true
  /** How a gauge is told of what has no series of its own (OTHER); default: the sum. */
  readonly merged?: 'max' | 'min'
}

/** Left out for the main ledger: its series stay the same when the first tenant comes. */
export const TENANT_ATTRIBUTE = 'grantlog.tenant'

/** The value of an attribute for all that are more than a limit, as for `error.type`. */
export const OTHER = '_OTHER'

export const METRICS = {
  'grantlog.receiver.requests': {
    kind: 'counter',
    unit: '{request}',
    description:
      'Export requests of which the body was read; one with records of two tenants is of both.',
    perTenant: true,
  },
  'grantlog.receiver.requests.refused': {
    kind: 'counter',
    unit: '{request}',
    description: 'Requests that were answered with an error.',
    attribute: ['error.type', 'a code of RECEIVER_CODES'],
  },
  'grantlog.receiver.acknowledgement.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'From the whole body of an export request to an answer that may be given.',
  },
  'grantlog.receiver.journal.sync.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'How long the disk took to make a commit durable.',
    perTenant: true,
  },
  'grantlog.receiver.spans.received': {
    kind: 'counter',
    unit: '{span}',
    description: 'Audit spans that were judged, however often each came.',
    perTenant: true,
  },
  'grantlog.receiver.spans.committed': {
    kind: 'counter',
    unit: '{span}',
    description: 'Audit spans that became records of the log.',
    perTenant: true,
  },
  'grantlog.receiver.spans.duplicate': {
    kind: 'counter',
    unit: '{span}',
    description: 'Audit spans that were in the log before.',
    perTenant: true,
  },
  'grantlog.receiver.spans.refused': {
    kind: 'counter',
    unit: '{span}',
    description: 'Audit spans that were refused.',
    attribute: ['error.type', 'a code of REFUSALS'],
    perTenant: true,
  },
  'grantlog.receiver.spans.passed_through': {
    kind: 'counter',
    unit: '{span}',
    description: 'Spans that are not audit, taken for the sinks.',
    perTenant: true,
  },
  'grantlog.receiver.spans.discarded': {
    kind: 'counter',
    unit: '{span}',
    description: 'Spans that are not audit, dropped because no sink takes them.',
    perTenant: true,
  },
  'grantlog.receiver.log_records.committed': {
    kind: 'counter',
    unit: '{record}',
    description: 'Audit log records that became leaves of the log.',
    perTenant: true,
  },
  'grantlog.receiver.log_records.duplicate': {
    kind: 'counter',
    unit: '{record}',
    description: 'Audit log records that were in the log before.',
    perTenant: true,
  },
  'grantlog.receiver.log_records.refused': {
    kind: 'counter',
    unit: '{record}',
    description: 'Audit log records that were refused.',
    perTenant: true,
  },
  'grantlog.receiver.log_records.passed_through': {
    kind: 'counter',
    unit: '{record}',
    description: 'Log records that are not audit, taken for the sinks.',
    perTenant: true,
  },
  'grantlog.receiver.log_records.discarded': {
    kind: 'counter',
    unit: '{record}',
    description: 'Log records that no sink takes: not audit, and dropped.',
    perTenant: true,
  },
  'grantlog.receiver.data_points.passed_through': {
    kind: 'counter',
    unit: '{data_point}',
    description: 'Data points of metrics, taken for the sinks.',
    perTenant: true,
  },
  'grantlog.receiver.data_points.discarded': {
    kind: 'counter',
    unit: '{data_point}',
    description: 'Data points of metrics, dropped because no sink takes them.',
    perTenant: true,
  },
  'grantlog.receiver.callers.refused': {
    kind: 'counter',
    unit: '{request}',
    description: 'Requests that were refused for who sent them.',
  },
  'grantlog.receiver.connections.open': {
    kind: 'gauge',
    unit: '{connection}',
    description: 'Connections to the ports of OTLP.',
  },
  'grantlog.receiver.connections.refused': {
    kind: 'counter',
    unit: '{connection}',
    description: 'Connections that were closed because a port, or an address, had its number.',
  },
  'grantlog.receiver.requests.limited': {
    kind: 'counter',
    unit: '{request}',
    description: 'Requests refused for what a tenant may have.',
    perTenant: true,
  },
  'grantlog.receiver.log.committed': {
    kind: 'gauge',
    unit: '{leaf}',
    description: 'Leaves of the log, also those that no checkpoint covers yet.',
    perTenant: true,
  },
  'grantlog.receiver.log.sealed': {
    kind: 'gauge',
    unit: '{leaf}',
    description: 'Leaves under the published checkpoint.',
    perTenant: true,
  },
  'grantlog.receiver.checkpoint.delay': {
    kind: 'gauge',
    unit: 's',
    description: 'How long leaves have been waiting for a new checkpoint; 0 when none waits.',
    perTenant: true,
    merged: 'max',
  },
  'grantlog.receiver.sink.spans.forwarded': {
    kind: 'counter',
    unit: '{span}',
    description: 'Spans that a sink took.',
    attribute: ['grantlog.sink', 'names of the configuration'],
    perTenant: true,
  },
  'grantlog.receiver.sink.spans.refused': {
    kind: 'counter',
    unit: '{span}',
    description: 'Spans that a sink refused for good; they are dead letters.',
    attribute: ['grantlog.sink', 'names of the configuration'],
    perTenant: true,
  },
  'grantlog.receiver.sink.held': {
    kind: 'gauge',
    unit: '{record}',
    description: 'Records that a core refused as altered or unreadable, held to be sent again.',
    attribute: ['grantlog.sink', 'names of the configuration'],
    perTenant: true,
  },
  'grantlog.receiver.sink.lost': {
    kind: 'gauge',
    unit: '{record}',
    description: 'Records that a core signed for and has no more, until they are there again.',
    attribute: ['grantlog.sink', 'names of the configuration'],
    perTenant: true,
  },
  'grantlog.receiver.sink.failures': {
    kind: 'gauge',
    unit: '{attempt}',
    description: 'Attempts that failed in a row; 0 when the sink is well.',
    attribute: ['grantlog.sink', 'names of the configuration'],
    perTenant: true,
    merged: 'max',
  },
  'grantlog.receiver.sink.stopped': {
    kind: 'gauge',
    unit: '{sink}',
    description: 'Whether a sink was given up until the next start (1), for its own files failed.',
    attribute: ['grantlog.sink', 'names of the configuration'],
    perTenant: true,
  },
  'grantlog.receiver.sink.lag': {
    kind: 'gauge',
    unit: '{commit}',
    description: 'Commits that a sink has not got yet.',
    attribute: ['grantlog.sink', 'names of the configuration'],
    perTenant: true,
  },
  'grantlog.receiver.sink.lag.age': {
    kind: 'gauge',
    unit: 's',
    description:
      'Age of the oldest commit that a sink has not got; of those before, since the start.',
    attribute: ['grantlog.sink', 'names of the configuration'],
    perTenant: true,
    merged: 'max',
  },
  'grantlog.receiver.sink.lag.logs': {
    kind: 'gauge',
    unit: '{commit}',
    description: 'Commits up to the last one whose audit log records a sink has not got yet.',
    attribute: ['grantlog.sink', 'names of the configuration'],
    perTenant: true,
  },
  'grantlog.receiver.sink.lag.passed_through': {
    kind: 'gauge',
    unit: '{frame}',
    description: 'Frames of other spans that a sink has not got yet.',
    attribute: ['grantlog.sink', 'names of the configuration'],
    perTenant: true,
  },
  'grantlog.receiver.queue.size': {
    kind: 'gauge',
    unit: 'By',
    description: 'Size on disk of the queue of spans that are not audit.',
    perTenant: true,
  },
  'grantlog.receiver.in_flight.size': {
    kind: 'gauge',
    unit: 'By',
    description: 'Bodies of requests that are not answered yet.',
  },
  'grantlog.receiver.streams': {
    kind: 'gauge',
    unit: '{stream}',
    description: 'Streams of producers.',
    attribute: ['grantlog.stream.state', 'open, silent, closed, unclosed'],
    perTenant: true,
  },
  'grantlog.receiver.streams.missing': {
    kind: 'gauge',
    unit: '{record}',
    description: 'Numbers of streams without a record, by why it is missing.',
    attribute: ['grantlog.missing.reason', 'dropped, refused, on_the_way, unknown'],
    perTenant: true,
  },
  'grantlog.receiver.streams.broken': {
    kind: 'counter',
    unit: '{batch}',
    description: 'Batches that do not name the root of the one before them.',
    perTenant: true,
  },
  'grantlog.receiver.quarantine.entries': {
    kind: 'gauge',
    unit: '{request}',
    description: 'Requests with refused spans that are kept for a while.',
    perTenant: true,
  },
  'grantlog.receiver.quarantine.size': {
    kind: 'gauge',
    unit: 'By',
    description: 'Size of the quarantine on disk.',
    perTenant: true,
  },
  'grantlog.receiver.quarantine.not_kept': {
    kind: 'counter',
    unit: '{span}',
    description: 'Refused spans that the quarantine had no room for.',
    perTenant: true,
  },
  'grantlog.receiver.quarantine.released': {
    kind: 'counter',
    unit: '{span}',
    description: 'Spans that were taken from the quarantine when their key was enrolled.',
    perTenant: true,
  },
  'grantlog.receiver.ready': {
    kind: 'gauge',
    unit: '{receiver}',
    description: 'Whether records are taken: 1, or 0 (see /readyz).',
    perTenant: true,
    merged: 'min',
  },
  'grantlog.receiver.disk.utilization': {
    kind: 'gauge',
    unit: '1',
    description: 'Used part of the fullest disk of the data folder.',
    perTenant: true,
    merged: 'max',
  },
  'grantlog.receiver.disk.free': {
    kind: 'gauge',
    unit: 'By',
    description: 'Free bytes of the fullest disk of the data folder.',
    perTenant: true,
    merged: 'min',
  },
  'grantlog.receiver.disk.usage': {
    kind: 'gauge',
    unit: 'By',
    description: 'Size of the folders of a ledger that has a quota.',
    perTenant: true,
  },
  'grantlog.receiver.disk.quota': {
    kind: 'gauge',
    unit: 'By',
    description: 'Bytes that the folders of a ledger may have, where it has a quota.',
    perTenant: true,
  },
  'grantlog.receiver.clock.jumps': {
    kind: 'counter',
    unit: '{jump}',
    description: 'How often the clock was set by more than a second.',
  },
  'grantlog.receiver.certificate.validity': {
    kind: 'gauge',
    unit: 's',
    description: 'How long a certificate is still valid; negative when it is not.',
    attribute: ['grantlog.certificate', 'names of the configuration'],
    merged: 'min',
  },
  'grantlog.receiver.log.suppressed': {
    kind: 'counter',
    unit: '{line}',
    description: 'Lines that the log left out, for there were too many of their code.',
  },
  'nodejs.eventloop.delay.p99': {
    kind: 'gauge',
    unit: 's',
    description: 'How late the event loop was for 1 in 100 timers since the last look.',
  },
  'nodejs.eventloop.delay.max': {
    kind: 'gauge',
    unit: 's',
    description: 'How late the event loop was at most since the last look.',
  },
  'process.cpu.time': {
    kind: 'counter',
    unit: 's',
    description: 'Time of the processor.',
    attribute: ['cpu.mode', 'user, system'],
  },
  'process.memory.usage': {
    kind: 'gauge',
    unit: 'By',
    description: 'Resident memory.',
  },
  'v8js.memory.heap.used': {
    kind: 'gauge',
    unit: 'By',
    description: 'Used memory of the JavaScript heap.',
  },
  'process.uptime': {
    kind: 'gauge',
    unit: 's',
    description: 'Time since the start.',
  },
} as const

export type MetricName = keyof typeof METRICS

/** Those that are read off when somebody asks. */
export type ReadMetric = {
  [N in MetricName]: (typeof METRICS)[N]['kind'] extends 'histogram' ? never : N
}[MetricName]
