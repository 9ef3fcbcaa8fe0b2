// What a record says of a log-in or a consent at the authorization server's page.
import { ATTR } from '@grantlog/record'
import type { Description, Hashes } from '../event.ts'
import type { InteractionFacts } from '../facts.ts'
import { describeHttp } from './http.ts'
import { list } from './list.ts'
import type { Outcome } from './outcome.ts'
import { scopeWords } from './request.ts'
import { attributesOf, type Named, type Value } from './value.ts'
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
  const attributes = attributesOf([
    [ATTR.AUDIT_ACTION, action],
    [ATTR.AUDIT_OUTCOME, outcome],
    [ATTR.OAUTH_ROLE, 'authorization_server'],
    [ATTR.OAUTH_ISSUER, facts.issuer],
    [ATTR.OAUTH_LIBRARY_NAME, facts.library],
    ...user(facts, hashes),
    ...describeClient(facts.client, false),
    [ATTR.OAUTH_SCOPE_REQUESTED, scopeWords(facts.scope.requested)],
    [ATTR.OAUTH_SCOPE_GRANTED, scopeWords(facts.scope.granted)],
    [ATTR.OAUTH_CONSENT_RESULT, action === 'oauth.consent' ? consentOf(facts) : null],
    ...failure(facts),
    ...(facts.http === null ? [] : describeHttp(facts.http)),
  ])
  const failed = outcome === 'failure' || outcome === 'denied'
  return {
    action,
    kind: facts.http === null ? 'internal' : 'server',
    failed,
    message: failed ? (errorCode ?? outcome) : '',
    attributes,
  }
}

function user(
  { accountId, sessionUid, grantId, acr, amr }: InteractionFacts,
  hashes: Hashes,
): Named {
  const userHash = accountId === null ? null : hashes.person(accountId)
  return [
    [ATTR.AUDIT_ACTOR_TYPE, accountId === null ? 'anonymous' : 'user'],
    [ATTR.AUDIT_ACTOR_ID, userHash],
    [ATTR.USER_ID, accountId],
    [ATTR.USER_HASH, userHash],
    [ATTR.SESSION_ID, sessionUid === null ? null : hashes.person(sessionUid)],
    [ATTR.OAUTH_GRANT_ID_HASH, grantId === null ? null : hashes.person(grantId)],
    [ATTR.OAUTH_AUTH_ACR, acr],
    [ATTR.OAUTH_AUTH_AMR, list(amr)],
  ]
}

function consentOf({ result }: InteractionFacts): Value {
  return result === 'success' ? 'granted' : result === 'denied' ? 'denied' : null
}

function failure({ action, errorCode, http, reason, result }: InteractionFacts): Named {
  if (result !== 'failure' && result !== 'denied') return []
  const status = http === null || http.status < 400 ? null : `${http.status}`
  const isConsent = action === 'oauth.consent' || result === 'denied'
  return [
    [ATTR.ERROR_TYPE, errorCode ?? status],
    [ATTR.OAUTH_ERROR_CODE, errorCode],
    [ATTR.OAUTH_ERROR_CATEGORY, isConsent ? 'consent' : 'user_authentication'],
    [ATTR.OAUTH_ERROR_REASON, reason ?? (result === 'denied' ? 'access_denied' : null)],
  ]
}
