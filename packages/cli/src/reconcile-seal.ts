// Seals what a comparison came to.
import { encodeValidation, type Folders, handOver } from '@grantlog/ledger'
import { type ReconcileReport, validationOf } from '@grantlog/query'
import type { Kept } from './reconcile-files.ts'
import { type SealOutcome, sealOwn } from './sealing.ts'

/** Errors: those of the ledger but LEDGER_LOCKED. */
export async function sealReport(
  folders: Folders,
  of: Kept & { readonly report: ReconcileReport; readonly frame: number },
): Promise<SealOutcome> {
  const { digest, frame, id, report } = of
  const content = encodeValidation(validationOf(report, digest))
  await handOver(folders, { type: 'validation', id, frame, content })
  return sealOwn(folders, 'validation', id)
}
