// Every way that a backend can hold a record otherwise than the ledger does, and what is said of
// it.
import { expect, test } from '@jest/globals'
import { type AttributeValue, openSlot, type SlotName } from '@grantlog/record'
import { heldOf, marks, recordsOf } from '../../test/forwarded.ts'
import { framesOf, spanOf } from '../../test/producer.ts'
import type { LedgerRecord } from '../records.ts'
import { type Comparison, compareSpan } from './compare.ts'
import { expectedSpan } from './expected.ts'
import { jaegerTable } from './jaeger.ts'
import type { BackendSpan, BackendValue, SpanField } from './span.ts'

const told = spanOf(
  {
    ...{ at: 1, action: 'oauth.token', outcome: 'failure', parentSpanId: 'f'.repeat(16) },
    attributes: {
      'oauth.client.id': 'web',
      'http.response.status_code': 9_007_199_254_740_993n,
      'oauth.par.used': true,
      'user.id': 'ada',
      'user.hash': 'p1.ada',
      'client.address': '203.0.113.7',
      'audit.producer.environment': 'test',
      'audit.producer.version': '1.2.3',
    },
  },
  0,
)
const [record] = (await recordsOf(framesOf([told], 'configured'))) as [LedgerRecord]
const expected = expectedSpan(record, marks)
const { openings } = record

/** What a sink gets, as a backend that keeps everything tells it. */
const held = (slots?: readonly SlotName[]): BackendSpan => heldOf(record, slots)

function compare(span: BackendSpan): Comparison {
  return compareSpan(expected, span, jaegerTable)
}

function withAttributes(
  span: BackendSpan,
  ...changes: readonly (readonly [string, BackendValue | undefined])[]
): BackendSpan {
  const attributes = new Map(span.attributes)
  for (const [name, value] of changes) {
    if (value === undefined) attributes.delete(name)
    else attributes.set(name, value)
  }
  return { ...span, attributes }
}

const fieldsOf = ({ altered }: Comparison): string[] => altered.map(({ field }) => field)

test.each<[SlotName[]]>([[[]], [['pseudonym']], [['user', 'pseudonym', 'network']]])(
  'with the slots %j shown, and the others withheld, it is exact',
  (slots) => {
    expect(compare(held(slots))).toEqual({ altered: [], known: [] })
  },
)

test('each field of the span counts', () => {
  const others: [SpanField, BackendValue][] = [
    ['parentSpanId', ''],
    ['name', 'oauth.authorize'],
    ['kind', 3n],
    ['startTimeUnixNano', told.startTimeUnixNano - 1n],
    ['endTimeUnixNano', { other: 1.5 }],
    ['status.code', 1n],
    ['status.message', ''],
  ]
  for (const [field, value] of others) {
    const span = held()
    const changed = { ...span, fields: new Map([...span.fields, [field, value] as const]) }
    expect(fieldsOf(compare(changed))).toEqual([field])
  }
})

test.each<[string, BackendValue | undefined]>([
  ['oauth.client.id', 'mallory'],
  ['oauth.client.id', undefined],
  ['oauth.client.id', { other: { arrayValue: {} } }],
  ['http.response.status_code', 9_007_199_254_740_992n],
  ['http.response.status_code', '9007199254740993'],
  ['oauth.par.used', 'true'],
  ['oauth.scope.granted', 'admin'],
  ['grantlog.index', '7'],
  ['grantlog.leaf', 'AAAA'],
  ['grantlog.origin', 'elsewhere'],
  ['grantlog.verdict', 'tofu'],
  ['grantlog.tenant', 'other'],
  ['note', 'checked by the auditor'],
])('the attribute %s as %j is altered', (name, value) => {
  expect(fieldsOf(compare(withAttributes(held(), [name, value])))).toEqual([name])
})

test('slots open their commitments or are altered, and their values are not told', () => {
  const all = held(['user', 'pseudonym', 'network'])
  const salt = openSlot(openings.find(({ slot }) => slot === 'user')!.opening).salt
  const commitment = expected.slots.get('user')!
  const cases: BackendSpan[] = [
    withAttributes(all, ['user.id', 'eve']),
    withAttributes(all, ['user.id', undefined]),
    withAttributes(all, ['user.name', 'Ada']),
    withAttributes(all, ['user.id', { other: ['ada'] }]),
    withAttributes(all, ['user.id', 'half \ud800']),
    withAttributes(all, ['audit.slot.user.salt', undefined]),
    withAttributes(all, ['audit.slot.user.salt', 'short']),
    withAttributes(all, ['audit.slot.user.commitment', commitment]),
    withAttributes(held(), ['audit.slot.user.commitment', undefined]),
    withAttributes(held(), ['audit.slot.user.commitment', 'A'.repeat(43)]),
    withAttributes(held(), ['user.id', 'ada']),
    withAttributes(held(), ['audit.slot.user.salt', salt]),
  ]
  for (const span of cases) expect(compare(span).altered).toEqual([{ field: 'slot user' }])
  const unknown = withAttributes(held(), ['audit.slot.actor.commitment', commitment])
  expect(fieldsOf(compare(unknown))).toEqual(['slot actor'])
})

test('a repeated attribute, another resource or scope, and events are altered', () => {
  const span = held()
  expect(fieldsOf(compare({ ...span, repeated: ['oauth.client.id'] }))).toEqual(['oauth.client.id'])
  const resource = new Map<string, AttributeValue>([
    ['service.name', 'shop'],
    ['host.name', 'a'],
  ])
  expect(fieldsOf(compare({ ...span, resource }))).toEqual([
    'resource service.name',
    'resource deployment.environment',
    'resource host.name',
  ])
  const scope = { name: 'mine', version: '' }
  expect(fieldsOf(compare({ ...span, scope }))).toEqual(['scope name', 'scope version'])
  const extra = new Map([['events', { other: [{ name: 'approved' }] }]])
  expect(compare({ ...span, extra }).altered).toEqual([
    { field: 'events', ledger: null, backend: '[{"name":"approved"}]' },
  ])
})

test.each<[string, BackendValue, BackendValue]>([
  ['@jaeger@warnings', { other: { arrayValue: { values: [{ stringValue: 'skew' }] } } }, 'skew'],
  ['internal.span.format', 'otlp', 'mine'],
  ['otel.scope.name', '@grantlog/sdk', 'mine'],
  ['otel.scope.version', '1.2.3', '9'],
  ['span.kind', 'server', 'client'],
  ['otel.status_code', 'ERROR', 'OK'],
  ['error', true, false],
  ['otel.status_description', 'failure', 'all is well'],
])('%s of Jaeger is known as %j, altered as %j', (name, value, other) => {
  expect(compare(withAttributes(held(), [name, value]))).toEqual({
    altered: [],
    known: [`+${name}`],
  })
  expect(fieldsOf(compare(withAttributes(held(), [name, other])))).toEqual([name])
})

test('a table may know what a backend makes of a value, and exactly that', () => {
  const cut = (value: AttributeValue): AttributeValue => (value as bigint) / 1_000_000n
  const milliseconds = { name: 'milliseconds', of: cut }
  const table = { ...jaegerTable, fields: { startTimeUnixNano: [milliseconds] } }
  const span = held()
  const at = (time: bigint): BackendSpan => ({
    ...span,
    fields: new Map([...span.fields, ['startTimeUnixNano', time] as const]),
  })
  const known = compareSpan(expected, at(told.startTimeUnixNano / 1_000_000n), table)
  expect(known).toEqual({ altered: [], known: ['startTimeUnixNano: milliseconds'] })
  const off = compareSpan(expected, at(told.startTimeUnixNano / 1_000_000n + 1n), table)
  expect(fieldsOf(off)).toEqual(['startTimeUnixNano'])
})

test('long values and names are cut when told', () => {
  const [note] = compare(withAttributes(held(), ['note', 'x'.repeat(5_000)])).altered
  expect(note!.backend).toHaveLength(201)
  const [named] = compare(withAttributes(held(), ['x'.repeat(5_000), ''])).altered
  expect(named!.field).toHaveLength(201)
})
