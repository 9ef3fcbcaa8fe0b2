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

/** Each flag with whether it holds. */
type Findings = readonly (readonly [Posture, boolean])[]

/** Of a request to an authorization server. */
export function describeServerPosture(told: Told, facts: ServerFacts, outcome: Outcome): void {
  const { endpoint, parameters, presented, tokens } = facts
  const isLetThrough = outcome === 'success' || outcome === 'challenge'
  const findings: Findings = isLetThrough
    ? [
        ...(asking.has(endpoint) ? ofAuthorization(facts) : []),
        ...(endpoint === 'token' && outcome === 'success'
          ? [...ofGrant(parameters), ...ofTokens(tokens), refreshOf(facts)]
          : []),
      ]
    : []
  tell(told, [['token_in_query', presented?.location === 'query'], ...findings])
}

/** Endpoints that take what a client asks a user for. */
const asking: ReadonlySet<string> = new Set([
  'authorization',
  'resume',
  'pushed_authorization_request',
])

function ofAuthorization({ parameters, known, saysIssuer }: ServerFacts): Findings {
  const types = parameters.responseType?.split(' ') ?? []
  const hasCode = types.includes('code')
  return [
    ['implicit', types.includes('token')],
    ['no_pkce', hasCode && !parameters.hasCodeChallenge],
    ['pkce_plain', hasCode && parameters.hasCodeChallenge && isPlain(parameters)],
    ['inexact_redirect', known.isRedirectUri && known.isExactRedirectUri === false],
    ['no_iss', saysIssuer === false],
    ...(known.isRedirectUri ? ofRedirect(parameters.redirectUri) : []),
  ]
}

/** RFC 7636 section 4.3: a challenge without a method is the verifier. */
function isPlain({ codeChallengeMethod }: ParameterFacts): boolean {
  return codeChallengeMethod === null || codeChallengeMethod === 'plain'
}

const loopback = /^(?:127(?:\.\d{1,3}){3}|\[::1\]|localhost)$/

function ofRedirect(redirectUri: string | null): Findings {
  const url = redirectUri === null ? null : URL.parse(redirectUri)
  if (url === null) return []
  return [
    // What stays on the device needs no TLS (RFC 8252 section 7.3).
    ['plain_redirect', url.protocol === 'http:' && !loopback.test(url.hostname)],
    ['localhost_redirect', url.hostname === 'localhost'],
  ]
}

function ofGrant({ grantType, hasCodeVerifier }: ParameterFacts): Findings {
  return [
    ['password_grant', grantType === 'password'],
    ['no_pkce', grantType === 'authorization_code' && !hasCodeVerifier],
  ]
}

function ofTokens(tokens: TokenFacts | null): Findings {
  const { accessToken = null, expiresInS = null } = tokens ?? {}
  return [['long_lived_token', accessToken !== null && isLong(expiresInS)]]
}

function isLong(seconds: number | null): boolean {
  return seconds !== null && seconds > longLivedTokenS
}

/** Whether a server rotates is known when a token is refreshed, and not before. */
function refreshOf({ client, parameters, refresh, tokens }: ServerFacts): Findings[number] {
  const isPublic = client?.authMethod === 'none'
  const isKept = parameters.grantType === 'refresh_token' && refresh?.rotated === false
  const isBound = (tokens?.refreshBinding ?? tokens?.binding ?? null) !== null
  return ['unbound_refresh_token', isPublic && isKept && !isBound]
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
  tell(told, [
    ...(isToken ? [...ofGrant(parameters), ...ofTokens(tokens)] : []),
    ['no_iss', saysIssuer === false],
    ['no_pkce', isPushed && isCode && !parameters.hasCodeChallenge],
    ['unbound_refresh_token', isKept && clientAuthMethod === 'none' && tokens?.binding === null],
    ...(isPushed ? ofRedirect(parameters.redirectUri) : []),
  ])
}

/** Of a request to a protected resource. */
export function describeAccessPosture(told: Told, facts: AccessFacts, outcome: string): void {
  const { token, validation } = facts
  const { boundKey, expiresAtS = null, issuedAtS = null } = validation?.claims ?? {}
  const isLetIn = outcome === 'success'
  const lifetime = expiresAtS === null || issuedAtS === null ? null : expiresAtS - issuedAtS
  tell(told, [
    ['token_in_query', token?.location === 'query'],
    ['bound_token_as_bearer', isLetIn && Boolean(boundKey) && token?.scheme === 'bearer'],
    ['long_lived_token', isLetIn && isLong(lifetime)],
  ])
}

function tell(told: Told, findings: Findings): void {
  const found = findings.filter(([, holds]) => holds).map(([flag]) => flag)
  if (found.length > 0) told.add(ATTR.OAUTH_POSTURE, list(found))
}
