// How long to wait before a sink is tried again: doubled each time, with full jitter so that many
// receivers do not come back at once (OTLP specification, "Failures").

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
