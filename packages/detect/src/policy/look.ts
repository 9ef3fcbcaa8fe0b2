// A record as the policy's tests look at it, and what they say of it.
import {
  type ActionView,
  ATTR,
  type Policy,
  type PrivilegedRule,
  type RouteRule,
  ruleFor,
  viewOf,
} from '@grantlog/record'
import type { AuditEvent } from '../event.ts'
import { remembered } from '../remembered.ts'
import { methodsMax, namedMax, routesMax } from './limits.ts'
import type { PolicyRule } from './rules.ts'

/** Whom or what it is about, by attribute; records of the same are counted together. */
export type Group = readonly (readonly [name: string, value: string])[]

/** One thing that a record shows. */
export interface Sighting {
  readonly rule: PolicyRule
  readonly group: Group
  /** The end of a sentence that begins with how often. */
  readonly words: string
  /** Of a privileged action: what it moved, and how much is too much. */
  readonly amount?: {
    readonly bytes: number
    readonly rows: number
    readonly of: PrivilegedRule | null
  }
}

export interface Looked {
  readonly event: AuditEvent
  readonly view: ActionView
  /** `''`: the record has no such text. */
  readonly text: (name: string) => string
  /** The policy's rule for its route; null: none, or the request was one to somebody else. */
  readonly rule: RouteRule | null
  /** It was made under this very policy. */
  readonly isOfPolicy: boolean
  /** Somebody whose token was validated, and his pseudonym or the client's id. */
  readonly actor: string | null
  /**
   * Where the record names none, his roles may be unknown: erased, withheld, or not looked for
   * where this policy says that they are.
   */
  readonly hasKnownRoles: boolean
}

export type Look = (event: AuditEvent) => Looked

export function createLook(policy: Policy): Look {
  // Of what a record tells of a request, by method and route.
  const ruleOf = remembered(methodsMax, (method) => ({
    ofRoute: remembered(routesMax, (route) => ruleFor(policy, { method, route, path: null })),
    ofPath: remembered(routesMax, (path) => ruleFor(policy, { method, route: null, path })),
  }))
  return (event) => {
    const { attributes } = event
    const text = (name: string): string => {
      const value = attributes.get(name)
      return typeof value === 'string' ? value : ''
    }
    const view = viewOf(attributes)
    const { isOfPath, method, route } = view
    const isOfNone = route === null || text(ATTR.OAUTH_ROLE) === 'client'
    const isOfPolicy = text(ATTR.AUDIT_POLICY_HASH) === policy.hash
    const type = text(ATTR.AUDIT_ACTOR_TYPE)
    const isActor = type === 'user' || type === 'admin' || type === 'client'
    const who = text(ATTR.AUDIT_ACTOR_ID) || view.subject || view.client || 'unknown'
    return {
      event,
      view,
      text,
      rule: isOfNone ? null : ruleOf(method)[isOfPath ? 'ofPath' : 'ofRoute'](route),
      isOfPolicy,
      actor: isActor ? who : null,
      // The slot that has the roles has `user.id`, too: it could be opened.
      hasKnownRoles: view.roles.length > 0 || (isOfPolicy && text(ATTR.USER_ID) !== ''),
    }
  }
}

/** Who, at which route; the template is the policy's own. */
export function groupAt({ actor }: Looked, route: string): Group {
  return [
    [ATTR.AUDIT_ACTOR_ID, actor ?? 'unknown'],
    [ATTR.HTTP_ROUTE, route],
  ]
}

/** `a, b and 3 more`. */
export function named(names: readonly string[]): string {
  const more = names.length - namedMax
  const some = names.slice(0, namedMax).join(', ')
  return more > 0 ? `${some} and ${more} more` : some
}
