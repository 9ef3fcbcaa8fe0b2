// What a record says of one of Keycloak's admin events: what an administrator did, and to what.
// What it was changed to (`representation`) is not recorded: it may be anything, secrets too.
import { ATTR, type AttributeValue, templateOf } from '@grantlog/record'
import type { Describing, EventDescription } from '../source.ts'
import type { AdminEvent } from './event.ts'
import { genericAction } from './words.ts'

export function describeAdminEvent(
  event: AdminEvent,
  { hashOf }: Pick<Describing, 'hashOf'>,
): EventDescription {
  const { error, ipAddress, operationType, resourceType, userId } = event
  const failed = error !== undefined || operationType.endsWith('_ERROR')
  const attributes = new Map<string, AttributeValue>([
    [ATTR.AUDIT_OBSERVED_EVENT, `${operationType} ${resourceType}`],
    [ATTR.AUDIT_OUTCOME, failed ? 'failure' : 'success'],
    [ATTR.AUDIT_ACTOR_TYPE, userId === undefined ? 'system' : 'admin'],
  ])
  const set = (name: string, value: string | null | undefined): void => {
    if (value !== null && value !== undefined && value !== '') attributes.set(name, value)
  }
  if (userId !== undefined) set(ATTR.AUDIT_ACTOR_ID, hashOf(userId))
  set(ATTR.ERROR_TYPE, error)
  set(ATTR.CLIENT_ADDRESS, ipAddress)
  const { action, isOfUser, type } = kindOf(event)
  const [, id] = event.resourcePath.split('/')
  set(ATTR.URL_TEMPLATE, templateOf(`/${event.resourcePath}`))
  set(ATTR.AUDIT_TARGET_TYPE, type)
  if (type === 'session') set(ATTR.SESSION_ID, id === undefined ? null : hashOf(id))
  else set(ATTR.AUDIT_TARGET_ID, id)
  if (isOfUser && id !== undefined) {
    set(ATTR.USER_ID, id)
    set(ATTR.USER_HASH, hashOf(id))
  }
  // What somebody may do is no data of his.
  const isRights = /\/(role-mappings|groups)(\/|$)/.test(event.resourcePath)
  const isData = isOfUser && action.startsWith('keycloak.') && !isRights
  set(ATTR.AUDIT_PRIVILEGED, isData ? 'user_data_change' : 'administration')
  if (action === 'oauth.consent') set(ATTR.OAUTH_CONSENT_RESULT, 'revoked')
  if (action === 'oauth.register') set(ATTR.OAUTH_CLIENT_REGISTRATION_TYPE, 'static')
  return { action, failed, message: error ?? '', attributes }
}

interface Kind {
  readonly action: string
  readonly type: string
  readonly isOfUser: boolean
}

/** By the path below `/admin/realms/{realm}/`, and the method that the operation stands for. */
function kindOf({ operationType, resourcePath, resourceType }: AdminEvent): Kind {
  const own = genericAction(`admin_${operationType}_${resourceType}`).replace('_', '.')
  const [first, , third] = resourcePath.split('/')
  if (first === 'users') {
    if (third === 'logout') return { action: 'oauth.end_session', type: 'user', isOfUser: true }
    if (third === 'consents') return { action: 'oauth.consent', type: 'user', isOfUser: true }
    return { action: own, type: 'user', isOfUser: true }
  }
  if (first === 'sessions') return { action: 'oauth.end_session', type: 'session', isOfUser: false }
  if (first === 'clients') {
    const isWhole = third === undefined
    return { action: isWhole ? 'oauth.register' : own, type: 'client', isOfUser: false }
  }
  return { action: own, type: first === 'keys' ? 'key' : 'resource', isOfUser: false }
}
