import { ATTR } from '@grantlog/record'
import type { Hashes } from '../event.ts'
import type { TokenFacts } from '../facts.ts'
import { tokenLengthMax } from '../limits.ts'
import { list } from './list.ts'
import { integer, type Told } from './value.ts'

/**
 * What a record says of the tokens of one response: their kinds and hashes, never themselves.
 * `issuedAtS`: when its server gave them, Unix seconds; null where we are not that server.
 */
export function describeTokens(
  told: Told,
  issued: TokenFacts | null,
  hashes: Hashes,
  issuedAtS: number | null = null,
): void {
  if (issued === null) return
  const { accessToken, refreshToken, hasIdToken, expiresInS, isJwt, binding, audience } = issued
  const kinds: string[] = []
  if (accessToken !== null) kinds.push('access_token')
  if (hasIdToken) kinds.push('id_token')
  if (refreshToken !== null) kinds.push('refresh_token')
  told.add(ATTR.OAUTH_TOKEN_ISSUED, list(kinds))
  told.add(ATTR.OAUTH_TOKEN_TYPE, accessToken && 'access_token')
  told.add(ATTR.OAUTH_TOKEN_FORMAT, accessToken && (isJwt ? 'jwt' : 'opaque'))
  told.add(ATTR.OAUTH_TOKEN_HASH, accessToken && hashes.token(accessToken))
  told.add(ATTR.OAUTH_TOKEN_EXPIRES_IN, expiresInS === null ? null : BigInt(expiresInS))
  told.add(ATTR.OAUTH_TOKEN_EXPIRES_AT, expiryOf(expiresInS, issuedAtS))
  told.add(ATTR.OAUTH_TOKEN_BINDING, binding ?? (accessToken && 'none'))
  told.add(ATTR.OAUTH_AUDIENCE, list(audience))
  told.add(ATTR.OAUTH_REFRESH_TOKEN_HASH, refreshToken && hashes.token(refreshToken))
  told.add(ATTR.OAUTH_REFRESH_EXPIRES_AT, integer(issued.refreshExpiresAtS ?? null))
}

function expiryOf(expiresInS: number | null, issuedAtS: number | null): bigint | null {
  return expiresInS === null || issuedAtS === null ? null : BigInt(issuedAtS + expiresInS)
}

/**
 * Hash of a token that somebody presented. What nobody knows to be a token may be a password that
 * was typed there: its hash needs a key, and is of bounded length.
 */
export function hashOfPresented(token: string, isToken: boolean, hashes: Hashes): string | null {
  if (isToken) return hashes.token(token)
  return token.length > tokenLengthMax ? null : hashes.typedToken(token)
}
