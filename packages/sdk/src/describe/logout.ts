// What a record says of a logout token that was sent to a client.
import { ATTR } from '@grantlog/record'
import type { Description, Hashes } from '../event.ts'
import type { LogoutFacts } from '../facts.ts'
import { integer, Told } from './value.ts'
import { describeClient } from './who.ts'

/** A request of ours to the client: the server acts, and the user's session is acted upon. */
export function describeLogout(facts: LogoutFacts, hashes: Hashes): Description {
  const { accountId, action, failure, server, sessionUid } = facts
  const userHash = accountId === null ? null : hashes.person(accountId)
  const session = sessionUid === null ? null : hashes.person(sessionUid)
  const failed = failure !== null
  const told = new Told()
  told.add(ATTR.AUDIT_ACTION, action)
  told.add(ATTR.AUDIT_OUTCOME, failed ? 'failure' : 'success')
  told.add(ATTR.AUDIT_ACTOR_TYPE, 'system')
  told.add(ATTR.OAUTH_ROLE, 'authorization_server')
  told.add(ATTR.OAUTH_ISSUER, facts.issuer)
  told.add(ATTR.OAUTH_LIBRARY_NAME, facts.library)
  told.add(ATTR.USER_ID, accountId)
  told.add(ATTR.USER_HASH, userHash)
  told.add(ATTR.SESSION_ID, session)
  describeClient(told, facts.client, false)
  told.add(ATTR.OAUTH_TOKEN_TYPE, 'logout_token')
  told.add(ATTR.SERVER_ADDRESS, server?.address)
  told.add(ATTR.SERVER_PORT, integer(server?.port ?? null))
  told.add(ATTR.HTTP_REQUEST_METHOD, 'POST')
  told.add(ATTR.HTTP_RESPONSE_STATUS_CODE, integer(failure?.status ?? null))
  if (failed) errorOf(told, failure)
  return {
    action,
    kind: 'client',
    failed,
    message: failed ? failure.type : '',
    attributes: told.attributes,
  }
}

/** Without an answer: a code of the system, or a name that `fetch` throws. */
const unreachable = /^(?:[A-Z][A-Z0-9_]*|TypeError|AbortError|TimeoutError)$/

/** The client answered something else than that it is done, or nothing. */
function errorOf(told: Told, { type, status }: NonNullable<LogoutFacts['failure']>): void {
  const isUnreachable = status === null && unreachable.test(type)
  told.add(ATTR.ERROR_TYPE, status === null ? type : `${status}`)
  told.add(ATTR.OAUTH_ERROR_CATEGORY, isUnreachable ? 'network' : 'server')
  told.add(ATTR.OAUTH_ERROR_REASON, isUnreachable ? 'unreachable' : 'other')
}
