// What a record says of one of Keycloak's user events. See describe.test.ts.
import { ATTR, type AttributeValue, encodeList } from '@grantlog/record'
import type { Describing, EventDescription } from '../source.ts'
import type { UserEvent } from './event.ts'
import {
  actions,
  categories,
  changesUser,
  consents,
  genericAction,
  grantTypes,
  isKnown,
  outcomes,
  reasons,
  reasonTexts,
} from './words.ts'

type Attributes = Map<string, AttributeValue>

export function describeEvent(
  event: UserEvent,
  { hashOf, onUnknown }: Pick<Describing, 'hashOf' | 'onUnknown'>,
): EventDescription {
  const type = event.type.replace(/_ERROR$/, '')
  const failed = event.type !== type || event.error !== undefined
  if (!isKnown(type)) onUnknown(type)
  const attributes: Attributes = new Map()
  const set = (name: string, value: AttributeValue | null | undefined): void => {
    if (value !== null && value !== undefined && value !== '') attributes.set(name, value)
  }
  const action = actionOf(type, event)
  const reason = failed ? reasonOf(event) : undefined
  const grant = event.detail('grant_type') ?? grantTypes[type]
  set(ATTR.AUDIT_OBSERVED_EVENT, event.type)
  set(ATTR.AUDIT_OUTCOME, failed ? (outcomes[reason ?? ''] ?? 'failure') : 'success')
  if (failed) tellError(set, event, reason)
  set(ATTR.OAUTH_CLIENT_ID, event.clientId)
  set(ATTR.OAUTH_CLIENT_AUTH_METHOD, event.detail('client_auth_method'))
  if (action === 'oauth.token') set(ATTR.OAUTH_GRANT_TYPE, grant)
  tellPerson(set, event, { isClient: type === 'CLIENT_LOGIN', hashOf })
  // A log-in has the identifier that its session gets.
  const session = event.sessionId ?? event.detail('code_id')
  if (session !== undefined) set(ATTR.SESSION_ID, hashOf(session))
  set(ATTR.CLIENT_ADDRESS, event.ipAddress)
  tellRequest(set, event)
  const scopes = listText(event.detail('scope'))
  set(failed ? ATTR.OAUTH_SCOPE_REQUESTED : ATTR.OAUTH_SCOPE_GRANTED, scopes)
  tellTokens(set, event, { action, failed })
  tellPoll(set, type, event)
  tellSpecial(set, type, { action, failed, clientId: event.clientId })
  return { action, failed, message: failed ? (event.error ?? 'error') : '', attributes }
}

type Set = (name: string, value: AttributeValue | null | undefined) => void

/** A login by the password grant is a token request. */
function actionOf(type: string, { detail }: UserEvent): string {
  if (type === 'LOGIN' && detail('grant_type') !== undefined) return 'oauth.token'
  return actions[type] ?? genericAction(type)
}

function reasonOf({ detail, error = '' }: UserEvent): string {
  const text = detail('reason') ?? ''
  const said = reasonTexts.find(([pattern]) => pattern.test(text))
  return said?.[1] ?? (Object.hasOwn(reasons, error) ? reasons[error]! : 'other')
}

/** `error` is Keycloak's own word, more exact than what the client was told, which is not in it. */
function tellError(set: Set, { error }: UserEvent, reason = ''): void {
  set(ATTR.ERROR_TYPE, error)
  set(ATTR.OAUTH_ERROR_REASON, reason)
  const isLogin = error === 'invalid_user_credentials'
  set(ATTR.OAUTH_ERROR_CATEGORY, isLogin ? 'user_authentication' : categories[reason])
  if (reason === 'refresh_reused') set(ATTR.OAUTH_REFRESH_REUSE_DETECTED, true)
  if (error === 'rejected_by_user' || error === 'consent_denied') {
    set(ATTR.OAUTH_CONSENT_RESULT, 'denied')
  }
}

/** A name that somebody typed and that is no account may be a password: it is only hashed. */
function tellPerson(
  set: Set,
  { clientId, detail, userId }: UserEvent,
  { hashOf, isClient }: Pick<Describing, 'hashOf'> & { readonly isClient: boolean },
): void {
  if (isClient) {
    set(ATTR.AUDIT_ACTOR_TYPE, clientId === undefined ? 'anonymous' : 'client')
    set(ATTR.AUDIT_ACTOR_ID, clientId)
    return
  }
  const subject = userId ?? detail('refresh_token_sub')
  const typed = subject ?? detail('username')
  const hash = typed === undefined ? null : hashOf(typed)
  set(ATTR.USER_ID, subject)
  set(ATTR.USER_HASH, hash)
  set(ATTR.AUDIT_ACTOR_TYPE, subject === undefined ? 'anonymous' : 'user')
  if (subject !== undefined) set(ATTR.AUDIT_ACTOR_ID, hash)
}

function tellRequest(set: Set, { detail }: UserEvent): void {
  set(ATTR.OAUTH_RESPONSE_TYPE, listText(detail('response_type')))
  set(ATTR.OAUTH_RESPONSE_MODE, detail('response_mode'))
  set(ATTR.OAUTH_AUTH_IDP, detail('identity_provider'))
  set(ATTR.OAUTH_CONSENT_RESULT, consents[detail('consent') ?? ''])
  const url = URL.parse(detail('redirect_uri') ?? '')
  if (url !== null) set(ATTR.OAUTH_REDIRECT_URI_HOST, url.host || url.protocol.slice(0, -1))
  set(ATTR.OAUTH_AUDIENCE, listText(detail('audience')))
}

/** What a polling device was told; that it was to wait Keycloak keeps no event of. */
const pollStates: Readonly<Record<string, string>> = {
  slow_down: 'slow_down',
  access_denied: 'access_denied',
  expired_device_code: 'expired_token',
  expired_oauth2_device_code: 'expired_token',
}

function tellPoll(set: Set, type: string, { error }: UserEvent): void {
  if (type !== 'OAUTH2_DEVICE_CODE_TO_TOKEN') return
  set(ATTR.OAUTH_DEVICE_POLL_STATE, error === undefined ? 'complete' : pollStates[error])
}

/** Their identifiers, never themselves: Keycloak has none in its events. */
function tellTokens(
  set: Set,
  { detail }: UserEvent,
  { action, failed }: { readonly action: string; readonly failed: boolean },
): void {
  set(ATTR.OAUTH_TOKEN_JTI, detail('token_id'))
  if (action !== 'oauth.token' || failed) return
  const presented = detail('refresh_token_id')
  const updated = detail('updated_refresh_token_id')
  const isRefresh = detail('grant_type') === 'refresh_token' || updated !== undefined
  const refresh = isRefresh ? updated : presented
  const issued = [
    ...(detail('token_id') === undefined ? [] : ['access_token']),
    ...(refresh === undefined ? [] : ['refresh_token']),
  ]
  set(ATTR.OAUTH_TOKEN_ISSUED, encodeList(issued))
  if (isRefresh) set(ATTR.OAUTH_REFRESH_ROTATED, updated !== undefined && updated !== presented)
  const seconds = detail('access_token_expiration_time') ?? ''
  if (/^[0-9]{1,9}$/.test(seconds)) set(ATTR.OAUTH_TOKEN_EXPIRES_IN, BigInt(seconds))
}

function tellSpecial(
  set: Set,
  type: string,
  {
    action,
    failed,
    clientId,
  }: Pick<UserEvent, 'clientId'> & {
    readonly action: string
    readonly failed: boolean
  },
): void {
  if (changesUser(type)) set(ATTR.AUDIT_PRIVILEGED, 'user_data_change')
  if (type === 'IMPERSONATE') set(ATTR.AUDIT_PRIVILEGED, 'administration')
  if (failed) {
    if (action === 'oauth.introspect') set(ATTR.OAUTH_TOKEN_ACTIVE, false)
    return
  }
  if (action === 'oauth.introspect') set(ATTR.OAUTH_TOKEN_ACTIVE, true)
  if (type === 'GRANT_CONSENT') set(ATTR.OAUTH_CONSENT_RESULT, 'granted')
  if (type === 'PUSHED_AUTHORIZATION_REQUEST') set(ATTR.OAUTH_PAR_USED, true)
  if (type === 'REVOKE_GRANT') set(ATTR.OAUTH_REVOCATION_REASON, 'client_request')
  if (action === 'oauth.register') {
    set(ATTR.OAUTH_CLIENT_REGISTRATION_TYPE, 'dcr')
    set(ATTR.AUDIT_TARGET_TYPE, clientId && 'client')
    set(ATTR.AUDIT_TARGET_ID, clientId)
  }
}

function listText(text: string | undefined): string | undefined {
  const items = text?.split(' ').filter(Boolean) ?? []
  return items.length === 0 ? undefined : encodeList(items)
}
