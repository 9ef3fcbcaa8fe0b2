// A sink that does not take what it is sent: how long to wait, and what is said of it. An outage
// may last for days, so each reason is said once, and its end once.
// See test/crash/forward-days.test.ts.
import type { Log } from '../flow.ts'
import { type Limits, MAX_REASONS_TOLD, QUIET_FAILURES } from '../limits.ts'
import { backoffMs } from './backoff.ts'

/** Time as a consumer sees it; tests let days pass in it. */
export interface Timing {
  /** Unix milliseconds, of a clock that may be set. */
  readonly now: () => number
  /** Milliseconds of a clock that never goes back. */
  readonly uptimeMs: () => number
  /** From 0 to below 1. */
  readonly random: () => number
  /** Resolves after so many milliseconds, or when the signal aborts. */
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>
}

export interface OutageOptions {
  readonly sink: string
  readonly source: string
  readonly limits: Pick<Limits, 'backoffMinMs' | 'backoffMaxMs'>
  readonly timing: Timing
  readonly log: Log
  /** Ends every wait. */
  readonly signal: AbortSignal
}

/** What is seen of an outage from outside. */
export interface OutageState {
  /** Failed attempts in a row; 0 when the sink is well. */
  attempts: number
  /** Why the last of them failed; empty when the sink is well. */
  reason: string
}

export interface Outage {
  /** Counts a failed attempt and waits before the next, longer each time. */
  wait(reason: string, retryAfterMs?: number): Promise<void>
  /** The sink answered as it should. */
  end(): void
}

/** Reasons that often pass by themselves; of all else, as of no HTTP, somebody is told at once. */
const TRANSIENT = /^(HTTP (429|5\d\d)\b.*|(?!HPE_)[A-Z_]+|(Timeout|NoLivingConnections)Error)$/

export function createOutage(options: OutageOptions, state: OutageState): Outage {
  const { limits, log, signal, timing } = options
  const place = { sink: options.sink, source: options.source }
  const backoff = {
    minMs: limits.backoffMinMs,
    maxMs: limits.backoffMaxMs,
    random: timing.random,
  }
  const told = new Set<string>()
  let since = 0
  return {
    async wait(reason, retryAfterMs = 0) {
      if (state.attempts === 0) since = timing.uptimeMs()
      state.attempts++
      state.reason = reason
      const waitMs = backoffMs(state.attempts, retryAfterMs, backoff)
      const isTransient = TRANSIENT.test(reason)
      const isQuiet = isTransient && state.attempts < QUIET_FAILURES
      if (!signal.aborted && !isQuiet && !told.has(reason) && told.size < MAX_REASONS_TOLD) {
        const level = isTransient ? 'warn' : 'error'
        log({ code: 'SINK_DOWN', level, ...place, reason, attempt: state.attempts, waitMs })
        told.add(reason)
      }
      await timing.sleep(waitMs, signal)
    },
    end() {
      if (told.size > 0) {
        const downMs = Math.round(timing.uptimeMs() - since)
        log({ code: 'SINK_BACK', level: 'info', ...place, attempts: state.attempts, downMs })
      }
      told.clear()
      Object.assign(state, { attempts: 0, reason: '' })
    },
  }
}
