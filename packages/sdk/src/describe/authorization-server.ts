// What a record says of one request to an authorization server. Pure: facts in, attributes out.
// Secrets come in raw and go out only through `hashes`.
import { ATTR, type AttributeValue } from '@grantlog/record'
import type { Description, Hashes } from '../event.ts'
import type { ServerFacts } from '../facts.ts'
import { describeHttp } from './http.ts'
import { list, words } from './list.ts'
import { categoryOf, reasonOf } from './reason.ts'
import { describeRequest } from './request.ts'
import { describeTokens } from './tokens.ts'

type Value = AttributeValue | null | undefined
type Outcome = 'success' | 'failure' | 'denied' | 'challenge'

/** The record of one request: action, outcome, attributes. Attributes not known are left out. */
export function describeServer(facts: ServerFacts, hashes: Hashes): Description {
  const outcome = outcomeOf(facts)
  const { action } = facts
  const all: readonly (readonly [string, Value])[] = [
    [ATTR.AUDIT_ACTION, action],
    [ATTR.AUDIT_OUTCOME, outcome],
    [ATTR.OAUTH_ROLE, 'authorization_server'],
    [ATTR.OAUTH_ISSUER, facts.issuer],
    [ATTR.OAUTH_LIBRARY_NAME, facts.library],
    ...who(facts, hashes),
    ...describeRequest(facts),
    ...granted(facts, outcome),
    ...describeTokens(facts.tokens, hashes),
    ...refresh(facts, hashes),
    ...failure(facts),
    ...describeHttp(facts.http),
  ]
  const attributes = new Map<string, AttributeValue>()
  for (const [name, value] of all) {
    if (value !== null && value !== undefined && value !== '') attributes.set(name, value)
  }
  const failed = outcome === 'failure' || outcome === 'denied'
  const message = failed ? (facts.error?.code ?? outcome) : ''
  return { action, kind: 'server', failed, message, attributes }
}

/** Codes that say "not yet" or "prove it another way", not "no". */
const challenges = new Set(['authorization_pending', 'slow_down', 'use_dpop_nonce'])

function outcomeOf({ error, succeeded }: ServerFacts): Outcome {
  // Without error and without result: a page in between, to log in, consent or log out first.
  if (error === null) return succeeded ? 'success' : 'challenge'
  if (challenges.has(error.code)) return 'challenge'
  return error.code === 'access_denied' ? 'denied' : 'failure'
}

function who(facts: ServerFacts, hashes: Hashes): [string, Value][] {
  const { accountId, client, sessionUid, grantId } = facts
  const userHash = accountId === null ? null : hashes.person(accountId)
  const actor = actorOf(facts)
  return [
    [ATTR.AUDIT_ACTOR_TYPE, actor],
    [ATTR.AUDIT_ACTOR_ID, actor === 'user' ? userHash : actor === 'client' ? client?.id : null],
    [ATTR.USER_ID, accountId],
    [ATTR.USER_HASH, userHash],
    [ATTR.SESSION_ID, sessionUid === null ? null : hashes.person(sessionUid)],
    [ATTR.OAUTH_GRANT_ID_HASH, grantId === null ? null : hashes.person(grantId)],
    // As the request claimed: whether it was proven, the actor says.
    [ATTR.OAUTH_CLIENT_ID, client?.id],
    [ATTR.OAUTH_CLIENT_NAME, client?.name],
    // Only the token endpoint asks clients to authenticate.
    [ATTR.OAUTH_CLIENT_AUTH_METHOD, facts.endpoint === 'token' ? client?.authMethod : null],
    [ATTR.OAUTH_CLIENT_TYPE, client && (client.authMethod === 'none' ? 'public' : 'confidential')],
    [ATTR.OAUTH_AUTH_TIME, integer(facts.authTimeS)],
    [ATTR.OAUTH_AUTH_ACR, facts.acr],
    [ATTR.OAUTH_AUTH_AMR, list(facts.amr)],
  ]
}

/** Errors of the token endpoint that come only after the client has authenticated. */
const authenticatedErrors = new Set([
  ...['access_denied', 'authorization_pending', 'expired_token', 'invalid_grant', 'invalid_scope'],
  ...['invalid_target', 'slow_down', 'unauthorized_client', 'unsupported_grant_type'],
])

/** A client acts only when it showed who it is: anybody can write a client id into a request. */
function actorOf({ accountId, client, endpoint, error, succeeded }: ServerFacts): string {
  if (accountId !== null && error?.code !== 'invalid_client') return 'user'
  if (endpoint !== 'token' || client === null) return 'anonymous'
  if (error === null) return succeeded ? 'client' : 'anonymous'
  const isProven = client.authMethod !== 'none' && authenticatedErrors.has(error.code)
  return isProven ? 'client' : 'anonymous'
}

function granted(facts: ServerFacts, outcome: Outcome): [string, Value][] {
  const { endpoint, tokens: issued } = facts
  const scope = issued?.scope ?? (outcome === 'success' ? facts.grantedScope : null)
  return [
    [ATTR.OAUTH_SCOPE_GRANTED, words(scope)],
    [ATTR.OAUTH_CONSENT_RESULT, endpoint === 'token' ? null : consentOf(facts, outcome)],
    [ATTR.OAUTH_PKCE_RESULT, pkceOf(facts, outcome)],
    [ATTR.OAUTH_REVOCATION_REASON, revocationOf(facts)],
    [ATTR.OAUTH_REVOCATION_CASCADE, facts.grantRevoked || null],
  ]
}

function consentOf({ consented, endpoint, error }: ServerFacts, outcome: Outcome): Value {
  if (outcome === 'success') return consented ? 'granted' : 'remembered'
  return endpoint === 'resume' && error?.code === 'access_denied' ? 'denied' : null
}

function pkceOf({ endpoint, parameters, error }: ServerFacts, outcome: Outcome): Value {
  const reason = error === null ? null : reasonOf(error)
  if (reason === 'pkce_missing') return 'missing'
  if (endpoint !== 'token' || parameters.grantType !== 'authorization_code') return null
  if (reason === 'pkce_mismatch') return 'mismatch'
  if (outcome !== 'success') return null
  return parameters.hasCodeVerifier ? 'ok' : 'not_required'
}

function revocationOf({ grantRevoked, error }: ServerFacts): Value {
  if (!grantRevoked || error === null) return null
  const reason = reasonOf(error)
  if (reason === 'code_replayed') return 'code_replay'
  return reason === 'refresh_reused' ? 'reuse' : 'policy'
}

function refresh(facts: ServerFacts, hashes: Hashes): [string, Value][] {
  const { parameters, refresh: state, grantId } = facts
  if (parameters.grantType !== 'refresh_token') return []
  return [
    [ATTR.OAUTH_REFRESH_PRESENTED_HASH, presentedHash(facts, hashes)],
    // All refresh tokens of a grant are one family in the libraries that we know.
    [ATTR.OAUTH_REFRESH_FAMILY_HASH, state && grantId && hashes.person(grantId)],
    [ATTR.OAUTH_REFRESH_ROTATED, state && facts.succeeded ? state.rotated : null],
    [ATTR.OAUTH_REFRESH_ROTATION_COUNT, integer(state?.rotations ?? null)],
    [ATTR.OAUTH_REFRESH_REUSE_DETECTED, state?.reused || null],
  ]
}

/** A token that the library did not find may be a password that somebody typed there. */
function presentedHash({ parameters, refresh: state }: ServerFacts, hashes: Hashes): Value {
  const { refreshToken } = parameters
  if (refreshToken === null) return null
  return state === null ? hashes.typedToken(refreshToken) : hashes.token(refreshToken)
}

function failure({ error, endpoint }: ServerFacts): [string, Value][] {
  if (error === null) return []
  return [
    [ATTR.ERROR_TYPE, error.type],
    [ATTR.OAUTH_ERROR_CODE, error.code],
    [ATTR.OAUTH_ERROR_CATEGORY, categoryOf(error, endpoint)],
    [ATTR.OAUTH_ERROR_REASON, reasonOf(error)],
  ]
}

function integer(value: number | null): bigint | null {
  return value === null ? null : BigInt(value)
}
