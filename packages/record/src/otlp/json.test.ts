import { describe, expect, test } from '@jest/globals'
import { JsonTraceSerializer, ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import fc from 'fast-check'
import { codeOf } from '../../test/code-of.ts'
import { jsonOfProtobuf } from '../../test/otlp-json.ts'
import { readableSpan } from '../../test/readable-span.ts'
import { anySpan, sha256, tokenSpan } from '../../test/spans.ts'
import { utf8 } from '../bytes.ts'
import { canonicalize } from '../canonical/record.ts'
import {
  jsonDepthMax,
  jsonMembersMax,
  jsonSpaceMax,
  jsonTextMax,
  jsonValuesMax,
} from '../limits.ts'
import { REGISTRY_VERSION } from '../names.ts'
import type { Span } from '../span.ts'
import { decodeTraceRequest } from './decode.ts'
import { encodeTraceRequest } from './encode.ts'
import { protobufInTurns, protobufOfJson } from './json.ts'
import { type MessageName, otlpMessages } from './json-messages.ts'

const read = (text: string, signal: 'traces' | 'logs' | 'metrics' = 'traces'): unknown =>
  jsonOfProtobuf(protobufOfJson(utf8(text), signal), `${requestOf[signal]}Request`)
const requestOf = { traces: 'Trace', logs: 'Logs', metrics: 'Metrics' } as const
const digest = (span: Span): string =>
  Buffer.from(canonicalize(span, { registry: REGISTRY_VERSION, sha256 }).digest).toString('hex')
const scope = { name: '@grantlog/sdk', version: '1', attributes: [] }
const ofSpan = (members: string): string =>
  `{"resourceSpans":[{"scopeSpans":[{"spans":[{${members}}]}]}]}`
const ofValue = (value: string): string => ofSpan(`"attributes":[{"key":"a","value":${value}}]`)
const spanIn = (text: string): Record<string, unknown> => {
  const request = read(text) as { resourceSpans: { scopeSpans: { spans: object[] }[] }[] }
  return request.resourceSpans[0]!.scopeSpans[0]!.spans[0] as Record<string, unknown>
}

/** What JavaScript's numbers hold, which is what that serializer takes. */
const isSafe = (value: unknown): boolean =>
  typeof value !== 'bigint' || BigInt.asIntN(53, value) === value
/** JSON of that serializer says what its protobuf leaves out. */
const withoutDefaults = (json: object): unknown =>
  JSON.parse(JSON.stringify(json), (_, value: unknown) =>
    value === 0 || value === '' ? undefined : value,
  )

describe('one request in two forms', () => {
  test('any audit span, as JSON, has the digest that it has in protobuf', () => {
    fc.assert(
      fc.property(anySpan, (span) => {
        const body = encodeTraceRequest([{ resource: [['host.name', 'a']], scope, spans: [span] }])
        const json = utf8(JSON.stringify(jsonOfProtobuf(body, 'TraceRequest')))
        const [group] = decodeTraceRequest(protobufOfJson(json, 'traces')).groups
        const [decoded] = group!.spans
        expect(decoded && 'span' in decoded ? digest(decoded.span) : '').toBe(digest(span))
      }),
    )
  })

  test("OpenTelemetry's own serializers of both forms agree with it", () => {
    fc.assert(
      fc.property(anySpan, (span) => {
        fc.pre([...span.attributes.values()].every(isSafe))
        const readable = [readableSpan(span)] as never
        const protobuf = ProtobufTraceSerializer.serializeRequest(readable)!
        const json = JsonTraceSerializer.serializeRequest(readable)!
        const [theirs, ours] = [protobuf, protobufOfJson(json, 'traces')].map((body) =>
          withoutDefaults(jsonOfProtobuf(body, 'TraceRequest')),
        )
        expect(ours).toEqual(theirs)
      }),
    )
  })

  test.each(['TraceRequest', 'LogsRequest', 'MetricsRequest'] as const)(
    'any %s, there and back',
    (name) => {
      const signal = name.slice(0, -'Request'.length).toLowerCase()
      const plural = (signal === 'trace' ? 'traces' : signal) as 'traces' | 'logs' | 'metrics'
      fc.assert(
        fc.property(anyMessage(name, 12), (message) => {
          const body = protobufOfJson(utf8(JSON.stringify(message)), plural)
          expect(jsonOfProtobuf(body, name)).toEqual(message)
        }),
        { numRuns: 300 },
      )
    },
  )
})

test('a large body is left for a moment again and again, and comes out the same', () => {
  const spans = Array<string>(20_000).fill('{"name":"a","kind":2}').join(',')
  const body = utf8(`{"resourceSpans":[{"scopeSpans":[{"spans":[${spans}]}]}]}`)
  const work = protobufInTurns(body, 'traces')
  let pauses = 0
  let step = work.next()
  for (; !step.done; step = work.next()) pauses++
  expect(pauses).toBeGreaterThan(10)
  expect(step.value).toEqual(protobufOfJson(body, 'traces'))
})

describe('what OTLP says of JSON', () => {
  test('ids are hex in either case', () => {
    expect(spanIn(ofSpan('"traceId":"0AF7651916cd43dd8448eb211c80319C"'))).toEqual({
      traceId: '0af7651916cd43dd8448eb211c80319c',
    })
  })

  test('64-bit integers are strings or numbers, and keep all digits', () => {
    for (const time of ['"1790000000000000001"', '1790000000000000001']) {
      expect(spanIn(ofSpan(`"startTimeUnixNano":${time}`))).toEqual({
        startTimeUnixNano: '1790000000000000001',
      })
    }
    expect(read(ofValue('{"intValue":1e3}'))).toEqual(read(ofValue('{"intValue":"1000"}')))
    expect(read(ofValue('{"intValue":1.0}'))).toEqual(read(ofValue('{"intValue":1}')))
  })

  test('unknown members are ignored, null is absent, snake_case is unknown', () => {
    const known = '"name":"a"'
    const extra = '"new":{"a":[1,"x",true,null,{}]},"parentSpanId":null,"start_time_unix_nano":"x"'
    expect(spanIn(ofSpan(`${extra},${known}`))).toEqual({ name: 'a' })
  })

  test('bytes are base64 in either alphabet, with or without padding', () => {
    const bytes = ['"+/8="', '"-_8"', '"+/8"'].map((text) =>
      read(ofValue(`{"bytesValue":${text}}`)),
    )
    expect(new Set(bytes.map((each) => JSON.stringify(each))).size).toBe(1)
  })

  test('doubles may be NaN and infinite', () => {
    for (const text of ['NaN', 'Infinity', '-Infinity']) {
      expect(spanIn(ofValue(`{"doubleValue":"${text}"}`)).attributes).toEqual([
        { key: 'a', value: { doubleValue: text } },
      ])
    }
  })

  test('escapes in strings and in names are read', () => {
    expect(spanIn(ofSpan('"n\\u0061me":"\\ud83d\\ude00\\n"'))).toEqual({ name: '😀\n' })
  })
})

describe('what is refused', () => {
  test.each([
    ['nothing', ''],
    ['no object', '[]'],
    ['something behind', '{} {}'],
    ['a byte order mark', '\ufeff{}'],
    ['a comma at the end', '{"resourceSpans":[],}'],
    ['a member twice', '{"resourceSpans":[],"resourceSpans":[]}'],
    ['a member twice, once escaped', ofSpan('"name":"a","n\\u0061me":"b"')],
    ['an unknown member twice', '{"x":1,"x":1}'],
    ['an unknown member twice, further in', '{"x":[{"y":1,"y":2}]}'],
    ['two values of one', ofValue('{"stringValue":"a","intValue":"1"}')],
    ['the name of an enum', ofSpan('"kind":"SPAN_KIND_SERVER"')],
    ['an enum beyond int32', ofSpan('"kind":2147483648')],
    ['an id that is not hex', ofSpan('"traceId":"zz"')],
    ['an id of half a byte', ofSpan('"traceId":"abc"')],
    ['base64 with spare bits', ofValue('{"bytesValue":"+/9="}')],
    ['an integer beyond int64', ofValue('{"intValue":"9223372036854775808"}')],
    ['an integer with a fraction', ofValue('{"intValue":1.5}')],
    ['a million digits', ofValue(`{"intValue":"${'9'.repeat(1_000_000)}"}`)],
    ['a time below zero', ofSpan('"startTimeUnixNano":"-1"')],
    ['a double that is none', ofValue('{"doubleValue":"x"}')],
    ['a double beyond all', ofValue('{"doubleValue":1e999}')],
    ['a number where a string is due', ofSpan('"name":1')],
    ['an object where an array is due', '{"resourceSpans":{}}'],
    ['null in an array', '{"resourceSpans":[null]}'],
    ['a lone surrogate', ofSpan('"name":"\\ud83d"')],
    ['a control character', ofSpan('"name":"\n"')],
    ['an open string', '{"resourceSpans'],
    ['an escape at the end', '{"a\\'],
    ['a number of a thousand digits', ofValue(`{"doubleValue":1${'0'.repeat(1_000)}}`)],
    ['a leading zero', ofValue('{"intValue":01}')],
    ['a word', '{"x":nul}'],
    ['a cut body', ofSpan('"name":"a"').slice(0, -1)],
  ])('%s', (_what, text) => {
    expect(codeOf(() => read(text))).toBe('OTLP_MALFORMED')
  })

  test('ill-formed UTF-8', () => {
    const body = Uint8Array.of(0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d)
    expect(codeOf(() => protobufOfJson(body, 'traces'))).toBe('OTLP_MALFORMED')
  })

  test.each([
    ['at the limit', 0, 'none'],
    ['over it', 1, 'OTLP_LIMIT_EXCEEDED'],
  ])('depth, members and values %s', (_what, more, code) => {
    const depth = jsonDepthMax - 1 + more
    expect(codeOf(() => read(`{"x":${'['.repeat(depth)}${']'.repeat(depth)}}`))).toBe(code)
    const members = Array.from({ length: jsonMembersMax + more }, (_, at) => `"x${at}":1`)
    expect(codeOf(() => read(`{${members.join(',')}}`))).toBe(code)
    // The array itself is a value.
    const values = `{"x":[${'1,'.repeat(jsonValuesMax - 2 + more)}1]}`
    expect(codeOf(() => read(values))).toBe(code)
  })

  test.each([
    ['at the limit', 0, 'none'],
    ['over it', 1, 'OTLP_LIMIT_EXCEEDED'],
  ])('characters of a string, and spaces in a row, %s', (_what, more, code) => {
    const plain = 'x'.repeat(jsonTextMax + more)
    expect(codeOf(() => read(ofSpan(`"name":"${plain}"`)))).toBe(code)
    expect(codeOf(() => read(`{"x":"${plain}"}`))).toBe(code)
    const escaped = '\\n'.repeat(jsonTextMax / 2) + 'x'.repeat(more)
    expect(codeOf(() => read(ofSpan(`"name":"${escaped}"`)))).toBe(code)
    expect(codeOf(() => read(`{${' '.repeat(jsonSpaceMax + more)}}`))).toBe(code)
  })

  test('any change of a good body is read as JSON.parse reads it, or refused', () => {
    const span = encodeTraceRequest([{ resource: [], scope, spans: [tokenSpan] }])
    const good = JSON.stringify(jsonOfProtobuf(span, 'TraceRequest'))
    fc.assert(
      fc.property(fc.nat(good.length), fc.nat(3), fc.string({ maxLength: 3 }), (at, cut, more) => {
        const text = good.slice(0, at) + more + good.slice(at + cut)
        const isRead = codeOf(() => protobufOfJson(utf8(text.toWellFormed()), 'traces')) === 'none'
        if (isRead) expect(() => JSON.parse(text.toWellFormed()) as unknown).not.toThrow()
      }),
      { numRuns: 3_000 },
    )
  })
})

/** A message in its own JSON form: 64-bit integers as strings, and no empty member. */
function anyMessage(name: MessageName, depth: number): fc.Arbitrary<Record<string, unknown>> {
  const fields = [...otlpMessages.get(name)!].filter(([, { type }]) => {
    return depth > 0 || !otlpMessages.has(type)
  })
  const members = fields.map(([member, { oneOf, repeated, type }]) => {
    const isInner = otlpMessages.has(type)
    const one = isInner
      ? fc.constant(null).chain(() => anyMessage(type as MessageName, depth - 2))
      : scalars[type]!
    const value = repeated ? fc.array(one, { minLength: 1, maxLength: 2 }) : one
    return { member, oneOf, value: fc.option(value, { freq: isInner ? 2 : 5 }) }
  })
  return fc.tuple(...members.map(({ value }) => value), fc.nat()).map((values) => {
    const pick = values.at(-1) as number
    const ones = members.filter(({ oneOf }) => oneOf)
    const chosen = ones[pick % Math.max(1, ones.length)]?.member
    return Object.fromEntries(
      members.flatMap(({ member, oneOf }, at) =>
        values[at] === null || (oneOf && member !== chosen) ? [] : [[member, values[at]]],
      ),
    )
  })
}

const signed = (bits: bigint): fc.Arbitrary<string> =>
  fc.bigInt({ min: -(2n ** (bits - 1n)), max: 2n ** (bits - 1n) - 1n }).map(String)
const unsigned = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map(String)
const unsigned32 = fc.nat(2 ** 32 - 1)
const scalars: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  string: fc.string({ unit: 'binary', maxLength: 20 }),
  hex: fc.uint8Array({ maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('hex')),
  base64: fc.uint8Array({ maxLength: 16 }).map((bytes) => Buffer.from(bytes).toString('base64')),
  bool: fc.boolean(),
  enum: fc.integer({ min: 0, max: 30 }),
  double: fc.double({ noNaN: true, noDefaultInfinity: true }).map((each) => each + 0),
  int64: signed(64n),
  sfixed64: signed(64n),
  uint64: unsigned,
  fixed64: unsigned,
  sint32: fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
  uint32: unsigned32,
  fixed32: unsigned32,
}
