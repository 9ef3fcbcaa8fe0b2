import { expect, test } from '@jest/globals'
import { MAX_ANSWER_SPANS } from '../limits.ts'
import { spansInTraces } from './otlp-json.ts'
import { claimsToBeRecord } from './span.ts'

const inSpan = (span: unknown, around: object = {}): unknown => ({
  resourceSpans: [{ scopeSpans: [{ spans: [span], ...around }] }],
})
const attribute = (value: unknown): unknown => ({ attributes: [{ key: 'a', value }] })

test('a span is read as it is, what is empty being left out', () => {
  const [span] = spansInTraces(inSpan({ traceId: 't', spanId: 's', startTimeUnixNano: '7' }))
  expect(span).toMatchObject({ traceId: 't', spanId: 's', scope: { name: '', version: '' } })
  expect(Object.fromEntries(span!.fields)).toEqual({
    ...{ parentSpanId: '', name: '', kind: 0n, startTimeUnixNano: 7n, endTimeUnixNano: 0n },
    ...{ 'status.code': 0n, 'status.message': '' },
  })
})

test.each([
  [{ stringValue: 'x' }, 'x'],
  [{ boolValue: false }, false],
  [{ intValue: '9007199254740993' }, 9_007_199_254_740_993n],
  [{ intValue: -3 }, -3n],
  [{ intValue: 9_007_199_254_740_993n }, 9_007_199_254_740_993n],
  // A number that may have been rounded is not the one that was sent.
  [{ intValue: 2 ** 53 }, { other: 2 ** 53 }],
  [{ intValue: '1e3' }, { other: '1e3' }],
  [{ doubleValue: 1 }, { other: { doubleValue: 1 } }],
  [{ stringValue: 'x', boolValue: true }, { other: { stringValue: 'x', boolValue: true } }],
  [{ stringValue: 1 }, { other: { stringValue: 1 } }],
  [null, { other: null }],
])('the value %j is %p', (value, expected) => {
  const [span] = spansInTraces(inSpan(attribute(value)))
  expect(span!.attributes.get('a')).toEqual(expected)
})

test('what cannot be read inside a span is kept, and equal to nothing', () => {
  const [span] = spansInTraces(inSpan({ name: 7, kind: {}, status: 'ok', spanId: 9 }))
  expect(span!.spanId).toBe('')
  expect(span!.fields.get('name')).toEqual({ other: 7 })
  expect(span!.fields.get('kind')).toEqual({ other: {} })
})

test('what records have nothing in is kept, unless it is empty', () => {
  const events = [{ name: 'approved' }]
  const extra = (span: object): unknown => Object.fromEntries(spansInTraces(inSpan(span))[0]!.extra)
  expect(extra({ events, traceState: 'a=b', flags: 1 })).toEqual({
    events: { other: events },
    traceState: { other: 'a=b' },
    flags: { other: 1 },
  })
  expect(extra({ events: [], links: [], traceState: '', flags: 0, name: 'x' })).toEqual({})
})

test('an attribute that comes again is told', () => {
  const pairs = ['x', 'y'].map((stringValue) => ({ key: 'a', value: { stringValue } }))
  const [span] = spansInTraces(inSpan({ attributes: pairs }))
  expect([span!.attributes.get('a'), span!.repeated]).toEqual(['x', ['a']])
})

test('spans are read up to their limit', () => {
  const spans = Array.from({ length: MAX_ANSWER_SPANS }, () => ({}))
  const answer = { resourceSpans: [{ scopeSpans: [{ spans }] }] }
  expect(spansInTraces(answer)).toHaveLength(MAX_ANSWER_SPANS)
  spans.push({})
  expect(() => spansInTraces(answer)).toThrow(
    expect.objectContaining({ code: 'BACKEND_ANSWER_TOO_LARGE' }),
  )
})

test.each([
  [null],
  ['text'],
  [[]],
  [{ resourceSpans: {} }],
  [{ resourceSpans: [null] }],
  [{ resourceSpans: [{ resource: [] }] }],
  [{ resourceSpans: [{ scopeSpans: [{ spans: ['x'] }] }] }],
  [inSpan({ attributes: 'x' })],
  [inSpan({}, { scope: 3 })],
])('%j is no trace', (answer) => {
  expect(() => spansInTraces(answer)).toThrow(
    expect.objectContaining({ code: 'BACKEND_ANSWER_MALFORMED' }),
  )
})

test.each([
  [inSpan(attribute({ stringValue: 'x' })), false],
  [inSpan({}, { scope: { name: '@grantlog/sdk' } }), true],
  [inSpan({ attributes: [{ key: 'audit.record.id' }] }), true],
  [inSpan({ attributes: [{ key: 'grantlog.verdict' }] }), true],
])('whether %j claims to be a record: %j', (answer, claims) => {
  expect(spansInTraces(answer).map(claimsToBeRecord)).toEqual([claims])
})
