// Refused spans leave a trace in the log without filling it: one `refusals` leaf per sender and
// minute, with counts by reason (FORMAT.md, 3.2). Senders are enrolled kids or `unknown`, so that a
// stranger cannot make many. See refusals.test.ts.
import { jcsBytes } from '@grantlog/record'
import type { RefusalCode } from '../codes.ts'
import type { Refusal } from '../flow.ts'

const MINUTE_MS = 60_000

export interface RefusalLedger {
  add(refusals: readonly Refusal[]): void
  /** Commits the minutes that are over; with `all`, the current one too. Failed ones stay. */
  flush(all?: boolean): Promise<void>
}

/**
 * `commit` makes one leaf of the content: JCS `{"minute": Unix ms, "reasons": {…}, "sender": …}`.
 */
export function createRefusalLedger(
  commit: (content: Uint8Array) => Promise<unknown>,
  now: () => number,
): RefusalLedger {
  const minutes = new Map<number, Map<string, Partial<Record<RefusalCode, number>>>>()
  return {
    add(refusals) {
      const minute = now() - (now() % MINUTE_MS)
      for (const { code, sender, spans } of refusals) {
        const senders = minutes.get(minute) ?? new Map<string, Record<string, number>>()
        minutes.set(minute, senders)
        const reasons = senders.get(sender) ?? {}
        senders.set(sender, { ...reasons, [code]: (reasons[code] ?? 0) + spans })
      }
    },
    async flush(all = false) {
      const current = now() - (now() % MINUTE_MS)
      for (const [minute, senders] of minutes) {
        if (minute === current && !all) continue
        for (const [sender, reasons] of senders) {
          senders.delete(sender)
          try {
            await commit(jcsBytes({ minute, reasons, sender }))
          } catch (error) {
            senders.set(sender, reasons)
            throw error
          }
        }
        if (senders.size === 0) minutes.delete(minute)
      }
    },
  }
}
