// Where a request's user, grant and session come from: the objects that the library put on its
// context, and where it failed before it did so, what it had read from its storage.
import type { Endpoint } from '../../facts.ts'
import { type Members, record, text } from '../unknown.ts'
import type { Found, Witnessed } from './context.ts'

/** What a token is issued for, most specific first. */
const grantKinds = [
  'AuthorizationCode',
  'DeviceCode',
  'BackchannelAuthenticationRequest',
  'PreAuthorizedCode',
  'RotatedRefreshToken',
  'RefreshToken',
  'AccessToken',
]

const kinds = [...grantKinds, 'ClientCredentials']

/** Endpoints that are about one token, which the request shows. */
const aboutToken: ReadonlySet<Endpoint> = new Set([
  'introspection',
  'revocation',
  'userinfo',
  'credential',
])

/** A token, or a code that is exchanged for one, which the library has in its storage. */
export interface KnownToken {
  readonly kind: string
  readonly token: Members
  /** The library went on with it, so it was neither expired nor used, and its grant was there. */
  readonly isEntity: boolean
}

/** The token of this value. `jti` of an opaque token is its value. */
export function tokenOf(
  value: string,
  entities: Members,
  found: readonly Found[],
): KnownToken | null {
  if (value === '') return null
  for (const kind of kinds) {
    const token = record(entities[kind])
    if (token.jti === value) return { kind, token, isEntity: true }
  }
  const match = found.find(({ kind, stored }) => kinds.includes(kind) && stored.jti === value)
  return match === undefined ? null : { kind: match.kind, token: match.stored, isEntity: false }
}

/** A member of the first source that has it. */
export type FromSource = (member: string) => unknown

/** The sources of a request, in their order. */
export function sourcesOf(
  endpoint: Endpoint,
  entities: Members,
  { found }: Witnessed,
  presented: KnownToken | null,
): FromSource {
  const sources: Found[] = []
  if (!aboutToken.has(endpoint)) {
    for (const kind of grantKinds) {
      const entity = entities[kind]
      if (entity !== undefined) sources.push({ kind, stored: record(entity) })
    }
    for (const one of found) if (grantKinds.includes(one.kind)) sources.push(one)
  } else if (presented !== null) {
    sources.push({ kind: presented.kind, stored: presented.token })
  }
  return (member) => {
    for (const source of sources) {
      const value = source.stored[member]
      if (value && !(member === 'scope' && hasTypedScope(source))) return value
    }
    return undefined
  }
}

/** Scope of a token, as far as it was granted. */
export function grantedScope({ kind, token }: KnownToken): string | null {
  return hasTypedScope({ kind, stored: token }) ? null : text(token.scope)
}

/** Scopes of a backchannel request are as the client typed them, and stay so in what follows. */
function hasTypedScope({ kind, stored }: Found): boolean {
  if (kind === 'BackchannelAuthenticationRequest') return true
  return kind.endsWith('RefreshToken') && text(stored.gty)?.startsWith('ciba') === true
}
