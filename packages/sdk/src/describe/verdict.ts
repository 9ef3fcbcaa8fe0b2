// How a request to a protected resource ended, and why. What the protocol says on the wire is less
// than what is known: a library tells the real reason, the answer's challenge tells the next best,
// the status the least.
//
// - `failure` is a token that is invalid, expired or broken, and a service that could not answer.
// - `denied` is a "no" to somebody whose token is right, or who has none.
// - `challenge` asks for more: a DPoP nonce, a stronger log-in.
// - `success` is any other answer below 400, also where nobody validated the token, where it was
//   not valid, or where it lacks what the policy asks for: the reason says so then, and that is a
//   finding.
import type { AccessFacts } from '../facts.ts'

export type Outcome = 'success' | 'failure' | 'denied' | 'challenge'

export interface Verdict {
  readonly outcome: Outcome
  /** `oauth.error.reason` and `oauth.error.category`. */
  readonly reason: string | null
  readonly category: string | null
  /** `error.type`. */
  readonly errorType: string | null
}

const byChallenge: Readonly<Record<string, string>> = {
  insufficient_scope: 'scope_insufficient',
  insufficient_user_authentication: 'acr_insufficient',
  invalid_dpop_proof: 'dpop_invalid',
  use_dpop_nonce: 'dpop_invalid',
}

/** Codes that ask for more (RFC 9449 section 9, RFC 9470 section 3). */
const challenges = new Set(['insufficient_user_authentication', 'use_dpop_nonce'])
/** Reasons of a "no" that is not about the token itself. */
const denials = new Set([
  ...['access_denied', 'rate_limited', 'role_insufficient', 'scope_insufficient', 'token_missing'],
])

const categories: Readonly<Record<string, string>> = {
  acr_insufficient: 'user_authentication',
  algorithm_not_allowed: 'key',
  internal: 'server',
  jwks_unavailable: 'network',
  key_unknown: 'key',
  scope_insufficient: 'scope',
}
const uncategorized = new Set(['access_denied', 'other', 'rate_limited', 'role_insufficient'])

/** What the policy asks for and the token has not: some scope, or any of the roles. */
export interface Lack {
  readonly scope: boolean
  readonly role: boolean
}

/** How it ended. */
export function verdictOf(told: AccessFacts, lack: Lack): Verdict {
  const facts = asAnswered(told)
  const reason = reasonOf(facts, lack)
  return {
    outcome: outcomeOf(facts, reason),
    reason,
    category: categoryOf(reason),
    errorType: errorTypeOf(facts),
  }
}

/** A client that hangs up early does not undo what it asked for. */
function asAnswered(facts: AccessFacts): AccessFacts {
  const { http, unsentStatus } = facts
  if (http === null || unsentStatus === undefined) return facts
  return { ...facts, http: { ...http, status: unsentStatus } }
}

function reasonOf(facts: AccessFacts, lack: Lack): string | null {
  const { http, validation, token } = facts
  if (validation?.error) return validation.error.reason
  if (http === null) return null
  const { status } = http
  if (isLetIn(status)) {
    if (token !== null && validation === null) return 'token_not_validated'
    return lack.role ? 'role_insufficient' : lack.scope ? 'scope_insufficient' : null
  }
  if (status >= 500) return 'internal'
  if (status === 429) return 'rate_limited'
  return isRefused(facts) ? refusalOf(facts, lack) : null
}

/** Why a request was refused whose token no library found fault with. */
function refusalOf({ http, validation, token, challenge }: AccessFacts, lack: Lack): string {
  if (token === null) return 'token_missing'
  const code = challenge?.error ?? ''
  if (Object.hasOwn(byChallenge, code)) return byChallenge[code]!
  if (http?.status === 403 && lack.scope) return 'scope_insufficient'
  if (http?.status === 403) return lack.role ? 'role_insufficient' : 'access_denied'
  // Somebody whom we do not know may have found fault with it.
  return validation === null || code !== '' ? 'other' : 'access_denied'
}

function outcomeOf({ http, validation, challenge }: AccessFacts, reason: string | null): Outcome {
  if (http === null) return validation?.error ? 'failure' : 'success'
  if (isLetIn(http.status)) return 'success'
  if (challenges.has(challenge?.error ?? '')) return 'challenge'
  const isDenied = http.status === 403 || (reason !== null && denials.has(reason))
  return isDenied ? 'denied' : 'failure'
}

/** An answer that is cut is an answer still: a client could hide what it got by closing early. */
function isLetIn(status: number): boolean {
  return status >= 200 && status < 400
}

function isRefused({ http, challenge }: AccessFacts): boolean {
  return http?.status === 401 || http?.status === 403 || challenge !== null
}

function categoryOf(reason: string | null): string | null {
  if (reason === null || uncategorized.has(reason)) return null
  return categories[reason] ?? 'token'
}

function errorTypeOf({ http, validation, challenge, isCut }: AccessFacts): string | null {
  // As Node names it to the application.
  if (isCut) return 'ECONNRESET'
  const isFault = http === null || !isLetIn(http.status)
  if (isFault && challenge?.error) return challenge.error
  if (validation?.error) return validation.error.code
  return http !== null && isFault ? String(http.status) : null
}
