// Watches whether each stream's batches name each other (FORMAT.md, 2.1). A break is told, not
// refused: `grantlog verify` finds it again. Two processes with one key and instance make one.
import { Chains } from '@grantlog/ledger'
import type { Log, VerifiedBatch } from '../flow.ts'

export interface ChainWatch {
  /** Breaks seen since the start. */
  readonly broken: number
  /** Batches whose records are durable. */
  committed(batches: readonly VerifiedBatch[]): void
}

export function watchChain(log: Log): ChainWatch {
  const chains = new Chains()
  let broken = 0
  return {
    get broken() {
      return broken
    },
    committed(batches) {
      for (const { kid, statement } of batches) {
        if (chains.follows(kid, statement)) continue
        broken++
        const { firstSeq, instance } = statement
        log({ code: 'CHAIN_BROKEN', level: 'error', kid, instance, firstSeq })
      }
    },
  }
}
