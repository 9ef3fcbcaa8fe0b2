// What was refused for a key that was not enrolled, taken from the quarantine once the key is: the
// steps of pipeline.ts without a sender to answer, in turns with what senders wait for. See
// quarantine.test.ts and again.test.ts.
import type { AuditGroup } from '@grantlog/record/otlp'
import { commitVerified } from './commit/commit.ts'
import type { PipelineParts } from './pipeline.ts'
import type { Pace } from './turns.ts'

/** How a request of so many bytes is gone through. */
export interface AgainPace {
  readonly bytes: number
  readonly pace: Pace
}

export type TakeAgain = (groups: readonly AuditGroup[], how: AgainPace) => Promise<number>

/** Commits what verifies by now; gives the number of records that were not there before. */
export function createTakeAgain(
  parts: Pick<PipelineParts, 'chain' | 'ledger' | 'limits' | 'register' | 'verify'>,
): TakeAgain {
  const { chain, ledger, limits, register, verify } = parts
  const { receiptsPerResponse: maxReceipts } = limits
  return async (groups, { bytes, pace }) => {
    for (let taken = 0; ;) {
      const { committed, verified } = await register.use(async () =>
        commitVerified(await pace(verify(groups), bytes), { ledger, maxReceipts, pace }),
      )
      chain.committed(verified.batches)
      taken += committed.committed
      if (verified.deferred === 0) return taken
    }
  }
}
