import type { RefreshFacts, TokenFacts } from '../../facts.ts'
import { integer, isObject, type Members, record, text, texts } from '../unknown.ts'
import type { KoaContext } from './context.ts'
import { bindingOf } from './presented.ts'
import type { View } from './view.ts'

/** The response of the token endpoint; kept at once, for the application may replace the body. */
export function tokenResponseOf({ body }: KoaContext): Members {
  const { access_token, refresh_token, id_token, issued_token_type, expires_in, scope } =
    record(body)
  return { access_token, refresh_token, id_token, issued_token_type, expires_in, scope }
}

/** Tokens that were handed out. */
export function tokenFacts(view: View): TokenFacts | null {
  const { entities, seen } = view
  const { events, error, thrown } = seen
  // A listener of the application that throws turns the response into an error without tokens.
  if ((thrown ?? error) !== null) return null
  // At the token endpoint the response itself, else what was put on the redirect.
  const response = record(events.get('grant.success') ?? events.get('authorization.success'))
  const accessToken = text(response.access_token)
  const refreshToken = text(response.refresh_token)
  const hasIdToken = text(response.id_token) !== null
  if (accessToken === null && refreshToken === null && !hasIdToken) return null
  const entity = record(entities.AccessToken ?? entities.ClientCredentials)
  return {
    accessToken,
    refreshToken,
    hasIdToken,
    expiresInS: integer(response.expires_in),
    scope: text(response.scope) ?? text(entity.scope),
    isJwt: entity.format === 'jwt',
    binding: bindingOf(entity),
    audience: texts(entity.aud),
    ...(refreshToken === null ? {} : refreshTokenOf(view)),
  }
}

/** What the library has of the refresh token that it gave: a new one, or the same again. */
function refreshTokenOf({
  atS,
  entities,
  seen,
}: View): Pick<TokenFacts, 'refreshBinding' | 'refreshExpiresAtS'> {
  const token = record(seen.events.get('refresh_token.saved') ?? entities.RefreshToken)
  // Of a new one only its storage is told when it ends.
  const lifetimeS = integer(token.expiresIn)
  const newExpiry = lifetimeS === null ? null : atS + lifetimeS
  return { refreshBinding: bindingOf(token), refreshExpiresAtS: integer(token.exp) ?? newExpiry }
}

/** The refresh token: the one presented, or the new one where none was. */
export function refreshFacts({ entities, seen }: View): RefreshFacts | null {
  const { RefreshToken: token, RotatedRefreshToken: rotated } = entities
  // Where the library failed before it was sure of the token, there is only what it had read.
  const stored = seen.found.find(({ kind }) => kind === 'RefreshToken')?.stored
  const current = isObject(token) ? record(token) : stored
  if (current === undefined) return null
  return {
    rotated: isObject(rotated),
    rotations: integer(current.rotations),
    // Once rotated, the entity is the new token; a consumed one in its place was used before.
    reused: !isObject(rotated) && Boolean(current.consumed),
    issuedAtS: integer(record(rotated ?? current).iat),
  }
}
