// What hooks measure themselves, because no record has it: from instrument/ to metrics/.
import type { KeyLookup, ValidationFacts } from './validation-facts.ts'

/** Each costs next to nothing where nobody has meters, and never throws. */
export interface Measures {
  /** A token was validated, well or not, in so many seconds. */
  readonly validated: (facts: ValidationFacts, seconds: number) => void
  /** A key set was asked for a key. */
  readonly keysAsked: (keys: KeyLookup) => void
  /** It asked for its keys, which took so many seconds. */
  readonly keysFetched: (result: 'success' | 'failure', seconds: number) => void
}
