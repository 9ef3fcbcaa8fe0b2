import { expect, test } from '@jest/globals'
import { tokenSpan } from '../../test/spans.ts'
import type { AttributeValue } from '../span.ts'
import { decodeTraceRequest } from './decode.ts'
import { encodeTraceRequest } from './encode.ts'
import { wireFields } from './wire.ts'

const scopeOf = (attributes: [string, AttributeValue | Uint8Array][] = []) => ({
  ...{ name: '@grantlog/test', version: '1', attributes },
})

/** The span as it travels. */
const bytes = ((): Uint8Array => {
  const one = encodeTraceRequest([{ resource: [], scope: scopeOf(), spans: [tokenSpan] }])
  const inner = (of: Uint8Array): Uint8Array => [...wireFields(of)].at(-1)!.bytes
  return inner(inner(inner(one)))
})()

test('a batch of records as bytes is made in one piece of memory, with little to spare', () => {
  const digests = new Uint8Array(300 * 32)
  const scope = scopeOf([['audit.integrity.digests', digests]])
  const spans = Array.from({ length: 300 }, () => bytes)
  const before = process.memoryUsage().arrayBuffers
  const body = encodeTraceRequest([{ resource: [['service.name', 'shop']], scope, spans }])
  const taken = process.memoryUsage().arrayBuffers - before
  expect(body.buffer.byteLength - body.length).toBeLessThan(300 * 12 + 1_000)
  // Had it grown, there would be what it was before, too.
  expect(taken - body.buffer.byteLength).toBeLessThan(16_384)
  expect(decodeTraceRequest(body).groups[0]!.spans).toHaveLength(300)
})

test.each([
  ['longer in UTF-8 than expected', 'ü€😀'.repeat(5_000)],
  ['as long as expected', 'x'.repeat(20_000)],
])('a text that is %s comes out whole', (_, text) => {
  const groups = [{ resource: [['service.name', text]] as const, scope: scopeOf(), spans: [bytes] }]
  const body = encodeTraceRequest(groups)
  const { groups: read } = decodeTraceRequest(body)
  expect(read[0]!.spans).toHaveLength(1)
  expect(Buffer.from(body).includes(Buffer.from(text))).toBe(true)
  expect(body.at(-1)).toBe(bytes.at(-1))
})
