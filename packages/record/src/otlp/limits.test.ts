// Guarantee: one span, log record, resource or scope costs no more than its limit says; what is
// large pauses, whatever it is made of.
import { describe, expect, test } from '@jest/globals'
import { codeOf } from '../../test/code-of.ts'
import { concat, utf8 } from '../bytes.ts'
import { itemFieldsMax, resourceBytesMax, scopeBytesMax, spanBytesMax } from '../limits.ts'
import type { Work } from '../work.ts'
import { decodeTraceRequest, decodingTraceRequest } from './decode.ts'
import { decodeLogsRequest, decodingLogsRequest } from './logs.ts'
import { decodingMetricsRequest } from './metrics.ts'
import { WireWriter } from './wire.ts'

function field(number: number, ...parts: readonly Uint8Array[]): Uint8Array {
  const writer = new WireWriter()
  writer.bytes(number, concat(...parts))
  return writer.finish()
}

const times = (count: number, each: Uint8Array): Uint8Array => {
  const all = new Uint8Array(count * each.length)
  for (let at = 0; at < count; at++) all.set(each, at * each.length)
  return all
}
const request = (...items: readonly Uint8Array[]): Uint8Array => field(1, field(2, ...items))
/** A varint that nobody knows. */
const unknown = Uint8Array.of(0x78, 0x01)
const ours = field(1, field(1, utf8('@grantlog/x')))

describe.each([
  ['at the limit', 0, 'none'],
  ['over it', 1, 'OTLP_LIMIT_EXCEEDED'],
])('%s', (_what, more, code) => {
  test('fields of a span, or log record, that mentions our names', () => {
    const named = field(3, utf8('audit.record.id audit.integrity. grantlog.'))
    const item = field(2, named, times(itemFieldsMax - 1 + more, unknown))
    expect(codeOf(() => decodeTraceRequest(request(item)))).toBe(code)
    expect(codeOf(() => decodeLogsRequest(request(item)))).toBe(code)
    const keys = field(9, times(itemFieldsMax - 2 + more, Uint8Array.of(0x0a, 0x00)))
    expect(codeOf(() => decodeTraceRequest(request(field(2, named, keys))))).toBe(code)
  })

  test('bytes of an audit span', () => {
    const length = spanBytesMax - 4 + more
    const body = request(ours, field(2, field(3, new Uint8Array(length))))
    const [span] = decodeTraceRequest(body).groups[0]!.spans
    const error = span && 'error' in span ? span.error.code : 'none'
    // At the limit it is read, and lacks all that a record has.
    expect(error).toBe(code === 'none' ? 'RECORD_MALFORMED' : code)
  })

  test('bytes of the scope of audit spans', () => {
    const name = field(1, utf8('@grantlog/x'))
    const scope = field(1, name, field(9, new Uint8Array(scopeBytesMax - name.length - 4 + more)))
    expect(codeOf(() => decodeTraceRequest(request(scope, field(2))))).toBe(code)
  })

  test('bytes of the resource of audit spans, of which nothing is told beyond it', () => {
    const attribute = field(1, field(1, utf8('a')), field(2, field(1, utf8('b'))))
    const rest = field(9, new Uint8Array(resourceBytesMax - attribute.length - 3 + more))
    const body = field(1, field(1, attribute, rest), field(2, ours, field(2)))
    const { resource } = decodeTraceRequest(body).groups[0]!
    expect(resource).toEqual(code === 'none' ? { a: { stringValue: 'b' } } : {})
  })
})

describe('is left for a moment again and again', () => {
  const pauses = (work: Work<unknown>): number => {
    let count = 0
    while (!work.next().done) count++
    return count
  }
  const small = times(20_000, field(2, unknown))

  test('a request of many items', () => {
    expect(pauses(decodingTraceRequest(request(small)))).toBeGreaterThan(5)
    expect(pauses(decodingLogsRequest(request(small)))).toBeGreaterThan(5)
    expect(pauses(decodingMetricsRequest(request(small)))).toBeGreaterThan(5)
  })

  test('one metric of many points', () => {
    const metric = field(2, field(5, times(20_000, Uint8Array.of(0x0a, 0x00))))
    expect(pauses(decodingMetricsRequest(request(metric)))).toBeGreaterThan(5)
  })

  test('audit spans, each with a resource of its own', () => {
    const one = field(1, field(1, times(2_000, unknown)), field(2, ours, field(2)))
    expect(pauses(decodingTraceRequest(times(100, one)))).toBeGreaterThan(20)
  })
})
