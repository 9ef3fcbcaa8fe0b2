// What was sealed under a key that was declared compromised (`keys revoke --since`), in words. It
// verifies; who reads it is to know that somebody else may have signed it.
import { type Compromised } from '@grantlog/ledger'
import { minuteText } from './key-state.ts'
import type { Terminal } from './terminal.ts'

/** `key <kid>, declared compromised from 2026-01-31 12:00Z` */
export function compromiseText({ kid, since }: Pick<Compromised, 'kid' | 'since'>): string {
  return `key ${kid}, declared compromised from ${minuteText(since)}`
}

/** What `--json` says of it with a record. `since`: Unix seconds; null: nobody declared that. */
export function compromisedMark(since: number | null): { readonly compromisedSince?: string } {
  return since === null ? {} : { compromisedSince: new Date(since * 1000).toISOString() }
}

/** One line for each such key; none without one. */
export function compromisedFacts(
  compromised: readonly Compromised[],
  { paint }: Pick<Terminal, 'paint'>,
): [string, string][] {
  return compromised.map((one) => {
    const back = one.withdrawn ? ', which a later leaf of the key takes back' : ''
    const text = `${one.records} records sealed under the ${compromiseText(one)}${back}`
    return ['compromised', one.records > 0 ? paint.yellow(text) : text]
  })
}
