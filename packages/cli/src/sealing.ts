// Seals what this process handed over, unless a receiver runs: that holds the ledger, and picks it
// up. A crash in between leaves it to the next who comes.
import { type Folders, LedgerError, openLedger, sealHandedOver } from '@grantlog/ledger'

export interface SealOutcome {
  /** `handed over`: the receiver seals it within a second or two. */
  readonly state: 'sealed' | 'handed over'
  /** The leaf; null when it is not there yet. */
  readonly index: number | null
}

/** Errors: those of the ledger but LEDGER_LOCKED. */
export async function sealOwn(
  folders: Folders,
  type: 'finding' | 'validation',
  id: string,
): Promise<SealOutcome> {
  try {
    const ledger = await openLedger(folders)
    try {
      const { sealed } = await sealHandedOver(ledger, folders, type)
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
