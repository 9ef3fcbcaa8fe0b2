// What our hooks are given, and what they collect while a request runs. Everything of the library
// is unknown until it is checked.
import type { HttpFacts } from '../../facts.ts'
import { attempt, integer, type Members, record, text } from '../unknown.ts'

/** The parts of an incoming message that we read. */
export interface IncomingRequest {
  readonly method?: unknown
  readonly headers?: Record<string, string | string[] | undefined>
  readonly socket?: { readonly remoteAddress?: string; readonly destroyed?: boolean }
  readonly ip?: unknown
}

/** The parts of a Koa context that we read. */
export interface KoaContext {
  readonly req?: IncomingRequest
  readonly app?: { readonly proxy?: unknown }
  readonly ip?: unknown
  readonly method?: unknown
  readonly query?: unknown
  readonly status?: unknown
  readonly body?: unknown
  readonly headerSent?: unknown
  readonly oidc?: unknown
  readonly _matchedRoute?: unknown
  readonly _matchedRouteName?: unknown
}

/** What the library read from its storage: as it was stored, expired or used things too. */
export interface Found {
  /** Name of the model, such as `AccessToken`. */
  readonly kind: string
  readonly stored: Members
}

/** What our hooks collected while the request ran. */
export interface Witnessed {
  readonly remoteAddress: string | null
  /** The provider's events, each with its last argument; of `grant.success` the token response. */
  readonly events: Map<string, unknown>
  /** Ids of the grants that were revoked, raw. */
  readonly revokedGrants: string[]
  readonly found: Found[]
  /** The last error that an event told. */
  error: unknown
  /** What escaped from the provider. */
  thrown: unknown
}

/** Address of the other end while the socket still knows it. */
export function remoteAddressOf(request: IncomingRequest | undefined): string | null {
  return text(request?.socket?.remoteAddress)
}

/**
 * Address of the client. Express knows which proxies it trusts, and so does Koa, which `viaKoa`
 * asks; both run the application's code, which may throw: then the address is the other end's.
 */
export function clientAddress(
  request: IncomingRequest | undefined,
  viaKoa: () => unknown,
  remoteAddress: string | null,
): string | null {
  const forwarded = text(attempt(() => request?.ip)) ?? text(attempt(viaKoa))
  return (forwarded ?? remoteAddress)?.replace(/^::ffff:(?=\d+\.)/, '') ?? null
}

/** The request that reached a route of the provider. */
export function httpFacts(ctx: KoaContext, seen: Witnessed): HttpFacts {
  const viaKoa = (): unknown => (ctx.app?.proxy === true ? ctx.ip : null)
  // Koa answers nobody who has left.
  const isCut = ctx.headerSent !== true && attempt(() => ctx.req?.socket?.destroyed) === true
  const facts = {
    method: text(ctx.method) ?? '_OTHER',
    route: text(ctx._matchedRoute),
    // Its query has codes, states and tokens; what may be told of it is among the parameters.
    target: null,
    status: isCut ? 0 : statusOf(ctx, seen),
    clientAddress: clientAddress(ctx.req, viaKoa, seen.remoteAddress),
    userAgent: text(ctx.req?.headers?.['user-agent']),
  }
  return isCut ? { ...facts, isCut } : facts
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
