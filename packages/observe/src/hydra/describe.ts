// What a record says of one of Hydra's events. See describe.test.ts.
import { ATTR, type AttributeValue } from '@grantlog/record'
import type { Describing, EventDescription } from '../source.ts'
import type { SpanEvent } from './spans.ts'

interface Kind {
  readonly action: string
  readonly outcome?: 'denied' | 'failure'
  /** What it says besides. */
  readonly also?: readonly [name: string, value: AttributeValue]
}

/** Hydra's events, of 2.3 and 25, by name. */
const kinds: Readonly<Record<string, Kind>> = {
  OAuth2LoginAccepted: { action: 'oauth.login' },
  OAuth2LoginRejected: { action: 'oauth.login', outcome: 'denied' },
  OAuth2DeviceUserCodeAccepted: { action: 'oauth.device_verification' },
  OAuth2ConsentAccepted: consent('granted'),
  OAuth2ConsentRejected: { ...consent('denied'), outcome: 'denied' },
  OAuth2ConsentRevoked: consent('revoked'),
  OAuth2ClientCreated: { action: 'oauth.register' },
  OAuth2ClientUpdated: { action: 'oauth.register' },
  OAuth2ClientDeleted: { action: 'oauth.register' },
  OAuth2AccessTokenIssued: {
    action: 'oauth.token',
    also: [ATTR.OAUTH_TOKEN_ISSUED, 'access_token'],
  },
  OAuth2TokenExchangeError: { action: 'oauth.token', outcome: 'failure' },
  OAuth2AccessTokenInspected: { action: 'oauth.introspect', also: [ATTR.OAUTH_TOKEN_ACTIVE, true] },
  OAuth2AccessTokenRevoked: {
    action: 'oauth.revoke',
    also: [ATTR.OAUTH_REVOCATION_REASON, 'client_request'],
  },
  // Of the same request as the access token, with which they share the trace.
  OAuth2RefreshTokenIssued: { action: 'hydra.refresh_token_issued' },
  OIDCIdentityTokenIssued: { action: 'hydra.identity_token_issued' },
}

function consent(result: string): Kind {
  return { action: 'oauth.consent', also: [ATTR.OAUTH_CONSENT_RESULT, result] }
}

export function describeSpanEvent(
  { attributes: said, name }: SpanEvent,
  { hashOf, onUnknown }: Pick<Describing, 'hashOf' | 'onUnknown'>,
): EventDescription {
  const known = Object.hasOwn(kinds, name) ? kinds[name] : undefined
  if (known === undefined) onUnknown(name)
  const { action, also, outcome = 'success' } = known ?? { action: genericAction(name) }
  const client = said.OAuth2ClientID ?? ''
  const subject = said.OAuth2Subject ?? ''
  const isClient = said.OAuth2GrantType === 'client_credentials' || subject === ''
  const hash = isClient ? null : hashOf(subject)
  const attributes = new Map<string, AttributeValue>([
    [ATTR.AUDIT_OBSERVED_EVENT, name],
    [ATTR.AUDIT_OUTCOME, outcome],
    [ATTR.AUDIT_ACTOR_TYPE, isClient ? (client === '' ? 'anonymous' : 'client') : 'user'],
  ])
  const set = (attribute: string, value: string | null | undefined): void => {
    if (value !== null && value !== undefined && value !== '') attributes.set(attribute, value)
  }
  set(ATTR.AUDIT_ACTOR_ID, isClient ? client : hash)
  set(ATTR.OAUTH_CLIENT_ID, client)
  set(ATTR.OAUTH_CLIENT_NAME, said.OAuth2ClientName)
  set(ATTR.OAUTH_GRANT_TYPE, said.OAuth2GrantType)
  set(ATTR.CLIENT_ADDRESS, said.ClientIP)
  if (!isClient) set(ATTR.USER_ID, subject)
  set(ATTR.USER_HASH, hash)
  if (also !== undefined) attributes.set(...also)
  const failed = outcome !== 'success'
  return { action, failed, message: failed ? name : '', attributes }
}

/** `OAuth2SomethingNew` as `hydra.something_new`. */
function genericAction(name: string): string {
  const words = name.replace(/^(OAuth2|OIDC)/, '').replaceAll(/([a-z0-9])([A-Z])/g, '$1_$2')
  return `hydra.${words.toLowerCase()}`
}
