// What a record says of tokens, grants and sessions that the application ended itself.
import { ATTR } from '@grantlog/record'
import type { Description, Hashes } from '../event.ts'
import type { EndedFacts } from '../facts.ts'
import { Told } from './value.ts'
import { describeClient } from './who.ts'

/** The service itself acts; on whose behalf, nothing shows. */
export function describeEnded(facts: EndedFacts, hashes: Hashes): Description {
  const { accountId, action, grantId, sessionUid, token, what } = facts
  const userHash = accountId === null ? null : hashes.person(accountId)
  const isOfGrant = what === 'grant' || grantId !== null
  const told = new Told()
  told.add(ATTR.AUDIT_ACTION, action)
  told.add(ATTR.AUDIT_OUTCOME, 'success')
  told.add(ATTR.AUDIT_ACTOR_TYPE, 'system')
  told.add(ATTR.AUDIT_TARGET_TYPE, what === 'grant' || what === 'session' ? what : null)
  told.add(ATTR.OAUTH_ROLE, 'authorization_server')
  told.add(ATTR.OAUTH_ISSUER, facts.issuer)
  told.add(ATTR.OAUTH_LIBRARY_NAME, facts.library)
  told.add(ATTR.USER_ID, accountId)
  told.add(ATTR.USER_HASH, userHash)
  told.add(ATTR.SESSION_ID, sessionUid === null ? null : hashes.person(sessionUid))
  told.add(ATTR.OAUTH_GRANT_ID_HASH, grantId === null ? null : hashes.person(grantId))
  describeClient(told, facts.client, false)
  told.add(ATTR.OAUTH_TOKEN_TYPE, token && what)
  told.add(ATTR.OAUTH_TOKEN_HASH, token && hashes.token(token))
  told.add(ATTR.OAUTH_REVOCATION_INITIATOR, 'system')
  // A token goes alone; without its grant no token is good any more.
  told.add(ATTR.OAUTH_REVOCATION_CASCADE, isOfGrant && what !== 'session' ? what === 'grant' : null)
  return { action, kind: 'internal', failed: false, message: '', attributes: told.attributes }
}
