// Tokens that come in: to be refreshed, introspected, revoked, or shown to the server itself.
import { ATTR } from '@grantlog/record'
import type { Hashes } from '../event.ts'
import type { PresentedFacts, ServerFacts } from '../facts.ts'
import { list, words } from './list.ts'
import { whyOf } from './reason.ts'
import { hashOfPresented } from './tokens.ts'
import { integer, type Told, type Value } from './value.ts'

/** A refresh: which token was presented, how old it was, and what became of it. */
export function describeRefresh(told: Told, facts: ServerFacts, hashes: Hashes): void {
  const { atS, grantIds, parameters, refresh: state, succeeded } = facts
  if (parameters.grantType !== 'refresh_token') return
  const [grantId] = grantIds
  told.add(ATTR.OAUTH_REFRESH_PRESENTED_HASH, presentedHash(facts, hashes))
  // All refresh tokens of a grant are one family in the libraries that we know.
  told.add(
    ATTR.OAUTH_REFRESH_FAMILY_HASH,
    state && grantId !== undefined ? hashes.person(grantId) : null,
  )
  told.add(ATTR.OAUTH_REFRESH_ROTATED, state && succeeded ? state.rotated : null)
  told.add(ATTR.OAUTH_REFRESH_ROTATION_COUNT, integer(state?.rotations ?? null))
  told.add(ATTR.OAUTH_REFRESH_REUSE_DETECTED, state?.reused || null)
  told.add(ATTR.OAUTH_REFRESH_GRACE_REPLAY, state?.isGraceReplay || null)
  told.add(ATTR.OAUTH_TOKEN_AGE, ageOf(state?.issuedAtS ?? null, atS))
}

function presentedHash({ parameters, refresh: state }: ServerFacts, hashes: Hashes): Value {
  const { refreshToken } = parameters
  if (refreshToken === null) return null
  return hashOfPresented(refreshToken, state !== null, hashes)
}

/** A token that was introspected, revoked or shown. */
export function describePresented(told: Told, facts: ServerFacts, hashes: Hashes): void {
  const { atS, presented } = facts
  if (presented === null) return
  const { value, isFound, type, expiresAtS } = presented
  told.add(ATTR.OAUTH_TOKEN_HASH, hashOfPresented(value, isFound, hashes))
  told.add(ATTR.OAUTH_TOKEN_TYPE, type ?? (whyOf(facts) === 'token_unknown' ? 'unknown' : null))
  // Of other formats the library keeps nothing that it could find.
  told.add(ATTR.OAUTH_TOKEN_FORMAT, isFound ? 'opaque' : null)
  told.add(ATTR.OAUTH_TOKEN_LOCATION, presented.location)
  told.add(ATTR.OAUTH_TOKEN_ACTIVE, presented.isActive)
  told.add(ATTR.OAUTH_TOKEN_AGE, ageOf(presented.issuedAtS, atS))
  told.add(ATTR.OAUTH_TOKEN_EXPIRES_IN, expiresAtS === null ? null : span(expiresAtS - atS))
  told.add(ATTR.OAUTH_TOKEN_EXPIRES_AT, integer(expiresAtS))
  told.add(ATTR.OAUTH_TOKEN_BINDING, isFound ? bindingOf(presented) : null)
  told.add(ATTR.OAUTH_SCOPE_GRANTED, words(presented.scope))
  told.add(ATTR.OAUTH_AUDIENCE, list(presented.audience))
}

function bindingOf({ binding }: PresentedFacts): Value {
  return binding ?? 'none'
}

function ageOf(issuedAtS: number | null, atS: number): bigint | null {
  return issuedAtS === null ? null : span(atS - issuedAtS)
}

/** A span of time is never negative, though clocks of two servers may be apart. */
function span(seconds: number): bigint {
  return BigInt(Math.max(0, seconds))
}
