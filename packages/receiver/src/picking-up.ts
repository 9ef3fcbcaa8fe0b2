// What other processes hand over to be sealed: validations, and findings with what becomes of them.
import { startFindings } from './findings/pickup.ts'
import type { WatchedLedger } from './ledger.ts'
import type { Settled } from './options.ts'
import { type Pickup, startPickup } from './validation/pickup.ts'

export async function startPickingUp(
  { folders, ledger, limits, log, now, reconciled: intervals }: Settled,
  { commitContent }: WatchedLedger,
  started: AsyncDisposableStack,
): Promise<Pickup> {
  const own = {
    get nextFrame() {
      return ledger.nextFrame
    },
    leaves: (from: number, to: number) => ledger.leaves(from, to),
    commitContent,
  }
  const { findingLookMs, validationLookMs: lookMs } = limits
  const pickup = await startPickup({ folders, ledger: own, intervals, lookMs, now, log })
  started.defer(() => pickup.close())
  const findings = startFindings({ folders, ledger: own, lookMs: findingLookMs, log })
  started.defer(() => findings.close())
  return pickup
}
