// What was refused for a key that was not enrolled, taken from the quarantine once the key is: the
// steps of pipeline.ts without a sender to answer. See quarantine.test.ts.
import { type AuditGroup, done } from '@grantlog/record/otlp'
import { commitVerified } from './commit/commit.ts'
import type { PipelineParts } from './pipeline.ts'
import { atOnce } from './turns.ts'

/** Commits what verifies by now; gives the number of records that were not there before. */
export function createTakeAgain(
  parts: Pick<PipelineParts, 'chain' | 'ledger' | 'limits' | 'register' | 'verify'>,
): (groups: readonly AuditGroup[]) => Promise<number> {
  const { chain, ledger, limits, register, verify } = parts
  const { receiptsPerResponse: maxReceipts } = limits
  return async (groups) => {
    for (let taken = 0; ;) {
      const { committed, verified } = await register.use(() =>
        commitVerified(done(verify(groups)), { ledger, maxReceipts, pace: atOnce }),
      )
      chain.committed(verified.batches)
      taken += committed.committed
      if (verified.deferred === 0) return taken
    }
  }
}
