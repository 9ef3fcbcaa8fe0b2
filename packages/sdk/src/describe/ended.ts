// What a record says of tokens, grants and sessions that the application ended itself.
import { ATTR } from '@grantlog/record'
import type { Description, Hashes } from '../event.ts'
import type { EndedFacts } from '../facts.ts'
import { attributesOf } from './value.ts'
import { describeClient } from './who.ts'

/** The service itself acts; on whose behalf, nothing shows. */
export function describeEnded(facts: EndedFacts, hashes: Hashes): Description {
  const { accountId, action, grantId, sessionUid, token, what } = facts
  const userHash = accountId === null ? null : hashes.person(accountId)
  const isOfGrant = what === 'grant' || grantId !== null
  const attributes = attributesOf([
    [ATTR.AUDIT_ACTION, action],
    [ATTR.AUDIT_OUTCOME, 'success'],
    [ATTR.AUDIT_ACTOR_TYPE, 'system'],
    [ATTR.AUDIT_TARGET_TYPE, what === 'grant' || what === 'session' ? what : null],
    [ATTR.OAUTH_ROLE, 'authorization_server'],
    [ATTR.OAUTH_ISSUER, facts.issuer],
    [ATTR.OAUTH_LIBRARY_NAME, facts.library],
    [ATTR.USER_ID, accountId],
    [ATTR.USER_HASH, userHash],
    [ATTR.SESSION_ID, sessionUid === null ? null : hashes.person(sessionUid)],
    [ATTR.OAUTH_GRANT_ID_HASH, grantId === null ? null : hashes.person(grantId)],
    ...describeClient(facts.client, false),
    [ATTR.OAUTH_TOKEN_TYPE, token && what],
    [ATTR.OAUTH_TOKEN_HASH, token && hashes.token(token)],
    [ATTR.OAUTH_REVOCATION_INITIATOR, 'system'],
    // A token goes alone; without its grant no token is good any more.
    [ATTR.OAUTH_REVOCATION_CASCADE, isOfGrant && what !== 'session' ? what === 'grant' : null],
  ])
  return { action, kind: 'internal', failed: false, message: '', attributes }
}
