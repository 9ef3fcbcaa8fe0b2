// How much of the disk a tenant has: its folders are added up now and then, and what it was given
// since is counted by the bytes of its requests, which is near to what they take. See
// disk-use.test.ts.
import type { Log } from '../flow.ts'
import { DISK_USE_LOOK_MS, DISK_USE_SHARE_MAX } from '../tenant-limits.ts'

export interface DiskUseOptions {
  /** Bytes that it may have; Infinity: nobody looks. */
  readonly quotaBytes: number
  /** Adds its folders up: bytes on the disk. */
  readonly sizeOf: () => Promise<number>
  /** Milliseconds of a clock that never goes back. */
  readonly uptimeMs: () => number
  readonly log: Log
}

export interface DiskUse {
  /** Null where nobody looks. */
  readonly bytes: number | null
  /** Bytes that it may have; null: no quota. */
  readonly quotaBytes: number | null
  readonly isFull: boolean
  /** So many bytes were taken. */
  add(bytes: number): void
  /** Adds up anew when it is time: sooner when it seems full. Never rejects. */
  look(): Promise<void>
}

export function watchDiskUse({ log, quotaBytes, sizeOf, uptimeMs }: DiskUseOptions): DiskUse {
  let bytes = 0
  let isTold = false
  let next = -Infinity
  let looking: Promise<void> | undefined
  let since = 0

  function tell(): void {
    const isFull = bytes >= quotaBytes
    if (isFull === isTold) return
    isTold = isFull
    const details = { bytes, quotaBytes }
    if (isFull) log({ code: 'TENANT_FULL', level: 'error', ...details })
    else log({ code: 'TENANT_HAS_ROOM', level: 'info', ...details })
  }

  async function measure(): Promise<void> {
    const from = uptimeMs()
    since = 0
    try {
      bytes = await sizeOf()
      // What came meanwhile may not have been seen.
      bytes += since
      tell()
    } catch (error) {
      log({ code: 'TENANT_SIZE_UNKNOWN', level: 'warn', detail: String(error) })
    }
    next = uptimeMs() + (uptimeMs() - from) / DISK_USE_SHARE_MAX
  }

  return {
    get bytes() {
      return quotaBytes === Infinity ? null : bytes
    },
    quotaBytes: quotaBytes === Infinity ? null : quotaBytes,
    get isFull() {
      return bytes >= quotaBytes
    },
    add(more) {
      bytes += more
      since += more
    },
    async look() {
      if (quotaBytes === Infinity) return
      const now = uptimeMs()
      const isDue = bytes >= quotaBytes ? now >= next : now >= next + DISK_USE_LOOK_MS
      if (isDue) looking ??= measure().finally(() => (looking = undefined))
      await looking
    },
  }
}
