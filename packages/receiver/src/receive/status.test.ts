import { expect, test } from '@jest/globals'
import { encodeStatus, encodeTraceResponse } from './status.ts'

// Bytes of `protoc --encode` for google.rpc.Status and ExportTraceServiceResponse.
test('a Status is its code and message', () => {
  expect(encodeStatus(3, 'no').toString('hex')).toBe('080312026e6f')
})

test('a response without refusals is empty', () => {
  expect(encodeTraceResponse(0, '')).toHaveLength(0)
})

test('a response with refusals is a partial_success', () => {
  expect(encodeTraceResponse(300, 'no').toString('hex')).toBe('0a0708ac0212026e6f')
})
