// What a request showed, as plain data. Only what is named here is read; the library's objects hold
// secrets under harmless names (`jti` of an opaque token is the token, of a session the cookie).
import type { ErrorFacts, HttpFacts, ParameterFacts, ServerFacts, TokenFacts } from '../../event.ts'

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
  readonly oidc?: unknown
  readonly _matchedRoute?: unknown
  readonly _matchedRouteName?: unknown
}

/** What our hooks collected while the request ran. */
export interface Witnessed {
  readonly remoteAddress: string | null
  /** The provider's events, each with its last argument. */
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
    library: 'oidc-provider',
    endpoint,
    issuer: text(oidc.issuer),
    http: httpFacts(ctx, seen),
    parameters: parameterFacts(record(oidc.params), entities),
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
    tokens: tokenFacts(ctx, seen, entities),
    refresh: refreshFacts(entities),
    grantRevoked: seen.events.has('grant.revoked'),
  }
}

function httpFacts(ctx: KoaContext, seen: Witnessed): HttpFacts {
  // Express knows which proxies it trusts, and so does Koa; each under its own name.
  const forwarded = text(ctx.req?.ip) ?? (ctx.app?.proxy === true ? text(ctx.ip) : null)
  return {
    method: text(ctx.method) ?? '_OTHER',
    route: text(ctx._matchedRoute),
    status: seen.thrown === null ? (integer(ctx.status) ?? 500) : statusOf(seen.thrown),
    clientAddress: (forwarded ?? seen.remoteAddress)?.replace(/^::ffff:(?=\d+\.)/, '') ?? null,
    userAgent: text(ctx.req?.headers?.['user-agent']),
  }
}

/** Koa's rule for what escaped: the error's own status if it has a valid one, else 500. */
function statusOf(thrown: unknown): number {
  const status = integer(record(thrown).status)
  return status !== null && status >= 400 && status <= 599 ? status : 500
}

function parameterFacts(params: Facts, entities: Facts): ParameterFacts {
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

function tokenFacts(ctx: KoaContext, seen: Witnessed, entities: Facts): TokenFacts | null {
  // At the token endpoint the response itself, else what was put on the redirect.
  const out = seen.events.get('authorization.success')
  const response = record(seen.events.has('grant.success') ? ctx.body : out)
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

function refreshFacts(entities: Facts): ServerFacts['refresh'] {
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

function errorFacts(error: unknown): ErrorFacts | null {
  if (!(error instanceof Error)) return error === null ? null : unknownError
  const { error: code, error_description: description, error_detail: detail } = record(error)
  return {
    code: text(code) ?? 'server_error',
    type: text(code) ?? (text(error.name) || 'Error'),
    description: text(description),
    detail: text(detail),
  }
}

const unknownError: ErrorFacts = {
  code: 'server_error',
  type: '_OTHER',
  description: null,
  detail: null,
}

type Facts = Readonly<Record<string, unknown>>

function record(value: unknown): Facts {
  return isObject(value) ? (value as Facts) : {}
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function text(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null
}

function texts(value: unknown): string[] {
  const all: unknown[] = Array.isArray(value) ? value : [value]
  return all.filter((one) => text(one) !== null).map(String)
}

function integer(value: unknown): number | null {
  return Number.isSafeInteger(value) ? (value as number) : null
}
