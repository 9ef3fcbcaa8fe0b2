// Routes with a rule: who was refused by it, and who was let in against it. Only what is known is
// held against anybody: the service tells what it missed of whom it let in (`oauth.error.reason` of
// a success) by the policy that it had; under another one roles and scopes are compared again.
import { ATTR, judge, type RouteRule } from '@grantlog/record'
import { groupAt, type Looked, named, type Sighting } from './look.ts'

export interface Access {
  readonly sighting: Sighting | null
  /** The rule asks for what is not known of this record. */
  readonly isUnjudged: boolean
}

export function accessOf(seen: Looked): Access {
  const { actor, rule, text, view } = seen
  const isRestricted = rule !== null && rule.roles.length + rule.scopes.length > 0
  if (!isRestricted || text(ATTR.OAUTH_ROLE) !== 'resource_server') return nothing
  // Nobody validated the token: that it was let in is a finding of another rule.
  if (actor === null) return { sighting: null, isUnjudged: view.outcome === 'success' }
  const lack = lackOf(seen, rule)
  if (view.outcome === 'denied') return { sighting: denied(seen, rule, lack), isUnjudged: false }
  if (view.outcome !== 'success') return nothing
  const needed =
    lack.role === true ? roleNeeded(rule) : lack.scope === true ? scopeNeeded(rule) : null
  if (needed === null) {
    return { sighting: null, isUnjudged: lack.role === null || lack.scope === null }
  }
  const at = `${view.method} ${rule.route}`
  const sighting: Sighting = {
    rule: lack.role === true ? 'allowed_role' : 'allowed_scope',
    group: groupAt(seen, rule.route),
    words: `let in at ${at}, for which the policy asks ${needed}`,
  }
  return { sighting, isUnjudged: false }
}

const nothing: Access = { sighting: null, isUnjudged: false }

/** null: not known. */
interface Lack {
  readonly role: boolean | null
  readonly scope: boolean | null
}

function lackOf({ hasKnownRoles, isOfPolicy, text, view }: Looked, rule: RouteRule): Lack {
  const reason = text(ATTR.OAUTH_ERROR_REASON)
  const told = (lacking: string): boolean | null => (isOfPolicy ? reason === lacking : null)
  const { lacksRole, missingScopes } = judge(rule, { roles: view.roles, scopes: view.granted })
  const knowsScopes = view.granted.length > 0
  return {
    role: rule.roles.length === 0 ? false : hasKnownRoles ? lacksRole : told('role_insufficient'),
    scope:
      rule.scopes.length === 0
        ? false
        : knowsScopes
          ? missingScopes.length > 0
          : told('scope_insufficient'),
  }
}

const lacks: ReadonlySet<string> = new Set(['role_insufficient', 'scope_insufficient'])

function denied(seen: Looked, rule: RouteRule, lack: Lack): Sighting | null {
  const isByRule = lacks.has(seen.text(ATTR.OAUTH_ERROR_REASON))
  if (!isByRule && lack.role !== true && lack.scope !== true) return null
  const needed = [roleNeeded(rule), scopeNeeded(rule)].filter((one) => one !== null).join(' and ')
  return {
    rule: 'denied',
    group: groupAt(seen, rule.route),
    words: `refused at ${seen.view.method} ${rule.route}, for which the policy asks ${needed}`,
  }
}

function roleNeeded({ roles }: RouteRule): string | null {
  if (roles.length === 0) return null
  return roles.length === 1 ? `the role ${roles[0]}` : `one of the roles ${named(roles)}`
}

function scopeNeeded({ scopes }: RouteRule): string | null {
  return scopes.length === 0 ? null : `the scope ${named(scopes)}`
}
