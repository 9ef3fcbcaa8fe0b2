// Every part of a span as Jaeger stores it, changed by hand: whatever is changed, it is altered.
import { expect, test } from '@jest/globals'
import { marks, recordsOf } from '../../test/forwarded.ts'
import { recordedFrames } from '../../test/recorded/story.ts'
import { type Json, recorded } from '../../test/search-server.ts'
import type { LedgerRecord } from '../records.ts'
import type { Comparison } from './compare.ts'
import { heldSpan } from './held-span.ts'
import { jaegerTable } from './jaeger.ts'
import { spanInJaegerDocument } from './jaeger-document.ts'

const records = await recordsOf(recordedFrames)
/** The second, with the large integer that JSON.parse rounds, in both ways to keep tags. */
const [listed, named] = ['opensearch-jaeger.json', 'opensearch-jaeger-fields.json'].map((file) => {
  const { hits } = recorded(file).hits
  const source = hits.find(({ _source }) => _source.spanID === 'b1'.repeat(8))!._source
  const text = JSON.stringify(source).replace('9007199254740992', '"exact"')
  return (): Json =>
    JSON.parse(text, (_, value: unknown) =>
      value === 'exact' ? 9_007_199_254_740_993n : value,
    ) as Json
}) as [() => Json, () => Json]

function compare(source: unknown): Comparison {
  return heldSpan(spanInJaegerDocument(source), jaegerTable).compare(
    records[1] as LedgerRecord,
    marks,
  )
}

const fieldsOf = (source: unknown): string[] => compare(source).altered.map(({ field }) => field)

test('as it was stored it is exact', () => {
  for (const document of [listed, named]) {
    expect(compare(document())).toEqual({ altered: [], known: [] })
  }
})

const start = 1_795_467_001_000_001

test.each<[Json, string[]]>([
  [{ operationName: 'oauth.authorize' }, ['name']],
  [{ operationName: null }, ['name']],
  [{ references: null }, ['parentSpanId']],
  [{ references: [{}] }, ['parentSpanId']],
  [{ references: [{ refType: 'FOLLOWS_FROM' }] }, ['parentSpanId']],
  [
    { references: [{ refType: 'CHILD_OF', traceID: 'c'.repeat(32), spanID: 'a1'.repeat(8) }] },
    ['parentSpanId'],
  ],
  [{ parentSpanID: 'a1'.repeat(8) }, ['parentSpanID']],
  [{ startTime: start + 1 }, ['startTimeUnixNano', 'endTimeUnixNano']],
  [{ startTime: String(start) }, ['startTimeUnixNano', 'endTimeUnixNano', 'startTimeMillis']],
  [{ startTimeMillis: 0 }, ['startTimeMillis']],
  [{ startTimeMillis: undefined }, ['startTimeMillis']],
  [{ duration: 2 }, ['endTimeUnixNano']],
  [{ duration: 1.5 }, ['endTimeUnixNano']],
  [{ logs: [{ timestamp: start, fields: [] }] }, ['logs']],
  [{ flags: 1 }, ['flags']],
  [{ note: 'checked by the auditor' }, ['note']],
  [{ process: { serviceName: 'shop', tags: [] } }, ['resource service.name']],
])('changed to %j, its %j is altered', (change, fields) => {
  const altered = fieldsOf({ ...listed(), ...change })
  expect(altered).toEqual(expect.arrayContaining(fields))
  const [aside] = ['process', 'resource deployment.environment']
  expect(altered.filter((field) => !fields.includes(field) && field !== aside).length).toBeLessThan(
    2,
  )
})

const tag = (key: string, type: string, value: unknown): Json => ({ key, type, value })

/** The tags with one replaced, or without it. */
function tags(key: string, ...by: Json[]): Json {
  const document = listed()
  const kept = (document.tags as Json[]).filter((one) => one.key !== key)
  // These are kept by name by default.
  const { [key.replaceAll('.', '@')]: _, ...byName } = document.tag as Json
  return { ...document, tags: [...kept, ...by], tag: byName }
}

test.each<[string, Json[], string[]]>([
  ['oauth.error.reason', [tag('oauth.error.reason', 'string', 'other')], ['oauth.error.reason']],
  ['oauth.error.reason', [], ['oauth.error.reason']],
  ['oauth.par.used', [tag('oauth.par.used', 'string', 'false')], ['oauth.par.used']],
  ['oauth.par.used', [tag('oauth.par.used', 'string', false)], ['oauth.par.used']],
  ['audit.sequence.number', [tag('audit.sequence.number', 'int64', 2)], ['audit.sequence.number']],
  [
    'audit.sequence.number',
    [tag('audit.sequence.number', 'float64', 1)],
    ['audit.sequence.number'],
  ],
  ['note', [tag('note', 'string', 'checked')], ['note']],
  ['note', [{ key: 'oauth.par.used', type: 'bool', value: false }], ['oauth.par.used']],
  ['oauth.par.used', [{ ...tag('oauth.par.used', 'bool', false), more: 1 }], ['oauth.par.used']],
  ['span.kind', [], ['kind']],
  ['span.kind', [tag('span.kind', 'string', 'client')], ['kind']],
  ['span.kind', [tag('span.kind', 'string', 'judge')], ['kind']],
  ['error', [], ['status.code']],
  ['error', [tag('error', 'string', 'true')], ['status.code', 'error']],
  ['error', [tag('otel.status_code', 'string', 'OK')], ['status.code']],
  ['note', [tag('otel.status_code', 'string', 'OK')], ['otel.status_code']],
  ['otel.status_description', [], ['status.message']],
  [
    'otel.status_description',
    [tag('otel.status_description', 'int64', 7)],
    ['status.message', 'otel.status_description'],
  ],
  ['otel.scope.name', [], ['scope name']],
  ['otel.scope.version', [tag('otel.scope.version', 'string', '9')], ['scope version']],
  ['user.hash', [], ['slot pseudonym']],
  ['grantlog.verdict', [tag('grantlog.verdict', 'string', 'sure')], ['grantlog.verdict']],
])('with the tag %s as %j, %j is altered', (key, by, fields) => {
  expect(fieldsOf(tags(key, ...by))).toEqual(fields)
})

test('a status code that says the same as the error is known', () => {
  const document = tags('note', tag('otel.status_code', 'string', 'ERROR'))
  expect(compare(document)).toEqual({ altered: [], known: ['+otel.status_code'] })
})

test('a tag by name counts as one in the list', () => {
  const document = named()
  const change = (more: Json): string[] =>
    fieldsOf({ ...document, tag: { ...(document.tag as Json), ...more } })
  expect(change({ 'oauth@error@reason': 'other' })).toEqual(['oauth.error.reason'])
  expect(change({ note: ['a'] })).toEqual(['note'])
  expect(change({ 'audit@sequence@number': '1' })).toEqual(['audit.sequence.number'])
  // The same twice, by both: two readers may see two spans.
  const twice = { ...document, tags: [tag('oauth.par.used', 'bool', true)] }
  expect(fieldsOf(twice)).toEqual(['oauth.par.used', 'oauth.par.used'])
})

test.each([[null], ['text'], [[]], [{}], [{ tags: 7, tag: 'x', process: [] }]])(
  'a document that is %j is read, and altered',
  (source) => {
    const span = spanInJaegerDocument(source)
    expect([span.traceId, span.spanId]).toEqual(['', ''])
    expect(fieldsOf(source).length).toBeGreaterThan(10)
  },
)
