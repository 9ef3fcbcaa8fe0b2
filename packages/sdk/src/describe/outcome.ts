import type { ErrorFacts, ServerFacts } from '../facts.ts'
import { reasonOf } from './reason.ts'

export type Outcome = 'success' | 'failure' | 'denied' | 'challenge'

/** Codes that say "not yet" or "prove it another way", not "no". */
const challenges = new Set([
  'authorization_pending',
  'slow_down',
  'use_dpop_nonce',
  'use_attestation_challenge',
  'use_fresh_attestation',
])

/** Reasons that are somebody's no, or a policy's. */
const denials = new Set([
  'access_denied',
  'client_not_allowed',
  'scope_insufficient',
  'token_missing',
])

/** How a request to an authorization server ended. */
export function outcomeOf({ error, succeeded, isRefused, http }: ServerFacts): Outcome {
  if (error !== null) return outcomeOfError(error)
  if (isRefused) return 'denied'
  if (succeeded) return 'success'
  // Without error and without result: a page in between, to log in, consent or log out first. One
  // that never left asks nobody.
  return http.isCut === true && http.status === 0 ? 'failure' : 'challenge'
}

/** How a request ended that was answered with an error; of both sides the same. */
export function outcomeOfError(error: ErrorFacts): Outcome {
  if (challenges.has(error.code)) return 'challenge'
  return denials.has(reasonOf(error)) ? 'denied' : 'failure'
}
