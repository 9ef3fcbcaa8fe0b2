// Each minute, streams that fell silent are noted in the log (FORMAT.md, 3.2). A minute in which
// something could not be committed is none: then it is us who did not listen. See silence.test.ts.
import type { StreamName } from '@grantlog/ledger'
import type { Log } from '../flow.ts'

export interface SilenceOptions {
  readonly ledger: { readonly failures: number; minute(): Promise<readonly StreamName[]> }
  readonly log: Log
}

/** What to call each minute; never rejects: what failed is logged there, and comes again. */
export function silenceWatch({ ledger, log }: SilenceOptions): () => Promise<void> {
  let failures = 0
  let running = false
  return async () => {
    if (running) return
    if (ledger.failures !== failures) {
      failures = ledger.failures
      return
    }
    running = true
    try {
      for (const { instance, kid } of await ledger.minute()) {
        log({ code: 'STREAM_UNCLOSED', level: 'warn', kid, instance })
      }
    } catch {
      failures = ledger.failures - 1
    } finally {
      running = false
    }
  }
}
