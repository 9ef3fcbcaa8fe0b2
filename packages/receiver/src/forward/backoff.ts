// How long to wait before a sink is tried again: doubled each time, with full jitter so that many
// receivers do not come back at once (OTLP specification, "Failures").
import { MAX_SINK_RETRY_AFTER_S } from '../limits.ts'

export interface BackoffOptions {
  readonly minMs: number
  readonly maxMs: number
  /** A number from 0 to below 1. */
  readonly random: () => number
}

/**
 * Milliseconds before retry number `attempt`, from 1 on. What the sink asked for in Retry-After is
 * a lower bound.
 */
export function backoffMs(attempt: number, retryAfterMs: number, options: BackoffOptions): number {
  const { minMs, maxMs, random } = options
  const ceiling = Math.min(maxMs, minMs * 2 ** Math.min(attempt - 1, 30))
  return retryAfterMs + Math.round(ceiling * (0.5 + random() / 2))
}

/**
 * Milliseconds of a Retry-After header: seconds, or an HTTP date (RFC 9110, 10.2.3). 0 without one,
 * and for one that is neither.
 */
export function retryAfterMs(header: string | null | undefined, now: number): number {
  if (header === null || header === undefined) return 0
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - now) / 1000
  return Math.min(Math.max(seconds || 0, 0), MAX_SINK_RETRY_AFTER_S) * 1000
}
