// Each minute, streams that fell silent are noted in the log (FORMAT.md, 3.2). A minute in which
// something could not be committed is none: then it is us who did not listen. See silence.test.ts.
import type { StreamName } from '@grantlog/ledger'
import type { Log } from '../flow.ts'

export interface SilenceOptions {
  readonly ledger: { readonly failures: number; minute(): Promise<readonly StreamName[]> }
  readonly log: Log
}

export interface SilenceWatch {
  /** To be called each minute. Never rejects: what failed is logged there, and comes again. */
  minute(): Promise<void>
  /** Resolves when nothing of a minute is under way; from then on there are none. */
  close(): Promise<void>
}

export function silenceWatch({ ledger, log }: SilenceOptions): SilenceWatch {
  let failures = 0
  let running: Promise<void> | undefined
  let isClosed = false

  async function note(): Promise<void> {
    try {
      for (const { instance, kid } of await ledger.minute()) {
        log({ code: 'STREAM_UNCLOSED', level: 'warn', kid, instance })
      }
    } catch {
      failures = ledger.failures - 1
    }
  }

  return {
    async minute() {
      if (running || isClosed) return
      if (ledger.failures !== failures) {
        failures = ledger.failures
        return
      }
      running = note().finally(() => (running = undefined))
      await running
    },
    async close() {
      isClosed = true
      await running
    },
  }
}
