// An action as a policy looks at it: of a record's attributes, so that the service that makes it
// and whoever reads it later come to the same.
import { decodeList } from '../list.ts'
import { ATTR } from '../names.ts'
import type { PolicyRequest } from '../policy-route.ts'
import type { AttributeValue } from '../span.ts'

/** What is there by name, whatever holds it. */
export type Attributes = Pick<ReadonlyMap<string, AttributeValue>, 'get'>

export interface ActionView {
  readonly action: string
  readonly outcome: string
  /** `oauth.error.reason`: of a success, what was let through all the same; empty: nothing. */
  readonly reason: string
  /** The record says so itself (`audit.privileged`). */
  readonly isPrivileged: boolean
  /** Of the person; empty also where the record's slot cannot be opened. */
  readonly roles: readonly string[]
  readonly client: string
  /** `user.hash`. */
  readonly subject: string
  /** Granted, or of the token that was shown. */
  readonly granted: readonly string[]
  readonly requested: readonly string[]
  readonly method: string
  /** Of the framework, else made from the path; null: neither is known. */
  readonly route: string | null
  /**
   * It was made from the path, whose plain words it has: `/teams/blue`, where the framework had
   * said `/teams/:team`. So it is looked at as a path is.
   */
  readonly isOfPath: boolean
}

export function viewOf(attributes: Attributes): ActionView {
  const text = (name: string): string => {
    const value = attributes.get(name)
    return typeof value === 'string' ? value : ''
  }
  const list = (name: string): readonly string[] => {
    const value = text(name)
    return value === '' ? none : decodeList(value)
  }
  return {
    action: text(ATTR.AUDIT_ACTION),
    outcome: text(ATTR.AUDIT_OUTCOME),
    reason: text(ATTR.OAUTH_ERROR_REASON),
    isPrivileged: text(ATTR.AUDIT_PRIVILEGED) !== '',
    roles: list(ATTR.USER_ROLES),
    client: text(ATTR.OAUTH_CLIENT_ID),
    subject: text(ATTR.USER_HASH),
    granted: list(ATTR.OAUTH_SCOPE_GRANTED),
    requested: list(ATTR.OAUTH_SCOPE_REQUESTED),
    method: text(ATTR.HTTP_REQUEST_METHOD),
    route: text(ATTR.HTTP_ROUTE) || text(ATTR.URL_TEMPLATE) || null,
    isOfPath: text(ATTR.HTTP_ROUTE) === '',
  }
}

const none: readonly string[] = []

/** The request of an action; null where no route of it is known. */
export function requestOf({ isOfPath, method, route }: ActionView): PolicyRequest | null {
  if (route === null) return null
  return isOfPath ? { method, route: null, path: route } : { method, route, path: null }
}
