// What one tenant may have of what all share: turns of the processor, memory and disk. Asked before
// anything of a request is verified, and taken once it is. Only what an enrolled key signed is
// counted: whoever claims a tenant's key without having it uses none of that tenant's share. See
// share.test.ts.
import { ReceiverError } from '../codes.ts'
import { countSpans, type Refusal } from '../flow.ts'
import type { TenantLimits } from '../tenant-limits.ts'
import { createBucket } from './bucket.ts'
import type { DiskUse } from './disk-use.ts'

export interface ShareOptions {
  readonly limits: Pick<TenantLimits, 'inFlightBytes' | 'recordsPerSecond' | 'requestsPerSecond'>
  readonly disk: Pick<DiskUse, 'add' | 'isFull'>
  /** Milliseconds of a clock that never goes back. */
  readonly uptimeMs: () => number
}

/** What was verified of a request, as far as it is counted. */
export interface Judged {
  readonly batches: readonly { readonly records: readonly unknown[] }[]
  readonly refusals: readonly Refusal[]
  readonly repeats: number
}

export interface Share {
  /** Bytes that are being committed. */
  readonly inFlightBytes: number
  /** Requests that were refused, by limit. */
  readonly refused: Readonly<Record<'inFlight' | 'rate' | 'disk', number>>
  /** Looks whether `enter` would let it in, and takes nothing. Errors: the same. */
  require(bytes: number): void
  /**
   * Lets a request of so many bytes in, until what it gives is called. A single one is let in
   * whatever its size. Errors: RECEIVER_TENANT_BUSY, RECEIVER_TENANT_FULL.
   */
  enter(bytes: number): () => void
  /** Counts what was verified of a request of so many bytes. */
  count(judged: Judged, bytes: number): void
  /** Counts so many records, log records too, that were taken from a request of so many bytes. */
  countTaken(records: number, bytes: number): void
}

export function createShare({ disk, limits, uptimeMs }: ShareOptions): Share {
  const requests = createBucket(limits.requestsPerSecond, uptimeMs)
  const records = createBucket(limits.recordsPerSecond, uptimeMs)
  const refused = { inFlight: 0, rate: 0, disk: 0 }
  let inFlightBytes = 0

  function requireRate(): void {
    const waitMs = Math.max(requests.waitMs(), records.waitMs())
    if (waitMs === 0) return
    refused.rate++
    throw busy('its requests or records in a second', waitMs)
  }

  function requireRoom(bytes: number): void {
    if (disk.isFull) {
      refused.disk++
      throw new ReceiverError('RECEIVER_TENANT_FULL')
    }
    requireRate()
    if (inFlightBytes > 0 && inFlightBytes + bytes > limits.inFlightBytes) {
      refused.inFlight++
      throw busy('its bytes in flight', 0)
    }
  }

  function countTaken(taken: number, bytes: number): void {
    if (taken === 0) return
    disk.add(bytes)
    requests.take(1)
    records.take(taken)
  }

  return {
    get inFlightBytes() {
      return inFlightBytes
    },
    refused,
    require: requireRoom,
    enter(bytes) {
      requireRoom(bytes)
      inFlightBytes += bytes
      return () => {
        inFlightBytes -= bytes
      }
    },
    count({ batches, refusals, repeats }, bytes) {
      const proven = countSpans(refusals.filter(({ instance }) => instance !== undefined))
      const good = batches.reduce((sum, each) => sum + each.records.length, 0)
      countTaken(good + repeats + proven, bytes)
    },
    countTaken,
  }
}

/**
 * What no key of the tenant signed has no part in its share, however long it waited for a turn.
 * Errors: those of `enter`; then what was verified is released.
 */
export function enterVerified(
  verified: Judged & { readonly release: () => void },
  { bytes, share }: { readonly bytes: number; readonly share: Pick<Share, 'count' | 'enter'> },
): () => void {
  try {
    const leave = verified.batches.length > 0 ? share.enter(bytes) : () => undefined
    share.count(verified, bytes)
    return leave
  } catch (error) {
    verified.release()
    throw error
  }
}

function busy(what: string, waitMs: number): ReceiverError {
  const retryAfterS = Math.max(1, Math.ceil(waitMs / 1_000))
  return new ReceiverError('RECEIVER_TENANT_BUSY', what, { retryAfterS })
}
