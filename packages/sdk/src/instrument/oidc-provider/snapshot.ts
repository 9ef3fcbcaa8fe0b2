// What a request showed, as plain data. Only what is named here is read; the library's objects hold
// secrets under harmless names (`jti` of an opaque token is the token, of a session the cookie).
import type { HttpFacts, ParameterFacts, ServerFacts, TokenFacts } from '../../facts.ts'
import { errorFacts } from './error.ts'
import { attempt, type Members, integer, isObject, record, text, texts } from '../unknown.ts'
import { knownFacts } from './known.ts'

/** The parts of a Koa context that we read. Everything of the library is unknown until checked. */
export interface KoaContext {
  readonly req?: {
    readonly headers?: Record<string, string | string[] | undefined>
    readonly socket?: { readonly remoteAddress?: string }
    readonly ip?: unknown
  }
  readonly app?: { readonly proxy?: unknown }
  readonly ip?: unknown
  readonly method?: unknown
  readonly status?: unknown
  readonly body?: unknown
  readonly headerSent?: unknown
  readonly oidc?: unknown
  readonly _matchedRoute?: unknown
  readonly _matchedRouteName?: unknown
}

/** What our hooks collected while the request ran. */
export interface Witnessed {
  readonly remoteAddress: string | null
  /** The provider's events, each with its last argument; of `grant.success` the token response. */
  readonly events: Map<string, unknown>
  /** The last error that an event told. */
  error: unknown
  /** What escaped from the provider. */
  thrown: unknown
}

const routes = ['authorization', 'resume', 'token'] as const

/** Which audited endpoint a request reached; null for all others. */
export function routeOf(ctx: KoaContext): ServerFacts['endpoint'] | null {
  return routes.find((route) => route === ctx._matchedRouteName) ?? null
}

/** `audit.action` of a request to an endpoint. */
export function actionOf(endpoint: ServerFacts['endpoint']): string {
  return endpoint === 'token' ? 'oauth.token' : 'oauth.authorize'
}

/** Address of the other end while the socket still knows it. */
export function remoteAddressOf(ctx: KoaContext): string | null {
  return text(ctx.req?.socket?.remoteAddress)
}

/** The facts of an audited request, taken when its response is complete but not yet written. */
export function snapshot(ctx: KoaContext, seen: Witnessed): ServerFacts {
  const oidc = record(ctx.oidc)
  const entities = record(oidc.entities)
  const interaction = record(entities.Interaction)
  const client = record(entities.Client)
  const clientId = text(client.clientId)
  const session = record(entities.Session)
  const sources = ['AuthorizationCode', 'RotatedRefreshToken', 'RefreshToken', 'AccessToken'].map(
    (name) => record(entities[name]),
  )
  const fromSource = (member: string): unknown => sources.find((one) => one[member])?.[member]
  const endpoint = routeOf(ctx) ?? 'token'
  const result = record(oidc.result ?? interaction.result)
  return {
    kind: 'server',
    action: actionOf(endpoint),
    library: 'oidc-provider',
    endpoint,
    issuer: text(oidc.issuer),
    http: httpFacts(ctx, seen),
    parameters: parameterFacts(record(oidc.params), entities),
    known: knownFacts(oidc, client),
    client:
      clientId === null
        ? null
        : {
            id: clientId,
            name: text(client.clientName),
            authMethod: text(client.clientAuthMethod),
          },
    accountId:
      text(record(entities.Account).accountId) ??
      text(session.accountId) ??
      text(fromSource('accountId')),
    sessionUid: text(session.uid) ?? text(fromSource('sessionUid')),
    grantId:
      text(seen.events.get('grant.revoked')) ??
      text(record(entities.Grant).jti) ??
      text(fromSource('grantId')),
    authTimeS: integer(session.loginTs) ?? integer(fromSource('authTime')),
    acr: text(session.acr) ?? text(fromSource('acr')),
    amr: texts(session.amr ?? fromSource('amr')),
    succeeded: seen.events.has('grant.success') || seen.events.has('authorization.success'),
    error: errorFacts(seen.thrown ?? seen.error),
    grantedScope: text(fromSource('scope')),
    consented: isObject(result.consent),
    tokens: tokenFacts(seen, entities),
    refresh: refreshFacts(entities),
    grantRevoked: seen.events.has('grant.revoked'),
  }
}

function httpFacts(ctx: KoaContext, seen: Witnessed): HttpFacts {
  // Express knows which proxies it trusts, and so does Koa; each under its own name.
  // Both run the application's code, which may throw: then the address is the other end's.
  const forwarded =
    text(attempt(() => ctx.req?.ip)) ??
    (ctx.app?.proxy === true ? text(attempt(() => ctx.ip)) : null)
  return {
    method: text(ctx.method) ?? '_OTHER',
    route: text(ctx._matchedRoute),
    // Its query has codes, states and tokens; what may be told of it is among the parameters.
    target: null,
    status: statusOf(ctx, seen),
    clientAddress: (forwarded ?? seen.remoteAddress)?.replace(/^::ffff:(?=\d+\.)/, '') ?? null,
    userAgent: text(ctx.req?.headers?.['user-agent']),
  }
}

/** What Koa knows a text for. */
const knownStatus = /^(?:10[0-3]|20[0-8]|226|30[0-578]|4(?:0\d|1[0-8]|2[1-689]|31|51)|50\d|51[01])$/

/**
 * As `onerror` of Koa 3 answers what escaped: with the error's own status, if it is a known one,
 * else with 500, unless the response was under way already.
 */
function statusOf(ctx: KoaContext, { thrown }: Witnessed): number {
  if (thrown === null || ctx.headerSent === true) return integer(ctx.status) ?? 500
  const { status, statusCode } = thrown instanceof Error ? record(thrown) : {}
  const code = integer(status || statusCode)
  return code !== null && knownStatus.test(`${code}`) ? code : 500
}

function parameterFacts(params: Members, entities: Members): ParameterFacts {
  return {
    grantType: text(params.grant_type),
    responseType: text(params.response_type),
    responseMode: text(params.response_mode),
    scope: text(params.scope),
    redirectUri: text(params.redirect_uri),
    prompt: text(params.prompt),
    acrValues: text(params.acr_values),
    resources: texts(params.resource),
    codeChallengeMethod:
      text(params.code_challenge_method) ??
      text(record(entities.AuthorizationCode).codeChallengeMethod),
    hasCodeChallenge: text(params.code_challenge) !== null,
    hasCodeVerifier: text(params.code_verifier) !== null,
    hasRequestObject: text(params.request) !== null,
    hasPushedRequest:
      isObject(entities.PushedAuthorizationRequest) ||
      text(record(entities.Interaction).parJti) !== null,
    refreshToken: text(params.refresh_token),
  }
}

/** The response of the token endpoint; kept at once, for the application may replace the body. */
export function tokenResponseOf({ body }: KoaContext): Members {
  const { access_token, refresh_token, id_token, expires_in, scope } = record(body)
  return { access_token, refresh_token, id_token, expires_in, scope }
}

function tokenFacts({ events, error, thrown }: Witnessed, entities: Members): TokenFacts | null {
  // A listener of the application that throws turns the response into an error without tokens.
  if ((thrown ?? error) !== null) return null
  // At the token endpoint the response itself, else what was put on the redirect.
  const response = record(events.get('grant.success') ?? events.get('authorization.success'))
  const accessToken = text(response.access_token)
  const refreshToken = text(response.refresh_token)
  const hasIdToken = text(response.id_token) !== null
  if (accessToken === null && refreshToken === null && !hasIdToken) return null
  const entity = record(entities.AccessToken ?? entities.ClientCredentials)
  const binding = text(entity.jkt) !== null ? 'dpop' : text(entity['x5t#S256']) && 'mtls'
  return {
    accessToken,
    refreshToken,
    hasIdToken,
    expiresInS: integer(response.expires_in),
    scope: text(response.scope) ?? text(entity.scope),
    isJwt: entity.format === 'jwt',
    binding: binding === 'dpop' || binding === 'mtls' ? binding : null,
    audience: texts(entity.aud),
  }
}

function refreshFacts(entities: Members): ServerFacts['refresh'] {
  const { RefreshToken: token, RotatedRefreshToken: rotated } = entities
  if (!isObject(token)) return null
  const current = record(token)
  return {
    rotated: isObject(rotated),
    rotations: integer(current.rotations),
    // Once rotated, the entity is the new token; a consumed one in its place was used before.
    reused: !isObject(rotated) && Boolean(current.consumed),
  }
}
