// Claims of a token whose signature was right, in the form that records need. A right signature
// says who wrote them, not that they have the types that they should: each is checked, and lists
// are bounded.
import { type ClaimPath, rolesIn } from '@grantlog/record'
import type { VerifiedClaims } from '../facts.ts'
import { actorsMax, claimItemsMax } from '../limits.ts'
import { isObject, record, text, texts } from './unknown.ts'

const thumbprintForm = /^[\w-]{43}$/

/** Paths of members to the claims that name roles, such as `['realm_access', 'roles']`. */
export type RoleClaims = readonly ClaimPath[]

export function verifiedClaims(payload: unknown, roleClaims: RoleClaims): VerifiedClaims {
  const claims = record(payload)
  const confirmation = record(claims.cnf)
  const jkt = text(confirmation.jkt)
  return {
    issuer: text(claims.iss),
    subject: text(claims.sub),
    clientId: text(claims.client_id) ?? text(claims.azp),
    audience: some(claims.aud),
    // One text (RFC 9068), or a list, as some authorization servers have it.
    scope: scopeOf(claims.scope) ?? scopeOf(claims.scp),
    roles: rolesIn(claims, roleClaims, claimItemsMax),
    actors: actorsIn(claims.act),
    jti: text(claims.jti),
    issuedAtS: secondsOf(claims.iat),
    expiresAtS: secondsOf(claims.exp),
    authTimeS: secondsOf(claims.auth_time),
    acr: text(claims.acr),
    amr: some(claims.amr),
    sessionId: text(claims.sid),
    boundKey: jkt !== null && thumbprintForm.test(jkt) ? jkt : null,
    isBoundToCertificate: text(confirmation['x5t#S256']) !== null,
  }
}

/** The first texts of a claim that is one or a list. */
function some(claim: unknown): string[] {
  if (claim === undefined) return []
  return texts(Array.isArray(claim) ? claim.slice(0, claimItemsMax) : claim)
}

function scopeOf(claim: unknown): string | null {
  if (typeof claim === 'string') return text(claim)
  return text(some(claim).join(' '))
}

/** A NumericDate (RFC 7519 section 2) may have a fraction. */
function secondsOf(claim: unknown): number | null {
  const seconds = typeof claim === 'number' ? Math.floor(claim) : NaN
  return Number.isSafeInteger(seconds) && seconds >= 0 ? seconds : null
}

/** Subjects of nested `act` claims, the current actor first (RFC 8693 section 4.1). */
export function actorsIn(act: unknown): string[] {
  const actors: string[] = []
  for (let at = act; isObject(at) && actors.length < actorsMax; at = record(at).act) {
    const subject = text(record(at).sub)
    if (subject === null) break
    actors.push(subject)
  }
  return actors
}
