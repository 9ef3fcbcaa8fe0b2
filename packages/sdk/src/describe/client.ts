// What a record says of an OAuth request to somebody else, as its client saw it. Pure: facts in,
// attributes out. The values in the request are the application's own, not a stranger's; still a
// secret may have been put into the wrong one, so they are told in their protocol's form only.
import { ATTR } from '@grantlog/record'
import type { Description, Hashes } from '../event.ts'
import type { CallErrorFacts, CallFacts, Endpoint, ErrorFacts } from '../facts.ts'
import { describeExchange } from './exchange.ts'
import { list, words } from './list.ts'
import { type Outcome, outcomeOfError } from './outcome.ts'
import { describeCallPosture } from './posture.ts'
import { categoryOf, reasonOf } from './reason.ts'
import { describeRequest } from './request.ts'
import { describeTokens, hashOfPresented } from './tokens.ts'
import { idpOf, integer, keyIdOf, skewOf, Told, type Value } from './value.ts'

/** The record of one call. Attributes not known are left out. */
export function describeCall(facts: CallFacts, hashes: Hashes): Description {
  const { action, error } = facts
  const outcome = outcomeOf(facts)
  const told = new Told()
  told.add(ATTR.AUDIT_ACTION, action)
  told.add(ATTR.AUDIT_OUTCOME, outcome)
  told.add(ATTR.OAUTH_ROLE, 'client')
  told.add(ATTR.OAUTH_ISSUER, facts.issuer)
  told.add(ATTR.OAUTH_LIBRARY_NAME, facts.library)
  who(told, facts, hashes)
  asked(told, facts)
  tokens(told, facts, hashes)
  refresh(told, facts, hashes)
  describeExchange(told, facts.exchange, error === null, hashes)
  presented(told, facts, hashes)
  revocation(told, facts)
  describeCallPosture(told, facts)
  told.add(ATTR.OAUTH_CLOCK_SKEW, skewOf(facts.clockSkewS ?? 0))
  failure(told, facts)
  http(told, facts)
  const failed = outcome === 'failure' || outcome === 'denied'
  const message = failed ? (error?.type ?? outcome) : ''
  return { action, kind: 'client', failed, message, attributes: told.attributes }
}

function outcomeOf({ error }: CallFacts): Outcome {
  if (error === null) return 'success'
  return error.code === null ? 'failure' : outcomeOfError(onWire(error))
}

/** By its code alone: texts of a server that we do not know mean nothing. */
function onWire({ code, type }: CallErrorFacts): ErrorFacts {
  return { code: code ?? '', type, description: null, detail: null }
}

function who(told: Told, facts: CallFacts, hashes: Hashes): void {
  const { subject, clientId, clientAuthMethod } = facts
  const userHash = subject === null ? null : hashes.person(subject.id)
  const actor = actorOf(facts)
  told.add(ATTR.AUDIT_ACTOR_TYPE, actor)
  told.add(ATTR.AUDIT_ACTOR_ID, actor === 'user' ? userHash : actor === 'client' ? clientId : null)
  told.add(ATTR.USER_ID, subject?.id)
  told.add(ATTR.USER_HASH, userHash)
  told.add(ATTR.SESSION_ID, subject?.sessionId && hashes.person(subject.sessionId))
  told.add(ATTR.OAUTH_CLIENT_ID, clientId)
  told.add(ATTR.OAUTH_CLIENT_AUTH_METHOD, clientAuthMethod)
  told.add(ATTR.OAUTH_CLIENT_ASSERTION_KID, keyIdOf(facts.clientAssertionKid))
  told.add(ATTR.OAUTH_CLIENT_TYPE, clientTypeOf(clientAuthMethod))
  told.add(ATTR.OAUTH_AUTH_TIME, integer(subject?.authTimeS ?? null))
  told.add(ATTR.OAUTH_AUTH_ACR, subject?.acr)
  told.add(ATTR.OAUTH_AUTH_AMR, subject && list(subject.amr))
  const isLogin = facts.action === 'oauth.login'
  told.add(ATTR.OAUTH_AUTH_IDP, isLogin ? idpOf(facts.issuer ?? facts.idp) : null)
}

function clientTypeOf(authMethod: string | null): Value {
  return authMethod === null ? null : authMethod === 'none' ? 'public' : 'confidential'
}

/** Requests about somebody's token, and those that no user is behind. */
const withoutUser = new Set(['oauth.introspect', 'oauth.revoke'])
const ownDoing = new Set(['oauth.backchannel_logout', 'oauth.discovery', 'oauth.register'])

function actorOf({ action, subject, clientAuthMethod, error }: CallFacts): string {
  if (ownDoing.has(action)) return 'system'
  if (subject !== null && !withoutUser.has(action)) return 'user'
  const isAuthenticated = clientAuthMethod !== null && clientAuthMethod !== 'none'
  return isAuthenticated && error?.code !== 'invalid_client' ? 'client' : 'anonymous'
}

const grantForm = /^(?:[a-z][a-z_]{0,63}|[a-z][a-z0-9+.-]{0,15}:[\w:./-]{1,128})$/

/** As types are written: a word, or a URI without a query. */
const detailTypeForm = /^[\w.:/-]{1,128}$/

/** What the application asks for it knows: see describeRequest for what that allows. */
function asked(told: Told, { action, parameters, tokens, clientId }: CallFacts): void {
  const { grantType, scope, resources, acrValues, detailTypes = [] } = parameters
  const known = {
    grantTypes: grantType !== null && grantForm.test(grantType) ? [grantType] : [],
    scopes: scope?.split(' ') ?? [],
    resources,
    acrs: acrValues?.split(' ') ?? [],
    detailTypes: detailTypes.filter((type) => detailTypeForm.test(type)),
    isRedirectUri: true,
  }
  const client = { id: clientId ?? '', name: null, authMethod: null }
  describeRequest(told, { parameters, known, client })
  told.add(ATTR.OAUTH_SCOPE_GRANTED, words(tokens?.scope ?? null))
  told.add(ATTR.OAUTH_PAR_USED, action === 'oauth.par' || null)
}

/** What was there already was issued before. */
function tokens(told: Told, { isCached, tokens: own }: CallFacts, hashes: Hashes): void {
  told.add(ATTR.OAUTH_TOKEN_CACHE_HIT, isCached ?? null)
  if (isCached !== true) return describeTokens(told, own, hashes)
  const { accessToken = null, isJwt = false } = own ?? {}
  told.add(ATTR.OAUTH_TOKEN_TYPE, accessToken && 'access_token')
  told.add(ATTR.OAUTH_TOKEN_FORMAT, accessToken && (isJwt ? 'jwt' : 'opaque'))
  told.add(ATTR.OAUTH_TOKEN_HASH, accessToken && hashes.token(accessToken))
}

function refresh(told: Told, facts: CallFacts, hashes: Hashes): void {
  const { grantType, refreshToken } = facts.parameters
  if (grantType !== 'refresh_token' || refreshToken === null) return
  const issued = facts.tokens?.refreshToken ?? null
  told.add(
    ATTR.OAUTH_REFRESH_PRESENTED_HASH,
    hashOfPresented(refreshToken, facts.error === null, hashes),
  )
  told.add(ATTR.OAUTH_REFRESH_ROTATED, facts.tokens && issued !== null && issued !== refreshToken)
}

const tokenTypes = new Set(['access_token', 'refresh_token', 'id_token'])

/** The token that was introspected, revoked or shown. That it is one only some answers say. */
function presented(told: Told, facts: CallFacts, hashes: Hashes): void {
  const { action, token, active, claims, error } = facts
  if (token === null) return
  const isToken = active === true || (action === 'oauth.userinfo' && error === null)
  const type = token.type === null || tokenTypes.has(token.type) ? token.type : 'unknown'
  told.add(ATTR.OAUTH_TOKEN_TYPE, type)
  told.add(ATTR.OAUTH_TOKEN_HASH, hashOfPresented(token.value, isToken, hashes))
  told.add(ATTR.OAUTH_TOKEN_ACTIVE, active)
  told.add(ATTR.OAUTH_TOKEN_EXPIRES_AT, integer(claims?.expiresAtS ?? null))
  told.add(ATTR.OAUTH_SCOPE_GRANTED, words(claims?.scope ?? null))
  told.add(ATTR.OAUTH_AUDIENCE, claims && list(claims.audience))
}

function revocation(told: Told, { action, error }: CallFacts): void {
  if (action !== 'oauth.revoke' || error !== null) return
  told.add(ATTR.OAUTH_REVOCATION_REASON, 'client_request')
  told.add(ATTR.OAUTH_REVOCATION_INITIATOR, 'client')
}

const deviceGrant = 'urn:ietf:params:oauth:grant-type:device_code'
const pollStates = new Set(['authorization_pending', 'slow_down', 'access_denied', 'expired_token'])

function failure(told: Told, facts: CallFacts): void {
  const { error, parameters } = facts
  const code = error?.code ?? null
  if (error !== null) {
    told.add(ATTR.ERROR_TYPE, error.type)
    told.add(ATTR.OAUTH_ERROR_CODE, code)
    told.add(ATTR.OAUTH_ERROR_CATEGORY, callCategory(facts))
    told.add(ATTR.OAUTH_ERROR_REASON, callReason(facts))
    told.add(ATTR.OAUTH_DPOP_RESULT, code === 'use_dpop_nonce' ? 'nonce_required' : null)
  }
  const isPoll = parameters.grantType === deviceGrant
  const state = error === null ? 'complete' : pollStates.has(code ?? '') ? code : null
  told.add(ATTR.OAUTH_DEVICE_POLL_STATE, isPoll ? state : null)
}

/** Who may refresh no more has to send the user to log in again (RFC 6749 section 1.5). */
function callReason({ error, parameters }: CallFacts): Value {
  const isOver = error?.code === 'invalid_grant' && parameters.grantType === 'refresh_token'
  return error && (error.reason ?? (isOver ? 'login_required' : reasonOf(onWire(error))))
}

/** Where the request went; all others to the token endpoint. */
const endpoints: Readonly<Record<string, Endpoint>> = {
  'oauth.authorize': 'authorization',
  'oauth.backchannel_authentication': 'backchannel_authentication',
  'oauth.device_authorization': 'device_authorization',
  'oauth.introspect': 'introspection',
  'oauth.par': 'pushed_authorization_request',
  'oauth.register': 'registration',
  'oauth.revoke': 'revocation',
  'oauth.userinfo': 'userinfo',
}

function callCategory({ action, error }: CallFacts): Value {
  if (error === null) return null
  if (error.by === 'network') return 'network'
  if (error.by === 'client') return action === 'oauth.authorize' ? 'authorization_request' : 'token'
  if (error.code === null) return 'server'
  return categoryOf(onWire(error), endpoints[action] ?? 'token')
}

function http(told: Told, { method, status, server }: CallFacts): void {
  told.add(ATTR.HTTP_REQUEST_METHOD, method)
  told.add(ATTR.HTTP_RESPONSE_STATUS_CODE, integer(status))
  told.add(ATTR.SERVER_ADDRESS, server?.address)
  told.add(ATTR.SERVER_PORT, integer(server?.port ?? null))
}
