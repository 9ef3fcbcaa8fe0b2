// Tokens that come in: to be refreshed, introspected, revoked, or shown to the server itself.
import { ATTR } from '@grantlog/record'
import type { Hashes } from '../event.ts'
import type { PresentedFacts, ServerFacts } from '../facts.ts'
import { list, words } from './list.ts'
import { whyOf } from './reason.ts'
import { hashOfPresented } from './tokens.ts'
import { integer, type Named, type Value } from './value.ts'

/** A refresh: which token was presented, how old it was, and what became of it. */
export function describeRefresh(facts: ServerFacts, hashes: Hashes): Named {
  const { atS, grantIds, parameters, refresh: state, succeeded } = facts
  if (parameters.grantType !== 'refresh_token') return []
  const [grantId] = grantIds
  return [
    [ATTR.OAUTH_REFRESH_PRESENTED_HASH, presentedHash(facts, hashes)],
    // All refresh tokens of a grant are one family in the libraries that we know.
    [
      ATTR.OAUTH_REFRESH_FAMILY_HASH,
      state && grantId !== undefined ? hashes.person(grantId) : null,
    ],
    [ATTR.OAUTH_REFRESH_ROTATED, state && succeeded ? state.rotated : null],
    [ATTR.OAUTH_REFRESH_ROTATION_COUNT, integer(state?.rotations ?? null)],
    [ATTR.OAUTH_REFRESH_REUSE_DETECTED, state?.reused || null],
    [ATTR.OAUTH_TOKEN_AGE, ageOf(state?.issuedAtS ?? null, atS)],
  ]
}

function presentedHash({ parameters, refresh: state }: ServerFacts, hashes: Hashes): Value {
  const { refreshToken } = parameters
  if (refreshToken === null) return null
  return hashOfPresented(refreshToken, state !== null, hashes)
}

/** A token that was introspected, revoked or shown. */
export function describePresented(facts: ServerFacts, hashes: Hashes): Named {
  const { atS, presented } = facts
  if (presented === null) return []
  const { value, isFound, type, expiresAtS } = presented
  return [
    [ATTR.OAUTH_TOKEN_HASH, hashOfPresented(value, isFound, hashes)],
    [ATTR.OAUTH_TOKEN_TYPE, type ?? (whyOf(facts) === 'token_unknown' ? 'unknown' : null)],
    // Of other formats the library keeps nothing that it could find.
    [ATTR.OAUTH_TOKEN_FORMAT, isFound ? 'opaque' : null],
    [ATTR.OAUTH_TOKEN_LOCATION, presented.location],
    [ATTR.OAUTH_TOKEN_ACTIVE, presented.isActive],
    [ATTR.OAUTH_TOKEN_AGE, ageOf(presented.issuedAtS, atS)],
    [ATTR.OAUTH_TOKEN_EXPIRES_IN, expiresAtS === null ? null : span(expiresAtS - atS)],
    [ATTR.OAUTH_TOKEN_EXPIRES_AT, integer(expiresAtS)],
    [ATTR.OAUTH_TOKEN_BINDING, isFound ? bindingOf(presented) : null],
    [ATTR.OAUTH_SCOPE_GRANTED, words(presented.scope)],
    [ATTR.OAUTH_AUDIENCE, list(presented.audience)],
  ]
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
