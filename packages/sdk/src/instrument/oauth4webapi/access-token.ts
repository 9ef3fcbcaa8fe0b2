// validateJwtAccessToken(): oauth4webapi at a protected resource (RFC 9068).
import type { ValidationFacts } from '../../facts.ts'
import { type RoleClaims, verifiedClaims } from '../claims.ts'
import { decodeJwt } from '../client-call/jwt.ts'
import type { Ended } from '../client-call/promise.ts'
import { attempt, record, text } from '../unknown.ts'
import type { Validated } from '../validations.ts'
import { isMisuse, libraryFailure } from './error.ts'

/** What it said of the token; null: it was given none, or called in a wrong way. */
export function validatedBy(
  [, request]: readonly unknown[],
  ended: Ended,
  { roleClaims, startedAtMs }: { roleClaims: RoleClaims; startedAtMs: number },
): Validated | null {
  const token = tokenOf(request)
  if (token === null || (ended.hasFailed && isMisuse(ended.error))) return null
  const told = ended.hasFailed ? refused(ended.error) : accepted(token, ended.result, roleClaims)
  const facts: ValidationFacts = { library: 'oauth4webapi', format: 'jwt', ...told }
  return { token, facts, startedAtMs, type: 'access_token' }
}

type Told = Pick<ValidationFacts, 'claims' | 'error' | 'header'>

/** Its signature was right, so its header says what its issuer wrote. */
function accepted(token: string, claims: unknown, roleClaims: RoleClaims): Told {
  const { alg, kid } = decodeJwt(token)?.header ?? {}
  return {
    error: null,
    header: { alg: text(alg), kid: text(kid) },
    claims: verifiedClaims(claims, roleClaims),
  }
}

function refused(error: unknown): Told {
  const { type, reason, by } = libraryFailure(error)
  // What it asks the network for are keys.
  const why = by === 'client' ? (reason ?? 'other') : 'jwks_unavailable'
  return { error: { code: type, reason: why }, header: { alg: null, kid: null }, claims: null }
}

/** RFC 6750 section 2.1, RFC 9449 section 7.1: of a Request. */
function tokenOf(request: unknown): string | null {
  const { headers } = record(request)
  const authorization = attempt(() => (headers as Headers).get('authorization'))
  const [, token] = /^(?:bearer|dpop) +(\S+)$/i.exec(text(authorization) ?? '') ?? []
  return token ?? null
}
