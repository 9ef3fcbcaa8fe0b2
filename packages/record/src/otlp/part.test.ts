import { expect, test } from '@jest/globals'
import { decodeTraceRequest } from './decode.ts'
import { encodeTraceRequest } from './encode.ts'
import { partOfRequest } from './part.ts'
import { concat } from '../bytes.ts'
import type { Span } from '../span.ts'

const span = (name: string): Span => ({
  ...{ traceId: '0af7651916cd43dd8448eb211c80319c', spanId: '00f067aa0ba902b7', parentSpanId: '' },
  ...{ name, kind: 2, startTimeUnixNano: 1_000n, endTimeUnixNano: 2_000n },
  status: { code: 1, message: '' },
  attributes: new Map(),
})

const request = (scope: string, ...names: string[]): Uint8Array =>
  encodeTraceRequest([
    {
      resource: [['service.name', scope]],
      scope: { name: scope, version: '1', attributes: [] },
      spans: names.map(span),
    },
  ])

test('a part has the spans of its groups, byte for byte, and nothing of the others', () => {
  const [one, other] = [request('@grantlog/a', 'x', 'y'), request('@grantlog/b', 'z')]
  const whole = concat(one, request('http', 'GET'), other)
  const { groups } = decodeTraceRequest(whole)
  expect(partOfRequest(whole, [groups[0]!])).toEqual(one)
  expect(partOfRequest(whole, [groups[1]!])).toEqual(other)
  expect(partOfRequest(whole, groups)).toEqual(concat(one, other))
  expect(partOfRequest(whole, [])).toHaveLength(0)
})
