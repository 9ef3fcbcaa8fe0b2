// What is weak in a request that was let through: the current practice of RFC 9700, and what it
// builds on, by flags of a closed list. See posture.test.ts.
//
// What was refused is told by its reason instead, but for a token in a URL: that has been written
// down by then, whoever refuses it.
import { ATTR } from '@grantlog/record'
import type { AccessFacts, CallFacts, ParameterFacts, ServerFacts, TokenFacts } from '../facts.ts'
import { longLivedTokenS } from '../limits.ts'
import { list } from './list.ts'
import type { Outcome } from './outcome.ts'
import type { Told } from './value.ts'

/** Values of `oauth.posture`; the registry says what each means. */
export type Posture =
  | 'bound_token_as_bearer'
  | 'implicit'
  | 'inexact_redirect'
  | 'localhost_redirect'
  | 'long_lived_token'
  | 'no_iss'
  | 'no_pkce'
  | 'password_grant'
  | 'pkce_plain'
  | 'plain_redirect'
  | 'token_in_query'
  | 'unbound_refresh_token'

/** The flags that hold, mostly none. */
class Findings {
  readonly #flags: Posture[] = []

  add(flag: Posture, holds: boolean): void {
    if (holds) this.#flags.push(flag)
  }

  tell(told: Told): void {
    if (this.#flags.length > 0) told.add(ATTR.OAUTH_POSTURE, list(this.#flags))
  }
}

/** Of a request to an authorization server. */
export function describeServerPosture(told: Told, facts: ServerFacts, outcome: Outcome): void {
  const { endpoint, parameters, presented, tokens } = facts
  const isLetThrough = outcome === 'success' || outcome === 'challenge'
  const found = new Findings()
  found.add('token_in_query', presented?.location === 'query')
  if (isLetThrough && asking.has(endpoint)) ofAuthorization(found, facts)
  if (outcome === 'success' && endpoint === 'token') {
    ofGrant(found, parameters)
    ofTokens(found, tokens)
    ofRefresh(found, facts)
  }
  found.tell(told)
}

/** Endpoints that take what a client asks a user for. */
const asking: ReadonlySet<string> = new Set([
  'authorization',
  'resume',
  'pushed_authorization_request',
])

function ofAuthorization(found: Findings, { parameters, known, saysIssuer }: ServerFacts): void {
  const types = parameters.responseType?.split(' ') ?? []
  const hasCode = types.includes('code')
  found.add('implicit', types.includes('token'))
  found.add('no_pkce', hasCode && !parameters.hasCodeChallenge)
  found.add('pkce_plain', hasCode && parameters.hasCodeChallenge && isPlain(parameters))
  found.add('inexact_redirect', known.isRedirectUri && known.isExactRedirectUri === false)
  found.add('no_iss', saysIssuer === false)
  if (known.isRedirectUri) ofRedirect(found, parameters.redirectUri)
}

/** RFC 7636 section 4.3: a challenge without a method is the verifier. */
function isPlain({ codeChallengeMethod }: ParameterFacts): boolean {
  return codeChallengeMethod === null || codeChallengeMethod === 'plain'
}

const loopback = /^(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost)$/

function ofRedirect(found: Findings, redirectUri: string | null): void {
  const url = redirectUri === null ? null : URL.parse(redirectUri)
  if (url === null) return
  // What stays on the device needs no TLS (RFC 8252 section 7.3).
  found.add('plain_redirect', url.protocol === 'http:' && !loopback.test(url.hostname))
  found.add('localhost_redirect', url.hostname === 'localhost')
}

function ofGrant(found: Findings, { grantType, hasCodeVerifier }: ParameterFacts): void {
  found.add('password_grant', grantType === 'password')
  found.add('no_pkce', grantType === 'authorization_code' && !hasCodeVerifier)
}

function ofTokens(found: Findings, tokens: TokenFacts | null): void {
  const { accessToken = null, expiresInS = null } = tokens ?? {}
  found.add('long_lived_token', accessToken !== null && isLong(expiresInS))
}

function isLong(seconds: number | null): boolean {
  return seconds !== null && seconds > longLivedTokenS
}

/** Whether a server rotates is known when a token is refreshed, and not before. */
function ofRefresh(found: Findings, facts: ServerFacts): void {
  const { client, parameters, refresh, tokens } = facts
  const isPublic = client?.authMethod === 'none'
  const isKept = parameters.grantType === 'refresh_token' && refresh?.rotated === false
  const isBound = (tokens?.refreshBinding ?? tokens?.binding ?? null) !== null
  found.add('unbound_refresh_token', isPublic && isKept && !isBound)
}

/** Of a request to an authorization server, as its client saw it. */
export function describeCallPosture(told: Told, facts: CallFacts): void {
  const { action, clientAuthMethod, error, parameters, saysIssuer, tokens } = facts
  if (error !== null) return
  const isToken = action === 'oauth.token'
  const isPushed = action === 'oauth.par'
  const isCode = parameters.responseType?.split(' ').includes('code') === true
  const issued = tokens?.refreshToken ?? null
  const isKept =
    parameters.grantType === 'refresh_token' &&
    tokens !== null &&
    (issued === null || issued === parameters.refreshToken)
  const isUnbound = isKept && clientAuthMethod === 'none' && tokens?.binding === null
  const found = new Findings()
  if (isToken) {
    ofGrant(found, parameters)
    ofTokens(found, tokens)
  }
  found.add('no_iss', saysIssuer === false)
  found.add('no_pkce', isPushed && isCode && !parameters.hasCodeChallenge)
  found.add('unbound_refresh_token', isUnbound)
  if (isPushed) ofRedirect(found, parameters.redirectUri)
  found.tell(told)
}

/** Of a request to a protected resource. */
export function describeAccessPosture(told: Told, facts: AccessFacts, outcome: string): void {
  const { token, validation } = facts
  const { boundKey, expiresAtS = null, issuedAtS = null } = validation?.claims ?? {}
  const isLetIn = outcome === 'success'
  const lifetime = expiresAtS === null || issuedAtS === null ? null : expiresAtS - issuedAtS
  const isBound = Boolean(boundKey)
  const found = new Findings()
  found.add('token_in_query', token?.location === 'query')
  found.add('bound_token_as_bearer', isLetIn && isBound && token?.scheme === 'bearer')
  found.add('long_lived_token', isLetIn && isLong(lifetime))
  found.tell(told)
}
