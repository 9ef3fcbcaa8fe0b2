import { describe, expect, test } from '@jest/globals'
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer'
import fc from 'fast-check'
import { readableSpan } from '../../test/readable-span.ts'
import { anySpan, sha256, tokenSpan } from '../../test/spans.ts'
import { utf8 } from '../bytes.ts'
import { canonicalize } from '../canonical/record.ts'
import { RecordError } from '../codes.ts'
import { defaultOtlpLimits } from '../limits.ts'
import { REGISTRY_VERSION } from '../names.ts'
import type { Span } from '../span.ts'
import { decodeTraceRequest } from './decode.ts'
import { encodeTraceRequest } from './encode.ts'
import { wireFields, WireWriter } from './wire.ts'

const digest = (span: Span): string =>
  Buffer.from(canonicalize(span, { registry: REGISTRY_VERSION, sha256 }).digest).toString('hex')
const scope = { name: '@grantlog/sdk', version: '1', attributes: [] }
const encoded = (...spans: Span[]): Uint8Array =>
  encodeTraceRequest([{ resource: [], scope, spans }])
const spansIn = (body: Uint8Array) => decodeTraceRequest(body).groups.flatMap(({ spans }) => spans)
const onlySpan = (body: Uint8Array): Span => {
  const [decoded] = spansIn(body)
  if (!decoded || 'error' in decoded) throw decoded?.error ?? new Error('no span')
  return decoded.span
}
/** Replaces the only span message in a body: resource spans → scope spans → span. */
const rewriteSpan = (body: Uint8Array, rewrite: (span: Uint8Array) => Uint8Array): Uint8Array => {
  const inside = (message: Uint8Array, depth: number): Uint8Array => {
    const writer = new WireWriter()
    for (const field of wireFields(message)) {
      const number = depth === 0 ? 1 : 2
      if (field.number !== number) writer.raw(message.subarray(field.start, field.end))
      else if (depth === 2) writer.bytes(2, rewrite(field.bytes))
      else writer.bytes(number, inside(field.bytes, depth + 1))
    }
    return writer.finish()
  }
  return inside(body, 0)
}
const fieldsOf = (message: Uint8Array): Uint8Array[] =>
  [...wireFields(message)].map(({ start, end }) => message.slice(start, end))
const field = (write: (writer: WireWriter) => void): Uint8Array => {
  const writer = new WireWriter()
  write(writer)
  return writer.finish()
}

test('a resource is read once for as long as it stays the same, under the same limits', () => {
  const body = (host: string): Uint8Array =>
    encodeTraceRequest([{ resource: [['host.name', host]], scope, spans: [tokenSpan] }])
  const resourceOf = (bytes: Uint8Array, limits = defaultOtlpLimits) =>
    decodeTraceRequest(bytes, limits).groups[0]!.resource
  const memory = Buffer.from(body('a'))
  const first = resourceOf(memory)
  // The memory of a request serves the next one.
  memory.set(body('b'))
  expect(resourceOf(memory)).toEqual({ 'host.name': { stringValue: 'b' } })
  const again = resourceOf(body('a'))
  expect(again).toEqual({ 'host.name': { stringValue: 'a' } })
  expect(resourceOf(body('a'))).toBe(again)
  const none = { ...defaultOtlpLimits, attributesMax: 0 }
  expect(() => resourceOf(body('a'), none)).toThrow('more than 0 attributes')
  expect(first).toEqual({ 'host.name': { stringValue: 'a' } })
})

describe('one span, any encoding: one digest', () => {
  test('our encoder, and fields in any order with strangers between them', () => {
    fc.assert(
      fc.property(anySpan, fc.infiniteStream(fc.nat()), (span, numbers) => {
        const body = rewriteSpan(encoded(span), (message) => {
          const strangers = [
            field((w) => w.text(3, 'vendor=state')),
            field((w) => w.fixed32(16, 257)),
            field((w) => w.varint(10, 3)),
            field((w) =>
              w.bytes(
                11,
                field((event) => event.text(2, 'event')),
              ),
            ),
            field((w) => w.bytes(13, new Uint8Array(0))),
            field((w) => w.text(999, 'a field of the future')),
            field((w) => w.message(9, (pair) => pair.text(1, 'k8s.pod.name'))),
          ]
          const all = [...fieldsOf(message), ...strangers]
          return Buffer.concat(shuffled(all, () => numbers.next().value!))
        })
        expect(digest(onlySpan(body))).toBe(digest(span))
      }),
    )
  })

  test('explicit defaults and an empty parent mean what their absence means', () => {
    const root = { ...tokenSpan, parentSpanId: '', kind: 0 }
    const body = rewriteSpan(encoded(root), (message) =>
      Buffer.concat([message, field((w) => w.bytes(4, new Uint8Array(0)))]),
    )
    expect(digest(onlySpan(body))).toBe(digest(root))
  })

  test("OpenTelemetry's own serializer", () => {
    fc.assert(
      fc.property(anySpan, (span) => {
        const safe = [...span.attributes.values()].every(
          (value) => typeof value !== 'bigint' || BigInt.asIntN(53, value) === value,
        )
        fc.pre(safe)
        const body = ProtobufTraceSerializer.serializeRequest([readableSpan(span)] as never)!
        expect(digest(onlySpan(body))).toBe(digest(span))
      }),
    )
  })

  test('split over resources and scopes, and merged', () => {
    const other = { ...tokenSpan, spanId: '051581bf3cb55c14' }
    const digests = [digest(tokenSpan), digest(other)]
    const group = (...spans: Span[]) => ({ resource: [['host.name', 'a'] as const], scope, spans })
    for (const groups of [[group(tokenSpan, other)], [group(tokenSpan), group(other)]]) {
      const spans = spansIn(encodeTraceRequest(groups))
      expect(spans.map((each) => ('span' in each ? digest(each.span) : ''))).toEqual(digests)
    }
  })
})

describe('a malformed audit span is refused, and harms no other', () => {
  const tail: [string, Uint8Array][] = [
    ['a second name', field((w) => w.text(5, 'other'))],
    ['a second span id', field((w) => w.bytes(2, new Uint8Array(8).fill(1)))],
    ['a second status', field((w) => w.message(15, (status) => status.varint(3, 1)))],
    ['a name that is a number', field((w) => w.varint(5, 1))],
    ['a covered attribute again', attribute('oauth.client.id', (any) => any.text(1, 'evil'))],
    [
      'an attribute with two values',
      attribute('x', (any) => {
        any.text(1, 'a')
        any.text(1, 'b')
      }),
    ],
    [
      'an attribute with two types',
      attribute('x', (any) => {
        any.text(1, 'a')
        any.varint(3, 1)
      }),
    ],
    ['a covered attribute as a double', attribute('oauth.token.age', (any) => any.fixed64(4, 0n))],
    ['a covered attribute without value', attribute('oauth.token.age', () => undefined)],
    ['ill-formed UTF-8', attribute('oauth.token.kid', (any) => any.bytes(1, Uint8Array.of(0xff)))],
  ]
  test.each(tail)('%s', (_what, extra) => {
    const body = rewriteSpan(encoded(tokenSpan), (message) => Buffer.concat([message, extra]))
    const both = Buffer.concat([body, encoded(tokenSpan)])
    const [bad, good] = spansIn(both)
    expect(bad).toMatchObject({ error: { name: 'RecordError' } })
    expect('span' in good!).toBe(true)
  })
})

describe('a body that cannot be read is refused whole', () => {
  test('cut off anywhere, it throws our error or leaves spans out, never anything else', () => {
    const body = encoded(tokenSpan)
    for (let length = 0; length < body.length; length++) readOrRefuse(body.subarray(0, length))
  })

  test('with bytes flipped at random, it throws only our error', () => {
    const body = encoded(tokenSpan)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(body.length - 1), fc.nat(255)), { minLength: 1 }),
        (flips) => {
          const changed = Uint8Array.from(body)
          for (const [at, byte] of flips) changed[at] = byte
          readOrRefuse(changed)
        },
      ),
      { numRuns: 2000 },
    )
  })

  test('limits hold: at the limit it reads, one more it throws', () => {
    const attributes = (n: number) =>
      rewriteSpan(encoded(tokenSpan), (message) =>
        Buffer.concat([
          message,
          ...Array.from({ length: n - tokenSpan.attributes.size }, (_, i) =>
            attribute(`x${i}`, (any) => any.text(1, 'y')),
          ),
        ]),
      )
    const { attributesMax } = defaultOtlpLimits
    expect('span' in spansIn(attributes(attributesMax))[0]!).toBe(true)
    expect('error' in spansIn(attributes(attributesMax + 1))[0]!).toBe(true)
    const limits = { ...defaultOtlpLimits, spansMax: 2 }
    expect(decodeTraceRequest(encoded(tokenSpan, tokenSpan), limits).auditSpans).toBe(2)
    expect(() => decodeTraceRequest(encoded(tokenSpan, tokenSpan, tokenSpan), limits)).toThrow(
      'more than 2 spans',
    )
  })

  test('containers are counted, empty ones too', () => {
    const scopes = (n: number) => field((w) => w.bytes(1, Buffer.from('1200'.repeat(n), 'hex')))
    const resources = (n: number) => Buffer.from('0a00'.repeat(n), 'hex')
    const limits = { ...defaultOtlpLimits, containersMax: 3 }
    for (const body of [resources(3), scopes(2)]) {
      expect(decodeTraceRequest(body, limits).groups).toEqual([])
    }
    for (const body of [resources(4), scopes(3), Buffer.concat([scopes(1), scopes(1)])]) {
      expect(() => decodeTraceRequest(body, limits)).toThrow('more than 3 resources and scopes')
    }
  })

  test('fields are counted, of unknown ones too', () => {
    const limits = { ...defaultOtlpLimits, fieldsMax: 5 }
    const bodies = (n: number) => [
      Buffer.from('1800'.repeat(n), 'hex'),
      field((w) => w.bytes(1, Buffer.from('2000'.repeat(n - 1), 'hex'))),
      field((w) => w.message(1, (r) => r.bytes(2, Buffer.from('1200'.repeat(n - 2), 'hex')))),
    ]
    for (const body of bodies(5)) expect(decodeTraceRequest(body, limits).groups).toEqual([])
    for (const body of bodies(6)) {
      expect(() => decodeTraceRequest(body, limits)).toThrow('more than 5 fields')
    }
  })

  test('batches are counted by signature and digests', () => {
    const limits = { ...defaultOtlpLimits, batchesMax: 2 }
    const signed = (digest: number) => {
      const digests = Uint8Array.of(digest)
      const attributes = [
        ['audit.integrity.value', 'a.b.c'],
        ['audit.integrity.digests', digests],
      ] as const
      return encodeTraceRequest([
        { resource: [], scope: { ...scope, attributes }, spans: [tokenSpan] },
      ])
    }
    const decode = (...bodies: Uint8Array[]) => decodeTraceRequest(Buffer.concat(bodies), limits)
    expect(decode(signed(1), signed(2), signed(1)).auditSpans).toBe(3)
    expect(() => decode(signed(1), signed(2), signed(3))).toThrow('more than 2 batches')
  })

  test('nesting is bounded', () => {
    const nested = (depth: number): Uint8Array => {
      let value = field((w) => w.text(1, 'deep'))
      for (let i = 0; i < depth; i++) {
        const inner = value
        value = field((w) => w.message(5, (array) => array.bytes(1, inner)))
      }
      return value
    }
    const body = (depth: number) =>
      rewriteSpan(encoded(tokenSpan), (message) =>
        Buffer.concat([
          message,
          field((w) =>
            w.message(9, (pair) => {
              pair.text(1, 'x')
              pair.bytes(2, nested(depth))
            }),
          ),
        ]),
      )
    expect('span' in spansIn(body(defaultOtlpLimits.depthMax - 1))[0]!).toBe(true)
    expect(spansIn(body(defaultOtlpLimits.depthMax))[0]).toMatchObject({
      error: { code: 'OTLP_LIMIT_EXCEEDED' },
    })
    expect(spansIn(body(5_000))[0]).toMatchObject({ error: { code: 'OTLP_LIMIT_EXCEEDED' } })
  })
})

describe('what is not audit passes through', () => {
  const foreign = { name: 'http', version: '', attributes: [] }
  const plain: Span = { ...tokenSpan, attributes: new Map([['http.route', '/x']]) }

  test('byte for byte, beside audit spans of the same request', () => {
    const theirs = encodeTraceRequest([
      { resource: [['service.name', 'a']], scope: foreign, spans: [plain] },
    ])
    const { passThrough, passThroughSpans, auditSpans } = decodeTraceRequest(
      Buffer.concat([encoded(tokenSpan), theirs]),
    )
    expect([passThroughSpans, auditSpans]).toEqual([1, 1])
    expect(Buffer.from(passThrough!).equals(theirs)).toBe(true)
  })

  test('more of them than audit spans may be, and unreadable ones: as they came', () => {
    const limits = { ...defaultOtlpLimits, spansMax: 1 }
    const broken = field((w) =>
      w.message(1, (resource) => {
        resource.message(1, (r) => r.bytes(1, Uint8Array.of(0xff)))
        resource.message(2, (scopeSpans) => {
          scopeSpans.message(1, (s) => s.bytes(1, Uint8Array.of(0xff)))
          const unreadable = attribute('audit.record.id', (any) => any.text(1, 'a')).slice(0, -1)
          for (const span of [unreadable, Uint8Array.of(0x0b), utf8('audit.record.id')]) {
            scopeSpans.bytes(2, span)
          }
        })
      }),
    )
    const decoded = decodeTraceRequest(Buffer.concat([broken, encoded(tokenSpan)]), limits)
    expect([decoded.auditSpans, decoded.passThroughSpans]).toEqual([1, 3])
    expect(Buffer.from(decoded.passThrough!).equals(broken)).toBe(true)
  })

  test('a span with a record id is audit in any scope, its neighbours are not', () => {
    const request = encodeTraceRequest([
      { resource: [], scope: foreign, spans: [plain, tokenSpan, plain] },
    ])
    const { auditSpans, passThroughSpans } = decodeTraceRequest(request)
    expect([auditSpans, passThroughSpans]).toEqual([1, 2])
  })

  test('without attributes that pretend to be the receiver’s', () => {
    const marked = {
      ...plain,
      attributes: new Map([
        ['grantlog.verdict', 'verified'],
        ['http.route', '/x'],
      ]),
    }
    const request = encodeTraceRequest([{ resource: [], scope: foreign, spans: [marked] }])
    const expected = encodeTraceRequest([{ resource: [], scope: foreign, spans: [plain] }])
    expect(Buffer.from(decodeTraceRequest(request).passThrough!).equals(expected)).toBe(true)
  })
})

function attribute(key: string, value: (any: WireWriter) => void): Uint8Array {
  return field((w) =>
    w.message(9, (pair) => {
      pair.text(1, key)
      pair.message(2, value)
    }),
  )
}

function shuffled<T>(items: T[], next: () => number): T[] {
  const keyed = items.map((item) => ({ item, key: next() }))
  return keyed.toSorted((a, b) => a.key - b.key).map(({ item }) => item)
}

function readOrRefuse(body: Uint8Array): void {
  try {
    decodeTraceRequest(body)
  } catch (error) {
    expect(error).toBeInstanceOf(RecordError)
  }
}
