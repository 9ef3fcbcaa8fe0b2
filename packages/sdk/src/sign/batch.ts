// Batches: consecutive records under one signature, chained by the previous root (FORMAT.md 2.1).
import { sign, type KeyObject } from 'node:crypto'
import { signBatch } from '@grantlog/record'
import type { SealedRecord, SignedRecords } from '../event.ts'
import { sha256 } from '../sha256.ts'

export interface BatchSignerOptions {
  readonly privateKey: KeyObject
  readonly kid: string
  readonly audience: string
  readonly instance: string
  readonly nowMs: () => number
  /** Of the batch before, where the stream goes on from there. */
  readonly prevRoot?: string
}

/** How many of the waiting records have consecutive numbers: a batch ends at a gap. */
export function runLength(records: readonly SealedRecord[], recordsMax: number): number {
  const first = records[0]?.sequence
  if (first === undefined) return 0
  const end = Math.min(records.length, recordsMax)
  let length = 1
  while (length < end && records[length]?.sequence === first + length) length++
  return length
}

/** Signs batches of one stream; each call continues the chain. */
export function createBatchSigner(
  options: BatchSignerOptions,
): (records: readonly SealedRecord[]) => SignedRecords {
  const { privateKey, kid, audience, instance, nowMs } = options
  let { prevRoot = '' } = options
  return (records) => {
    const firstSequence = records[0]?.sequence ?? 0
    const { jws, root, digests } = signBatch({
      digests: records.map(({ digest }) => digest),
      kid,
      // node:crypto: the algorithm of an Ed25519 key is the key's own (RFC 8032, pure).
      sign: (data) => sign(null, data, privateKey),
      sha256,
      aud: audience,
      firstSeq: firstSequence,
      iat: Math.floor(nowMs() / 1000),
      instance,
      prevRoot,
    })
    prevRoot = root
    return { records, firstSequence, jws, root, digests }
  }
}
