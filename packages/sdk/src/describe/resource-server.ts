// What a record says of one request to a protected resource, or of a token that was validated apart
// from one. Pure: facts in, attributes out. Who acted is told by claims of a validated token alone:
// all else of a token is what anybody can write.
import { ATTR, pathOf, type Policy, type RouteRule, ruleFor } from '@grantlog/record'
import type { Description, Hashes } from '../event.ts'
import type { AccessFacts, ShownToken, VerifiedClaims } from '../facts.ts'
import { describeActors } from './delegation.ts'
import { describeHttp } from './http.ts'
import { list, words } from './list.ts'
import { describeAccessPosture } from './posture.ts'
import { hashOfPresented } from './tokens.ts'
import { integer, skewOf, Told, type Value } from './value.ts'
import { type Verdict, verdictOf } from './verdict.ts'

/** The record of one request or validation. Attributes not known are left out. */
export function describeAccess(facts: AccessFacts, hashes: Hashes, policy: Policy): Description {
  const { action, http, validation } = facts
  const claims = validation?.claims ?? null
  const rule = ruleOf(facts, policy)
  const required = requiredOf(facts, rule)
  const missing = missingOf(required, claims)
  const lack = { scope: missing.length > 0, role: lacksRole(rule, claims) }
  const verdict = verdictOf(facts, lack)
  const told = new Told()
  told.add(ATTR.AUDIT_ACTION, action)
  told.add(ATTR.AUDIT_OUTCOME, verdict.outcome)
  told.add(ATTR.AUDIT_PRIVILEGED, rule?.privileged)
  told.add(ATTR.OAUTH_ROLE, 'resource_server')
  told.add(ATTR.OAUTH_LIBRARY_NAME, validation?.library)
  who(told, claims, hashes)
  tokenOf(told, facts, hashes)
  ages(told, facts, claims)
  told.add(ATTR.OAUTH_SCOPE_GRANTED, words(claims?.scope ?? null))
  told.add(ATTR.OAUTH_AUTH_ACR_REQUESTED, words(facts.challenge?.acr ?? null))
  told.add(ATTR.OAUTH_SCOPE_REQUIRED, list(required))
  told.add(ATTR.OAUTH_SCOPE_MISSING, list(missing))
  describeAccessPosture(told, facts, verdict.outcome)
  failure(told, facts, verdict)
  if (http !== null) describeHttp(told, http, policy.queryValues)
  told.add(ATTR.MCP_METHOD_NAME, facts.rpc?.method)
  told.add(ATTR.GEN_AI_TOOL_NAME, facts.rpc?.tool)
  told.add(ATTR.HTTP_RESPONSE_BODY_SIZE, integer(facts.responseBytes))
  told.add(ATTR.AUDIT_RESPONSE_ROWS, integer(facts.responseRows))
  const failed = verdict.outcome === 'failure' || verdict.outcome === 'denied'
  const message = failed ? (facts.challenge?.error ?? verdict.reason ?? verdict.outcome) : ''
  const kind = http === null ? 'internal' : 'server'
  return { action, kind, failed, message, attributes: told.attributes }
}

function ruleOf({ http }: AccessFacts, policy: Policy): RouteRule | null {
  if (http === null || policy.routes.length === 0) return null
  const { method, route, target } = http
  return ruleFor(policy, { method, route, path: target === null ? null : pathOf(target) })
}

/** What the resource said that it needs, else what a library asked for, else the policy. */
function requiredOf(
  { challenge, validation }: AccessFacts,
  rule: RouteRule | null,
): readonly string[] {
  if (challenge?.scope) return challenge.scope.split(' ')
  return validation?.requiredScopes ?? rule?.scopes ?? []
}

/** Nobody knows the scope of a token that was not validated. */
function missingOf(required: readonly string[], claims: VerifiedClaims | null): string[] {
  if (claims === null || required.length === 0) return []
  const granted = new Set(claims.scope?.split(' '))
  return required.filter((scope) => !granted.has(scope))
}

/** One of a route's roles is enough; nobody knows those of a token that was not validated. */
function lacksRole(rule: RouteRule | null, claims: VerifiedClaims | null): boolean {
  if (rule === null || rule.roles.length === 0 || claims === null) return false
  return !rule.roles.some((role) => claims.roles.includes(role))
}

function who(told: Told, claims: VerifiedClaims | null, hashes: Hashes): void {
  if (claims === null) return told.add(ATTR.AUDIT_ACTOR_TYPE, 'anonymous')
  const { subject, clientId, sessionId, actors } = claims
  // The subject of a token for the client itself is the client (RFC 9068 section 2.2).
  const user = subject === clientId ? null : subject
  const userHash = user === null ? null : hashes.person(user)
  told.add(ATTR.AUDIT_ACTOR_TYPE, actorTypeOf(user, clientId))
  told.add(ATTR.AUDIT_ACTOR_ID, user === null ? clientId : userHash)
  told.add(ATTR.USER_ID, user)
  told.add(ATTR.USER_HASH, userHash)
  told.add(ATTR.USER_ROLES, user === null ? null : list(claims.roles))
  told.add(ATTR.SESSION_ID, sessionId === null ? null : hashes.person(sessionId))
  told.add(ATTR.OAUTH_CLIENT_ID, clientId)
  told.add(ATTR.OAUTH_ISSUER, claims.issuer)
  told.add(ATTR.OAUTH_AUDIENCE, list(claims.audience))
  describeActors(told, actors)
  told.add(ATTR.OAUTH_AUTH_TIME, integer(claims.authTimeS))
  told.add(ATTR.OAUTH_AUTH_ACR, claims.acr)
  told.add(ATTR.OAUTH_AUTH_AMR, list(claims.amr))
}

function actorTypeOf(user: string | null, clientId: string | null): string {
  if (user !== null) return 'user'
  return clientId === null ? 'anonymous' : 'client'
}

const jwtForm = /^ey[\w-]+\.[\w-]+\.[\w-]*$/
const jweForm = /^ey[\w-]+(?:\.[\w-]*){4}$/

function tokenOf(told: Told, { token, validation }: AccessFacts, hashes: Hashes): void {
  if (token === null) return
  const { value, type, location } = token
  const claims = validation?.claims ?? null
  told.add(ATTR.OAUTH_TOKEN_TYPE, type)
  told.add(ATTR.OAUTH_TOKEN_FORMAT, claims === null ? formatOf(value) : validation?.format)
  told.add(ATTR.OAUTH_TOKEN_HASH, hashOfPresented(value, claims !== null, hashes))
  told.add(ATTR.OAUTH_TOKEN_LOCATION, location)
  told.add(ATTR.OAUTH_TOKEN_BINDING, bindingOf(token, claims))
  told.add(ATTR.OAUTH_TOKEN_CNF_JKT, claims?.boundKey)
  // Of some servers the id of a token that is no JWT is the token itself.
  told.add(ATTR.OAUTH_TOKEN_JTI, claims?.jti === value ? null : claims?.jti)
  told.add(ATTR.OAUTH_JWKS_CACHE_HIT, validation?.keys?.isHit)
  told.add(ATTR.OAUTH_JWKS_REFETCH_REASON, validation?.keys?.reason)
  told.add(ATTR.OAUTH_TOKEN_ALG, validation?.header.alg)
  told.add(ATTR.OAUTH_TOKEN_KID, validation?.header.kid)
}

/** By its look: nobody has read it. */
function formatOf(token: string): string {
  if (jwtForm.test(token)) return 'jwt'
  return jweForm.test(token) ? 'jwe' : 'opaque'
}

/** What anybody presents as bearer may be bound still: only the claims know. */
function bindingOf({ scheme }: ShownToken, claims: VerifiedClaims | null): Value {
  if (claims?.boundKey || scheme === 'dpop') return 'dpop'
  if (claims === null) return null
  return claims.isBoundToCertificate ? 'mtls' : 'none'
}

function ages(told: Told, { endedAtS }: AccessFacts, claims: VerifiedClaims | null): void {
  const { expiresAtS = null, issuedAtS = null } = claims ?? {}
  // Clocks differ: an age is never negative.
  told.add(ATTR.OAUTH_CLOCK_SKEW, skewOf(Math.max(0, (issuedAtS ?? 0) - endedAtS)))
  const since = (from: number, to: number): bigint => BigInt(Math.max(0, to - from))
  told.add(ATTR.OAUTH_TOKEN_EXPIRES_AT, integer(expiresAtS))
  told.add(ATTR.OAUTH_TOKEN_EXPIRES_IN, expiresAtS === null ? null : since(endedAtS, expiresAtS))
  told.add(ATTR.OAUTH_TOKEN_AGE, issuedAtS === null ? null : since(issuedAtS, endedAtS))
}

function failure(told: Told, { challenge }: AccessFacts, verdict: Verdict): void {
  told.add(ATTR.ERROR_TYPE, verdict.errorType)
  told.add(ATTR.OAUTH_ERROR_CODE, challenge?.error)
  told.add(ATTR.OAUTH_ERROR_CATEGORY, verdict.category)
  told.add(ATTR.OAUTH_ERROR_REASON, verdict.reason)
  told.add(ATTR.OAUTH_DPOP_RESULT, dpopResultOf(challenge?.error))
}

function dpopResultOf(error: string | null | undefined): Value {
  if (error === 'use_dpop_nonce') return 'nonce_required'
  return error === 'invalid_dpop_proof' ? 'invalid' : null
}
