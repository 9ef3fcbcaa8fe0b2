// What one tenant may have of what all share: unit, reason, and what happens beyond it. Each is
// tested at the limit and limit + 1.
import { LIMITS } from './limits.ts'

/** Limits of one tenant, so that it leaves their share to the others. */
export interface TenantLimits {
  /**
   * Requests in a second of which a signature is good; what no enrolled key signed is not counted.
   * → 429 + Retry-After
   */
  readonly requestsPerSecond: number
  /** Records in a second, counted once they are verified. → 429 + Retry-After */
  readonly recordsPerSecond: number
  /** Bytes, once verified, that are being committed: of a request or more. → 429 + Retry-After */
  readonly inFlightBytes: number
  /** Bytes of the tenant's folders on the disk. → 503 + Retry-After, until it has room again */
  readonly diskBytes: number
  /** Bytes and entries of its quarantine; see `quarantineBytes`. Beyond: counted and not kept */
  readonly quarantineBytes: number
  readonly quarantineEntries: number
}

/** The ledger in the data folder itself, which was there before there were tenants: no limits. */
export const MAIN_LIMITS: Omit<TenantLimits, 'quarantineBytes' | 'quarantineEntries'> = {
  requestsPerSecond: Infinity,
  recordsPerSecond: Infinity,
  inFlightBytes: Infinity,
  diskBytes: Infinity,
}

/**
 * A tenant's, where nothing is configured: a fourth of the bytes in flight, a half of what one core
 * verifies, a fourth of the quarantine; and of the disk what there is, which `doctor` calls weak.
 */
export const TENANT_LIMITS: TenantLimits = {
  requestsPerSecond: 1_000,
  recordsPerSecond: 20_000,
  inFlightBytes: LIMITS.inFlightBytes / 4,
  diskBytes: Infinity,
  quarantineBytes: LIMITS.quarantineBytes / 4,
  quarantineEntries: LIMITS.quarantineEntries / 4,
}

/** Tenants of one receiver: each has a journal, a keystore, timers and some MiB of memory. */
export const MAX_TENANTS = 100

/** Milliseconds between two additions of a tenant's folders, while it is not near its quota. */
export const DISK_USE_LOOK_MS = 60_000

/** Of the time, what adding up a tenant's folders may take: 0.1 s for 10,000 files. */
export const DISK_USE_SHARE_MAX = 0.1
