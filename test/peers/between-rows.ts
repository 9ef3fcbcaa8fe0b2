// The rows of Collectors between a service and the receiver in test/edge/CONFORMANCE.md. Each is a
// test of between.test.ts.
import type { RefusalCode } from '@grantlog/receiver'

export interface BetweenRow {
  /** Its type, as a Collector's configuration has it. */
  readonly processor: string
  readonly config: object
  /** In words, what it does. */
  readonly does: string
  /** What comes of 40 spans: the code that the others are refused with; null: they never came. */
  readonly committed: number
  readonly refused: RefusalCode | null
  /** The same in words. */
  readonly seen: string
}

const verified = 'verified: the signature does not cover it'
const whole = { committed: 40, refused: null, seen: verified }
const gaps = 'gaps in their stream, which `grantlog verify` tells; the others are verified'

function refusedAs(refused: RefusalCode): Pick<BetweenRow, 'committed' | 'refused' | 'seen'> {
  return { committed: 0, refused, seen: `refused: ${refused}` }
}

export const betweenRows: readonly BetweenRow[] = [
  {
    processor: 'batch',
    config: { timeout: '100ms', send_batch_size: 7, send_batch_max_size: 7 },
    does: 'splits and merges batches',
    ...{ ...whole, seen: 'verified: any part of a batch is' },
  },
  {
    processor: 'resource',
    config: { attributes: [{ key: 'service.name', value: 'other', action: 'upsert' }] },
    does: 'changes the resource',
    ...whole,
  },
  {
    processor: 'attributes',
    config: { actions: [{ key: 'k8s.pod.name', value: 'login-0', action: 'upsert' }] },
    does: 'adds an attribute that no record has',
    ...whole,
  },
  {
    processor: 'attributes',
    config: { actions: [{ key: 'oauth.client.id', action: 'hash' }] },
    does: 'changes an attribute of the record',
    ...refusedAs('ALTERED'),
  },
  {
    processor: 'attributes',
    config: { actions: [{ key: 'http.request.method', value: 'GET', action: 'insert' }] },
    does: 'adds an attribute that a record may have',
    ...refusedAs('ALTERED'),
  },
  {
    processor: 'attributes',
    config: { actions: [{ key: 'user.id', action: 'delete' }] },
    does: 'takes out a personal attribute',
    ...refusedAs('MALFORMED'),
  },
  {
    processor: 'redaction',
    config: { allow_all_keys: true, blocked_values: ['user [0-9]'] },
    does: 'masks values of a pattern',
    ...refusedAs('ALTERED'),
  },
  {
    processor: 'redaction',
    config: { allowed_keys: ['audit.record.id', 'audit.sequence.number'] },
    does: 'keeps attributes of a list alone',
    ...refusedAs('UNSIGNED'),
  },
  {
    processor: 'transform',
    config: { trace_statements: ['truncate_all(span.attributes, 8)'] },
    does: 'cuts long values',
    ...refusedAs('MALFORMED'),
  },
  {
    processor: 'transform',
    config: { trace_statements: ['keep_keys(scope.attributes, [])'] },
    does: 'takes the attributes of the scope',
    ...refusedAs('UNSIGNED'),
  },
  {
    processor: 'filter',
    config: { traces: { span: ['attributes["audit.sequence.number"] < 10'] } },
    does: 'drops some',
    ...{ committed: 30, refused: null, seen: gaps },
  },
  {
    processor: 'probabilistic_sampler',
    config: { sampling_percentage: 50 },
    does: 'keeps half of all traces',
    ...{ committed: 21, refused: null, seen: gaps },
  },
  {
    processor: 'tail_sampling',
    config: {
      decision_wait: '200ms',
      policies: [
        {
          ...{ name: 'some', type: 'numeric_attribute' },
          numeric_attribute: { key: 'audit.sequence.number', min_value: 10, max_value: 1000 },
        },
      ],
    },
    does: 'keeps traces that a policy chooses',
    ...{ committed: 30, refused: null, seen: gaps },
  },
]
