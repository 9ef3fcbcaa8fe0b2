// Whether the policy allows what was done: the route's rule, the scopes that roles and clients may
// have, and who may do what is privileged. Pure; the service records what it needs for it, and
// whoever reads the records asks again. See access.test.ts.
import type { Policy, PrivilegedKind, RouteRule } from './document.ts'
import { matcher } from './decide.ts'

/** What a route's rule says of who came. */
export interface Judgement {
  /** Scopes that are needed and not there. */
  readonly missingScopes: readonly string[]
  /** The rule names roles, and there is none of them. */
  readonly lacksRole: boolean
}

export function judge(
  { roles: needed, scopes }: Pick<RouteRule, 'roles' | 'scopes'>,
  by: { readonly roles: readonly string[]; readonly scopes: readonly string[] },
): Judgement {
  return {
    missingScopes: scopes.filter((scope) => !by.scopes.includes(scope)),
    lacksRole: needed.length > 0 && !needed.some((role) => by.roles.includes(role)),
  }
}

export interface Excess {
  /** Scopes beyond what the client, or the roles, may have. */
  readonly ofClient: readonly string[]
  readonly ofRoles: readonly string[]
}

export type ExcessOf = (
  scopes: readonly string[],
  by: { readonly client: string; readonly roles: readonly string[] },
) => Excess

const everybody = '*'

/**
 * Of a client that the policy does not name nothing is said, and of roles neither where nobody's
 * are known (`roles` is empty), or none is named and `*` is not either.
 */
export function createExcess({ clients, roles }: Policy): ExcessOf {
  const isAllowed = (allowed: readonly string[]): ((scope: string) => boolean) => matcher(allowed)
  const byClient = new Map([...clients].map(([id, { scopes }]) => [id, isAllowed(scopes)]))
  const byRole = new Map([...roles].map(([name, { scopes }]) => [name, isAllowed(scopes)]))
  const forAll = byRole.get(everybody)

  return (scopes, by) => {
    const client = byClient.get(by.client)
    const named = by.roles.flatMap((role) => byRole.get(role) ?? [])
    if (forAll !== undefined) named.push(forAll)
    const isJudged = by.roles.length > 0 && named.length > 0
    return {
      ofClient: client === undefined ? [] : scopes.filter((scope) => !client(scope)),
      ofRoles: isJudged ? scopes.filter((scope) => !named.some((may) => may(scope))) : [],
    }
  }
}

/** Whether one of some roles may do what is of a privileged kind. */
export function mayDo(
  { privileged }: Policy,
  kind: PrivilegedKind,
  roles: readonly string[],
): boolean {
  const needed = privileged.get(kind)?.roles ?? []
  return needed.length === 0 || needed.some((role) => roles.includes(role))
}
