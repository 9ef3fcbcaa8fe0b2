import type { Endpoint, PresentedFacts } from '../../facts.ts'
import { attempt, integer, type Members, record, text, texts } from '../unknown.ts'
import type { KoaContext } from './context.ts'
import { grantedScope } from './sources.ts'
import type { View } from './view.ts'

/** A value that was introspected, revoked or shown as a token, and where the request had it. */
export interface Shown {
  readonly value: string
  readonly location: PresentedFacts['location']
}

/** null: none, or none that this endpoint looks at. */
export function shownToken(endpoint: Endpoint, ctx: KoaContext, params: Members): Shown | null {
  if (endpoint === 'introspection' || endpoint === 'revocation') {
    const value = text(params.token)
    return value === null ? null : { value, location: 'body' }
  }
  const isShown = endpoint === 'userinfo' || endpoint === 'credential'
  return isShown ? bearerOf(ctx, text(params.access_token)) : null
}

/** RFC 6750 section 2 and RFC 9449 section 7.1. */
function bearerOf(ctx: KoaContext, parameter: string | null): Shown | null {
  const header = ctx.req?.headers?.authorization
  const value = typeof header === 'string' ? /^(?:Bearer|DPoP) (\S+)$/i.exec(header)?.[1] : null
  if (value) return { value, location: 'header' }
  if (parameter === null) return null
  return { value: parameter, location: ctx.method === 'POST' ? 'body' : 'query' }
}

/** What is known of the token. */
export function presentedFacts({
  ctx,
  endpoint,
  seen,
  shown,
  token: known,
}: View): PresentedFacts | null {
  if (shown === null) return null
  const token = record(known?.token)
  const isIntrospection = endpoint === 'introspection'
  return {
    ...shown,
    isFound: known !== null,
    type: known && (known.kind === 'RefreshToken' ? 'refresh_token' : 'access_token'),
    scope: known && grantedScope(known),
    audience: texts(token.aud),
    issuedAtS: integer(token.iat),
    expiresAtS: integer(token.exp),
    binding: bindingOf(token),
    isActive: isIntrospection ? answeredActive(ctx.body) : null,
    isRevoked: known !== null && seen.events.get(destroyedEvents[known.kind] ?? '') === token,
    hasGrant: text(token.grantId) !== null,
  }
}

const destroyedEvents: Readonly<Record<string, string>> = {
  AccessToken: 'access_token.destroyed',
  ClientCredentials: 'client_credentials.destroyed',
  RefreshToken: 'refresh_token.destroyed',
}

/** As JSON, or in a JWT (RFC 9701), which is not told when it is encrypted. */
function answeredActive(body: unknown): boolean | null {
  const answer = typeof body === 'string' ? payloadOf(body).token_introspection : body
  const { active } = record(answer)
  return typeof active === 'boolean' ? active : null
}

/** Claims of a JWT that the library itself has just signed. */
function payloadOf(jwt: string): Members {
  const [, payload = ''] = jwt.split('.')
  return record(attempt(() => JSON.parse(Buffer.from(payload, 'base64url').toString())))
}

/** What a token is bound to. */
export function bindingOf(token: Members): 'dpop' | 'mtls' | null {
  if (text(token.jkt) !== null) return 'dpop'
  return text(token['x5t#S256']) === null ? null : 'mtls'
}
