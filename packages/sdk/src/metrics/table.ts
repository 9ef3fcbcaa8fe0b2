// Metrics of the SDK: README.md, "Metrics". See metrics.test.ts.

export interface AuditMetric {
  readonly kind: 'counter' | 'gauge' | 'histogram'
  readonly unit: string
  readonly description: string
}

export const AUDIT_METRICS = {
  'audit.records.emitted': {
    kind: 'counter',
    unit: '{record}',
    description: 'Records that got a number in the stream.',
  },
  'audit.records.exported': {
    kind: 'counter',
    unit: '{record}',
    description: 'Records that were taken, with a receipt; those that a dead process left, too.',
  },
  'audit.records.dropped': {
    kind: 'counter',
    unit: '{record}',
    description: 'Records that are lost; but for those without a number they show as gaps.',
  },
  'audit.receipts.missing': {
    kind: 'gauge',
    unit: '{record}',
    description: 'Records of this process that have no receipt yet, and are not lost.',
  },
  'audit.queue.depth': {
    kind: 'gauge',
    unit: '{record}',
    description: 'Records that wait to be signed.',
  },
  'audit.spool.size': {
    kind: 'gauge',
    unit: 'By',
    description: 'Batches of this process on the disk.',
  },
  'audit.clock.skew': {
    kind: 'gauge',
    unit: 's',
    description: "How far the receiver's clock is ahead of this one, by the last receipt.",
  },
  'audit.export.duration': {
    kind: 'histogram',
    unit: 's',
    description: 'How long the receiver took to answer a request.',
  },
} as const

export type AuditMetricName = keyof typeof AUDIT_METRICS
