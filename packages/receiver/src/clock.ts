// The clock that says when records came may be set, forwards or back, while the receiver runs.
// `receivedAt` in the log never decreases: after a step back it stands still until the clock has
// caught up, so the step is told, or else nobody could say which of those times to believe.
// Whatever waits, waits by a clock that is never set. See clock.test.ts.
import type { Log } from './flow.ts'
import { CLOCK_JUMP_MS } from './limits.ts'

export interface ClockOptions {
  /** Unix milliseconds. */
  readonly now: () => number
  /** Milliseconds of a clock that never goes back. */
  readonly uptimeMs: () => number
  readonly log: Log
}

/** JSON of /readyz. */
export interface ClockStatus {
  /** How often the clock was set by more than a second since the start. */
  readonly jumps: number
  /** By how many milliseconds the last time; negative: back. */
  readonly lastJumpMs: number
}

export interface ClockWatch {
  readonly status: ClockStatus
  look(): void
}

export function watchClock({ log, now, uptimeMs }: ClockOptions): ClockWatch {
  let jumps = 0
  let lastJumpMs = 0
  let offset = now() - uptimeMs()
  return {
    get status() {
      return { jumps, lastJumpMs }
    },
    look() {
      const byMs = Math.round(now() - uptimeMs() - offset)
      if (Math.abs(byMs) < CLOCK_JUMP_MS) return
      offset += byMs
      jumps++
      lastJumpMs = byMs
      log({ code: 'CLOCK_JUMPED', level: 'warn', byMs })
    },
  }
}
