// What each level records.
//
//   minimal   who, what, when and how it ended, and what links records: no more than the list below
//   standard  all that the SDK tells, but for what is opt-in
//   full      the opt-in attributes, too
//
// `personal: pseudonym` leaves out, at any level, what names a person, and from where; keyed hashes
// stay, so that who did it can still be asked.
import type { RecordAttributes } from '../canonical/attributes.ts'
import { attributeDefinitions, ATTR } from '../names.ts'
import type { AuditLevel, PersonalData } from './document.ts'

/** Recorded at `minimal`; what a policy looks at is among it, so that it can be looked at again. */
export const minimalAttributes: ReadonlySet<string> = new Set([
  // What, how it ended, and under what.
  ...[ATTR.AUDIT_ACTION, ATTR.AUDIT_OUTCOME, ATTR.AUDIT_PRIVILEGED, ATTR.AUDIT_LEVEL],
  ...[ATTR.AUDIT_GUARANTEE, ATTR.ERROR_TYPE, ATTR.OAUTH_ERROR_CODE, ATTR.OAUTH_ERROR_REASON],
  ...[ATTR.OAUTH_TOKEN_ACTIVE, ATTR.OAUTH_CONSENT_RESULT],
  // Who, as pseudonyms, and as what.
  ...[ATTR.AUDIT_ACTOR_TYPE, ATTR.AUDIT_ACTOR_ID, ATTR.AUDIT_TARGET_TYPE, ATTR.USER_HASH],
  ...[ATTR.USER_ROLES, ATTR.OAUTH_CLIENT_ID, ATTR.OAUTH_ROLE, ATTR.OAUTH_ISSUER],
  ...[ATTR.AUDIT_OBSERVED_BY, ATTR.AUDIT_OBSERVED_SERVICE],
  // On what, and with which rights.
  ...[ATTR.HTTP_REQUEST_METHOD, ATTR.HTTP_ROUTE, ATTR.URL_TEMPLATE, ATTR.HTTP_RESPONSE_STATUS_CODE],
  ...[ATTR.HTTP_RESPONSE_BODY_SIZE, ATTR.AUDIT_RESPONSE_ROWS, ATTR.OAUTH_GRANT_TYPE],
  ...[ATTR.OAUTH_SCOPE_REQUESTED, ATTR.OAUTH_SCOPE_ALLOWED, ATTR.OAUTH_SCOPE_GRANTED],
  ...[ATTR.OAUTH_SCOPE_REQUIRED, ATTR.OAUTH_SCOPE_MISSING, ATTR.OAUTH_POSTURE],
  // What links it to other records: tokens, grants, sessions, refresh families, their ends.
  ...[ATTR.OAUTH_TOKEN_HASH, ATTR.OAUTH_TOKEN_TYPE, ATTR.OAUTH_TOKEN_ISSUED],
  ...[ATTR.OAUTH_TOKEN_EXPIRES_AT, ATTR.OAUTH_GRANT_ID_HASH, ATTR.SESSION_ID],
  ...[ATTR.SESSION_PREVIOUS_ID, ATTR.OAUTH_REFRESH_TOKEN_HASH, ATTR.OAUTH_REFRESH_PRESENTED_HASH],
  ...[ATTR.OAUTH_REFRESH_FAMILY_HASH, ATTR.OAUTH_REFRESH_EXPIRES_AT, ATTR.OAUTH_REFRESH_ROTATED],
  ...[ATTR.OAUTH_REFRESH_REUSE_DETECTED, ATTR.OAUTH_REFRESH_GRACE_REPLAY],
  ...[ATTR.OAUTH_TOKEN_EXCHANGE_SUBJECT_TOKEN_HASH, ATTR.OAUTH_TOKEN_EXCHANGE_ACTOR_TOKEN_HASH],
  ...[ATTR.OAUTH_ACTOR_DEPTH, ATTR.OAUTH_REVOCATION_REASON],
  ...[ATTR.OAUTH_REVOCATION_CASCADE, ATTR.OAUTH_REVOCATION_INITIATOR],
])

/** In personal slots, and no name or address: roles, and paths without their values. */
const impersonal: ReadonlySet<string> = new Set([ATTR.USER_ROLES, ATTR.URL_TEMPLATE])

/** Takes out of a record what its level and its handling of personal data leave out. */
export function applyLevel(
  attributes: RecordAttributes,
  { level, personal }: { readonly level: AuditLevel; readonly personal: PersonalData },
): void {
  if (level !== 'minimal' && personal === 'keep') return
  for (const name of attributes.keys()) {
    const isLeftOut = level === 'minimal' && !minimalAttributes.has(name)
    if (isLeftOut || (personal === 'pseudonym' && namesAPerson(name))) attributes.delete(name)
  }
}

function namesAPerson(name: string): boolean {
  const slot = attributeDefinitions.get(name)?.slot ?? null
  return slot !== null && slot !== 'pseudonym' && !impersonal.has(name)
}
