import { refusalBaseMs, refusalMaxMs, retryAfterMaxMs, retryBaseMs, retryMaxMs } from '../limits.ts'

/**
 * Milliseconds before try number `failures` + 1: doubling up to a maximum, half of it random so
 * that a fleet does not come back in step. `random` is in [0, 1).
 */
export function backoffMs(failures: number, random: number): number {
  const full = Math.min(retryMaxMs, retryBaseMs * 2 ** Math.min(failures - 1, 16))
  return Math.round(full / 2 + (full / 2) * random)
}

/** Milliseconds before what was refused `refusals` times is sent again. */
export function refusalBackoffMs(refusals: number, random: number): number {
  const full = Math.min(refusalMaxMs, refusalBaseMs * 2 ** Math.min(refusals - 1, 16))
  return Math.round(full / 2 + (full / 2) * random)
}

/** Milliseconds of a Retry-After header (RFC 9110 section 10.2.3), bounded; null if it has none. */
export function retryAfterMs(header: string | undefined, nowMs: number): number | null {
  if (header === undefined) return null
  const wait = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - nowMs
  return Number.isNaN(wait) ? null : Math.min(Math.max(wait, 0), retryAfterMaxMs)
}
