// Seals what a comparison came to. A receiver that runs holds the ledger: it picks the file up.
// Otherwise the same is done here, and a crash in between leaves it to the next who comes.
import {
  encodeValidation,
  type Folders,
  handOver,
  LedgerError,
  openLedger,
  sealHandedOver,
} from '@grantlog/ledger'
import { type ReconcileReport, validationOf } from '@grantlog/query'
import type { Kept } from './reconcile-files.ts'

export interface SealOutcome {
  /** `handed over`: the receiver seals it within a second or two. */
  readonly state: 'sealed' | 'handed over'
  /** The leaf; null when it is not there yet. */
  readonly index: number | null
}

/** Errors: those of the ledger but LEDGER_LOCKED. */
export async function sealReport(
  folders: Folders,
  of: Kept & { readonly report: ReconcileReport; readonly frame: number },
): Promise<SealOutcome> {
  const { digest, frame, id, report } = of
  const content = encodeValidation(validationOf(report, digest))
  await handOver(folders, { type: 'validation', id, frame, content })
  try {
    const ledger = await openLedger(folders)
    try {
      const { sealed } = await sealHandedOver(ledger, folders, 'validation')
      await ledger.settle()
      const index = sealed.find((one) => one.id === id)?.index ?? null
      return { state: index === null ? 'handed over' : 'sealed', index }
    } finally {
      await ledger.close()
    }
  } catch (error) {
    if (!(error instanceof LedgerError && error.code === 'LEDGER_LOCKED')) throw error
    return { state: 'handed over', index: null }
  }
}
