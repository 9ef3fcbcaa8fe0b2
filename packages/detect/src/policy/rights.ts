// Scopes asked for, allowed and granted: what a client or the roles of a user may have at most, by
// the policy and by the registration that the server had.
import { ATTR, createExcess, decodeList, type Policy } from '@grantlog/record'
import { type Group, type Looked, named, type Sighting } from './look.ts'

export function createRights(policy: Policy): (seen: Looked) => readonly Sighting[] {
  const excessOf = createExcess(policy)
  return (seen) => {
    const { text, view } = seen
    if (view.outcome !== 'success' || text(ATTR.OAUTH_ROLE) === 'client') return requested(seen)
    const { ofClient, ofRoles } = excessOf(view.granted, view)
    const allowed = text(ATTR.OAUTH_SCOPE_ALLOWED)
    const registered = allowed === '' ? null : new Set(decodeList(allowed))
    const beyond = registered === null ? [] : view.granted.filter((one) => !registered.has(one))
    return [
      ...granted('granted_beyond_client', ofClient, ofClientIn(seen)),
      ...granted('granted_beyond_role', ofRoles, ofActorIn(seen)),
      ...granted('granted_unregistered', beyond, ofClientIn(seen)),
      ...requested(seen),
    ]
  }

  /** What nobody got may be anything that somebody typed: it is counted, not named. */
  function requested(seen: Looked): Sighting[] {
    const { ofClient } = excessOf(seen.view.requested, seen.view)
    const some = ofClient.filter((scope) => !seen.view.granted.includes(scope))
    if (some.length === 0) return []
    const words = `${countedScopes(some)} asked for that the policy does not allow the client`
    return [{ rule: 'requested_beyond', group: ofClientIn(seen), words }]
  }
}

function granted(
  rule: 'granted_beyond_client' | 'granted_beyond_role' | 'granted_unregistered',
  scopes: readonly string[],
  group: Group,
): Sighting[] {
  if (scopes.length === 0) return []
  const whose = {
    granted_beyond_client: 'the policy does not allow the client',
    granted_beyond_role: 'the policy does not allow the roles of the user',
    granted_unregistered: 'the registration of the client does not allow',
  }[rule]
  return [{ rule, group, words: `with ${named(scopes)}, which ${whose}` }]
}

function countedScopes({ length }: readonly string[]): string {
  return length === 1 ? 'a scope' : `${length} scopes`
}

function ofClientIn({ view }: Looked): Group {
  return [[ATTR.OAUTH_CLIENT_ID, view.client || 'unknown']]
}

function ofActorIn({ actor, view }: Looked): Group {
  return [
    [ATTR.AUDIT_ACTOR_ID, actor ?? 'unknown'],
    [ATTR.OAUTH_CLIENT_ID, view.client || 'unknown'],
  ]
}
