// What a record says of a log-in or a consent at the authorization server's page.
import { ATTR } from '@grantlog/record'
import type { Description, Hashes } from '../event.ts'
import type { InteractionFacts } from '../facts.ts'
import { describeHttp } from './http.ts'
import { list } from './list.ts'
import type { Outcome } from './outcome.ts'
import { scopeWords } from './request.ts'
import { idpOf, Told, type Value } from './value.ts'
import { describeClient } from './who.ts'

const outcomes: Readonly<Record<InteractionFacts['result'], Outcome>> = {
  success: 'success',
  denied: 'denied',
  failure: 'failure',
  open: 'challenge',
}

/** The record of one request to the page. Of a log-in that failed nobody is known. */
export function describeInteraction(facts: InteractionFacts, hashes: Hashes): Description {
  const { action, errorCode, result } = facts
  const outcome = outcomes[result]
  const told = new Told()
  told.add(ATTR.AUDIT_ACTION, action)
  told.add(ATTR.AUDIT_OUTCOME, outcome)
  told.add(ATTR.OAUTH_ROLE, 'authorization_server')
  told.add(ATTR.OAUTH_ISSUER, facts.issuer)
  told.add(ATTR.OAUTH_LIBRARY_NAME, facts.library)
  user(told, facts, hashes)
  describeClient(told, facts.client, false)
  told.add(ATTR.OAUTH_SCOPE_REQUESTED, scopeWords(facts.scope.requested))
  told.add(ATTR.OAUTH_SCOPE_GRANTED, scopeWords(facts.scope.granted))
  told.add(ATTR.OAUTH_CONSENT_RESULT, action === 'oauth.consent' ? consentOf(facts) : null)
  failure(told, facts)
  if (facts.http !== null) describeHttp(told, facts.http)
  const failed = outcome === 'failure' || outcome === 'denied'
  return {
    action,
    kind: facts.http === null ? 'internal' : 'server',
    failed,
    message: failed ? (errorCode ?? outcome) : '',
    attributes: told.attributes,
  }
}

function user(
  told: Told,
  { accountId, sessionUid, grantId, acr, amr, idp }: InteractionFacts,
  hashes: Hashes,
): void {
  const userHash = accountId === null ? null : hashes.person(accountId)
  told.add(ATTR.AUDIT_ACTOR_TYPE, accountId === null ? 'anonymous' : 'user')
  told.add(ATTR.AUDIT_ACTOR_ID, userHash)
  told.add(ATTR.USER_ID, accountId)
  told.add(ATTR.USER_HASH, userHash)
  told.add(ATTR.SESSION_ID, sessionUid === null ? null : hashes.person(sessionUid))
  told.add(ATTR.OAUTH_GRANT_ID_HASH, grantId === null ? null : hashes.person(grantId))
  told.add(ATTR.OAUTH_AUTH_ACR, acr)
  told.add(ATTR.OAUTH_AUTH_AMR, list(amr))
  told.add(ATTR.OAUTH_AUTH_IDP, idpOf(idp))
}

function consentOf({ isRevoked = false, result }: InteractionFacts): Value {
  if (isRevoked) return result === 'success' ? 'revoked' : null
  return result === 'success' ? 'granted' : result === 'denied' ? 'denied' : null
}

function failure(told: Told, { action, errorCode, http, reason, result }: InteractionFacts): void {
  if (result !== 'failure' && result !== 'denied') return
  const status = http === null || http.status < 400 ? null : `${http.status}`
  const isConsent = action === 'oauth.consent' || result === 'denied'
  told.add(ATTR.ERROR_TYPE, errorCode ?? status)
  told.add(ATTR.OAUTH_ERROR_CODE, errorCode)
  told.add(ATTR.OAUTH_ERROR_CATEGORY, isConsent ? 'consent' : 'user_authentication')
  told.add(ATTR.OAUTH_ERROR_REASON, reason ?? (result === 'denied' ? 'access_denied' : null))
}
