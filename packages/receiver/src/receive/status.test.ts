import { expect, test } from '@jest/globals'
import { encodeResponse, encodeRetryStatus, encodeStatus } from './status.ts'

const spans = { signal: 'traces', rejected: 300, message: 'no' } as const

// Bytes of `protoc --encode` for google.rpc.Status and ExportTraceServiceResponse.
test('a Status is its code and message', () => {
  expect(encodeStatus(3, 'no').toString('hex')).toBe('080312026e6f')
})

test('a response without refusals is empty', () => {
  expect(encodeResponse({ signal: 'traces', rejected: 0, message: '' })).toHaveLength(0)
})

test('a response with refusals is a partial_success', () => {
  expect(encodeResponse(spans).toString('hex')).toBe('0a0708ac0212026e6f')
})

test('in JSON, 64-bit integers are strings, and nothing refused is an empty object', () => {
  const json = (partial: Parameters<typeof encodeResponse>[0]): string =>
    encodeResponse(partial, 'json').toString()
  expect(json({ ...spans, rejected: 0, message: '' })).toBe('{}')
  const told = '{"partialSuccess":{"rejectedSpans":"300","errorMessage":"no"}}'
  expect(json(spans)).toBe(told)
  expect(json({ ...spans, signal: 'logs' })).toBe(told.replace('Spans', 'LogRecords'))
  expect(json({ ...spans, signal: 'metrics' })).toBe(told.replace('Spans', 'DataPoints'))
  expect(encodeStatus(3, 'no', 'json').toString()).toBe('{"code":3,"message":"no"}')
})

test('a Status to come again has a RetryInfo', () => {
  const type = Buffer.from('type.googleapis.com/google.rpc.RetryInfo').toString('hex')
  const any = `0a28${type}12040a020801`
  expect(encodeRetryStatus(14, 'no', 1).toString('hex')).toBe(`080e12026e6f1a30${any}`)
})
