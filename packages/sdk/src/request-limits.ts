// What goes in one request: as much as we would, and no more than the receiver tells (FORMAT.md 7).
import type { ProducerLimits } from '@grantlog/record'
import { batchRecordsMax, requestBatchesMax, requestBytesMax } from './limits.ts'

export interface RequestLimits {
  /** Batches, which are as many signatures. */
  readonly batches: number
  /** Bytes of a body. */
  readonly bytes: number
  /** Records in a batch of these: no one batch is more than a body. */
  readonly recordsIn: (waiting: readonly { readonly bytes: number }[]) => number
}

export interface ChangingLimits extends RequestLimits {
  readonly change: (told: ProducerLimits) => void
}

/** Those of this SDK, until others are told. */
export function createRequestLimits(): ChangingLimits {
  let [batches, bytes] = [requestBatchesMax, requestBytesMax]
  return {
    get batches() {
      return batches
    },
    get bytes() {
      return bytes
    },
    recordsIn: (waiting) => {
      // What a batch of ours has in all: nothing is to be counted.
      if (bytes === requestBytesMax) return batchRecordsMax
      return recordsWithin(waiting, bytes)
    },
    change: ({ batchesPerRequest, bytesPerRequest }) => {
      batches = Math.min(requestBatchesMax, Math.max(1, batchesPerRequest))
      bytes = Math.min(requestBytesMax, bytesPerRequest)
    },
  }
}

/** Half of the bytes are for what is around the records. One record alone is tried in any case. */
function recordsWithin(waiting: readonly { readonly bytes: number }[], bytesMax: number): number {
  let records = 0
  let sum = 0
  for (const { bytes } of waiting) {
    sum += bytes
    if (records === batchRecordsMax || (records > 0 && sum > bytesMax / 2)) break
    records++
  }
  return Math.max(1, records)
}
