// What an authorization server answered, as far as a record tells of it.
import type { CallFacts, SubjectFacts, TokenFacts } from '../../facts.ts'
import { integer, type Members, record, text, texts } from '../unknown.ts'
import { decodeJwt } from './jwt.ts'

/** Tokens of a token response (RFC 6749 section 5.1); null if there are none. */
export function tokensOf(answer: Members): TokenFacts | null {
  const accessToken = text(answer.access_token)
  const refreshToken = text(answer.refresh_token)
  const hasIdToken = text(answer.id_token) !== null
  if (accessToken === null && refreshToken === null && !hasIdToken) return null
  return {
    accessToken,
    refreshToken,
    hasIdToken,
    expiresInS: secondsOf(answer.expires_in),
    scope: text(answer.scope),
    isJwt: accessToken !== null && decodeJwt(accessToken) !== null,
    binding: text(answer.token_type)?.toLowerCase() === 'dpop' ? 'dpop' : null,
    // A client is told nothing of it, and must not read it in the token (RFC 9068 section 6).
    audience: [],
  }
}

/** Some servers write the number as text. */
function secondsOf(value: unknown): number | null {
  return integer(typeof value === 'string' && /^\d{1,10}$/.test(value) ? Number(value) : value)
}

/**
 * Whom the ID token of a token response is about. It is decoded, not verified: it came from the
 * server itself, which the client has asked (OpenID Connect Core section 3.1.3.7, 6).
 */
export function subjectIn({ id_token: idToken }: Members): SubjectFacts | null {
  const jwt = text(idToken)
  return jwt === null ? null : subjectOf(decodeJwt(jwt)?.claims)
}

/** How far its server's clock is ahead, by the ID token that it has just made. */
export function skewIn({ id_token: idToken }: Members): Pick<CallFacts, 'clockSkewS'> {
  const jwt = text(idToken)
  const issuedAtS = jwt === null ? null : integer(record(decodeJwt(jwt)?.claims).iat)
  return issuedAtS === null ? {} : { clockSkewS: issuedAtS - Math.floor(Date.now() / 1000) }
}

/** Whom claims are about. */
export function subjectOf(claims: unknown): SubjectFacts | null {
  const { sub, sid, auth_time: authTime, acr, amr } = record(claims)
  const id = text(sub)
  if (id === null) return null
  return {
    id,
    sessionId: text(sid),
    authTimeS: integer(authTime),
    acr: text(acr),
    amr: Array.isArray(amr) ? texts(amr) : [],
  }
}
