import { ATTR } from '@grantlog/record'
import type { ServerFacts } from '../facts.ts'
import { words } from './list.ts'
import type { Outcome } from './outcome.ts'
import { knownScopes, scopeWords } from './request.ts'
import type { Told } from './value.ts'

/** What was granted, what the client may have at most, and what a resource wanted. */
export function describeScope(told: Told, facts: ServerFacts, outcome: Outcome): void {
  const { error, scope, tokens } = facts
  const granted = tokens?.scope ?? (outcome === 'success' ? scope.granted : null)
  // RFC 6750 section 3.1: the answer names what the request needs.
  const isInsufficient = error?.code === 'insufficient_scope' && scope.missing !== null
  const missing = isInsufficient ? knownScopes(scope.missing, facts) : null
  told.add(ATTR.OAUTH_SCOPE_GRANTED, words(granted))
  told.add(ATTR.OAUTH_SCOPE_ALLOWED, scopeWords(scope.allowed))
  told.add(ATTR.OAUTH_SCOPE_REQUIRED, missing)
  told.add(ATTR.OAUTH_SCOPE_MISSING, missing)
}
