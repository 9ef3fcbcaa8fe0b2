import type { Guarantee } from '@grantlog/record'
import { SdkError } from '../../codes.ts'
import { spooledTimeoutMs } from '../../limits.ts'
import type { Hold } from '../scopes.ts'

/** Responses that wait for their records. */
export interface Deadlines {
  /** Calls `decide` once: with null when all records are safe, else with why they are not. */
  readonly wait: (hold: Hold, decide: (error: unknown) => void) => void
  readonly waiting: () => number
  /** Ends all waits now. */
  readonly end: () => void
}

export function createDeadlines(blockingTimeoutMs: number): Deadlines {
  const open = new Set<(error: unknown) => void>()
  return {
    wait: ({ guarantee, tickets }, decide) => {
      const { stage, timeoutMs, code } = termsOf(guarantee, blockingTimeoutMs)
      const end = (error: unknown): void => {
        if (!open.delete(end)) return
        clearTimeout(timer)
        decide(error)
      }
      // The connection keeps the process alive, and nobody waits without one.
      const timer = setTimeout(end, timeoutMs, new SdkError(code, `${timeoutMs} ms`)).unref()
      open.add(end)
      Promise.all(tickets.map((ticket) => ticket.until(stage))).then(() => end(null), end)
    },
    waiting: () => open.size,
    end: () => {
      for (const one of open) one(new SdkError('RECORDS_UNSENT', 'the audit ends'))
    },
  }
}

function termsOf(guarantee: Guarantee, blockingTimeoutMs: number) {
  return guarantee === 'blocking'
    ? ({ stage: 'receipted', timeoutMs: blockingTimeoutMs, code: 'RESPONSE_WITHHELD' } as const)
    : ({ stage: 'spooled', timeoutMs: spooledTimeoutMs, code: 'GUARANTEE_LOWERED' } as const)
}
