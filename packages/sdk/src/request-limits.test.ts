// Guarantee: what the receiver tells makes requests smaller, and never larger than they are.
import { expect, test } from '@jest/globals'
import { batchRecordsMax, requestBatchesMax, requestBytesMax } from './limits.ts'
import { createRequestLimits } from './request-limits.ts'

const waiting = Array.from({ length: 600 }, () => ({ bytes: 1_000 }))

test('they are those of the SDK until others are told', () => {
  const limits = createRequestLimits()
  const own = [requestBatchesMax, requestBytesMax, batchRecordsMax]
  expect([limits.batches, limits.bytes, limits.recordsIn(waiting)]).toEqual(own)
  limits.change({ batchesPerRequest: 1_000, bytesPerRequest: 1e9 })
  expect([limits.batches, limits.bytes, limits.recordsIn(waiting)]).toEqual(own)
})

test.each([
  [100_000, 50],
  [2_000, 1],
  [0, 1],
  [requestBytesMax - 1, batchRecordsMax],
])('a body of %d bytes has %d records of a thousand', (bytesPerRequest, records) => {
  const limits = createRequestLimits()
  limits.change({ batchesPerRequest: 0, bytesPerRequest })
  expect([limits.batches, limits.bytes, limits.recordsIn(waiting)]).toEqual([
    ...[1, bytesPerRequest],
    records,
  ])
})
