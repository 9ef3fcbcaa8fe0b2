// What a record says of an OAuth request to somebody else, as its client saw it. Pure: facts in,
// attributes out. The values in the request are the application's own, not a stranger's; still a
// secret may have been put into the wrong one, so they are told in their protocol's form only.
import { ATTR, type AttributeValue } from '@grantlog/record'
import type { Description, Hashes } from '../event.ts'
import type { CallFacts } from '../facts.ts'
import { describeExchange } from './exchange.ts'
import { list, words } from './list.ts'
import { categoryOf, reasonOf } from './reason.ts'
import { describeRequest } from './request.ts'
import { describeTokens, hashOfPresented } from './tokens.ts'
import type { Named } from './value.ts'

type Value = AttributeValue | null | undefined
type Outcome = 'success' | 'failure' | 'denied' | 'challenge'

/** The record of one call. Attributes not known are left out. */
export function describeCall(facts: CallFacts, hashes: Hashes): Description {
  const { action, error } = facts
  const outcome = outcomeOf(facts)
  const all: readonly (readonly [string, Value])[] = [
    [ATTR.AUDIT_ACTION, action],
    [ATTR.AUDIT_OUTCOME, outcome],
    [ATTR.OAUTH_ROLE, 'client'],
    [ATTR.OAUTH_ISSUER, facts.issuer],
    [ATTR.OAUTH_LIBRARY_NAME, facts.library],
    ...who(facts, hashes),
    ...asked(facts),
    ...describeTokens(facts.tokens, hashes),
    ...refresh(facts, hashes),
    ...describeExchange(facts.exchange, error === null, hashes),
    ...presented(facts, hashes),
    ...revocation(facts),
    ...failure(facts),
    ...http(facts),
  ]
  const attributes = new Map<string, AttributeValue>()
  for (const [name, value] of all) {
    if (value !== null && value !== undefined && value !== '') attributes.set(name, value)
  }
  const failed = outcome === 'failure' || outcome === 'denied'
  const message = failed ? (error?.type ?? outcome) : ''
  return { action, kind: 'client', failed, message, attributes }
}

/** Codes that say "not yet" or "prove it another way", not "no". */
const challenges = new Set(['authorization_pending', 'slow_down', 'use_dpop_nonce'])
const denials = new Set(['access_denied', 'insufficient_scope'])

function outcomeOf({ error }: CallFacts): Outcome {
  if (error === null) return 'success'
  if (challenges.has(error.code ?? '')) return 'challenge'
  return denials.has(error.code ?? '') ? 'denied' : 'failure'
}

function who(facts: CallFacts, hashes: Hashes): [string, Value][] {
  const { subject, clientId, clientAuthMethod } = facts
  const userHash = subject === null ? null : hashes.person(subject.id)
  const actor = actorOf(facts)
  return [
    [ATTR.AUDIT_ACTOR_TYPE, actor],
    [ATTR.AUDIT_ACTOR_ID, actor === 'user' ? userHash : actor === 'client' ? clientId : null],
    [ATTR.USER_ID, subject?.id],
    [ATTR.USER_HASH, userHash],
    [ATTR.SESSION_ID, subject?.sessionId && hashes.person(subject.sessionId)],
    [ATTR.OAUTH_CLIENT_ID, clientId],
    [ATTR.OAUTH_CLIENT_AUTH_METHOD, clientAuthMethod],
    [ATTR.OAUTH_CLIENT_TYPE, clientTypeOf(clientAuthMethod)],
    [ATTR.OAUTH_AUTH_TIME, integer(subject?.authTimeS)],
    [ATTR.OAUTH_AUTH_ACR, subject?.acr],
    [ATTR.OAUTH_AUTH_AMR, subject && list(subject.amr)],
  ]
}

function clientTypeOf(authMethod: string | null): Value {
  return authMethod === null ? null : authMethod === 'none' ? 'public' : 'confidential'
}

/** Requests about somebody's token, and those that no user is behind. */
const withoutUser = new Set(['oauth.introspect', 'oauth.revoke'])
const ownDoing = new Set(['oauth.discovery', 'oauth.register'])

function actorOf({ action, subject, clientAuthMethod, error }: CallFacts): string {
  if (ownDoing.has(action)) return 'system'
  if (subject !== null && !withoutUser.has(action)) return 'user'
  const isAuthenticated = clientAuthMethod !== null && clientAuthMethod !== 'none'
  return isAuthenticated && error?.code !== 'invalid_client' ? 'client' : 'anonymous'
}

const grantForm = /^(?:[a-z][a-z_]{0,63}|[a-z][a-z0-9+.-]{0,15}:[\w:./-]{1,128})$/

/** What the application asks for it knows: see describeRequest for what that allows. */
function asked({ action, parameters, tokens, clientId }: CallFacts): Named {
  const { grantType, scope, resources, acrValues } = parameters
  const known = {
    grantTypes: grantType !== null && grantForm.test(grantType) ? [grantType] : [],
    scopes: scope?.split(' ') ?? [],
    resources,
    acrs: acrValues?.split(' ') ?? [],
    isRedirectUri: true,
  }
  const client = { id: clientId ?? '', name: null, authMethod: null }
  return [
    ...describeRequest({ parameters, known, client }),
    [ATTR.OAUTH_SCOPE_GRANTED, words(tokens?.scope ?? null)],
    [ATTR.OAUTH_PAR_USED, action === 'oauth.par' || null],
  ]
}

function refresh(facts: CallFacts, hashes: Hashes): [string, Value][] {
  const { grantType, refreshToken } = facts.parameters
  if (grantType !== 'refresh_token' || refreshToken === null) return []
  const issued = facts.tokens?.refreshToken ?? null
  return [
    [
      ATTR.OAUTH_REFRESH_PRESENTED_HASH,
      hashOfPresented(refreshToken, facts.error === null, hashes),
    ],
    [ATTR.OAUTH_REFRESH_ROTATED, facts.tokens && issued !== null && issued !== refreshToken],
  ]
}

const tokenTypes = new Set(['access_token', 'refresh_token', 'id_token'])

/** The token that was introspected, revoked or shown. That it is one only some answers say. */
function presented(facts: CallFacts, hashes: Hashes): [string, Value][] {
  const { action, token, active, claims, error } = facts
  if (token === null) return []
  const isToken = active === true || (action === 'oauth.userinfo' && error === null)
  const type = token.type === null || tokenTypes.has(token.type) ? token.type : 'unknown'
  return [
    [ATTR.OAUTH_TOKEN_TYPE, type],
    [ATTR.OAUTH_TOKEN_HASH, hashOfPresented(token.value, isToken, hashes)],
    [ATTR.OAUTH_TOKEN_ACTIVE, active],
    [ATTR.OAUTH_TOKEN_EXPIRES_AT, integer(claims?.expiresAtS)],
    [ATTR.OAUTH_SCOPE_GRANTED, words(claims?.scope ?? null)],
    [ATTR.OAUTH_AUDIENCE, claims && list(claims.audience)],
  ]
}

function revocation({ action, error }: CallFacts): [string, Value][] {
  if (action !== 'oauth.revoke' || error !== null) return []
  return [
    [ATTR.OAUTH_REVOCATION_REASON, 'client_request'],
    [ATTR.OAUTH_REVOCATION_INITIATOR, 'client'],
  ]
}

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'
const pollStates = new Set(['authorization_pending', 'slow_down', 'access_denied', 'expired_token'])

function failure(facts: CallFacts): [string, Value][] {
  const { error, parameters } = facts
  const code = error?.code ?? null
  const told: [string, Value][] =
    error === null
      ? []
      : [
          [ATTR.ERROR_TYPE, error.type],
          [ATTR.OAUTH_ERROR_CODE, code],
          [ATTR.OAUTH_ERROR_CATEGORY, callCategory(facts)],
          [ATTR.OAUTH_ERROR_REASON, callReason(facts)],
          [ATTR.OAUTH_DPOP_RESULT, code === 'use_dpop_nonce' ? 'nonce_required' : null],
        ]
  const isPoll = parameters.grantType === deviceGrant
  const state = error === null ? 'complete' : pollStates.has(code ?? '') ? code : null
  return [...told, [ATTR.OAUTH_DEVICE_POLL_STATE, isPoll ? state : null]]
}

/** By its code alone: texts of a server that we do not know mean nothing. */
function callReason({ error }: CallFacts): Value {
  if (error === null || error.reason !== null) return error?.reason
  return reasonOf({ code: error.code ?? '', type: error.type, description: null, detail: null })
}

/** Requests that ask the user, by whatever way, for authorization. */
const requests = new Set([
  ...['oauth.authorize', 'oauth.backchannel_authentication', 'oauth.device_authorization'],
  'oauth.par',
])

function callCategory({ action, error }: CallFacts): Value {
  if (error === null) return null
  if (error.by === 'network') return 'network'
  if (error.by === 'client') return action === 'oauth.authorize' ? 'authorization_request' : 'token'
  const { code, type } = error
  if (code === null) return 'server'
  if (code === 'invalid_token') return 'token'
  const endpoint = requests.has(action) ? 'authorization' : 'token'
  return categoryOf({ code, type, description: null, detail: null }, endpoint)
}

function http({ method, status, server }: CallFacts): [string, Value][] {
  return [
    [ATTR.HTTP_REQUEST_METHOD, method],
    [ATTR.HTTP_RESPONSE_STATUS_CODE, integer(status)],
    [ATTR.SERVER_ADDRESS, server?.address],
    [ATTR.SERVER_PORT, integer(server?.port)],
  ]
}

function integer(value: number | null | undefined): bigint | null {
  return value === null || value === undefined ? null : BigInt(value)
}
