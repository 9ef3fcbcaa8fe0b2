// What a record says of a logout token that was sent to a client.
import { ATTR } from '@grantlog/record'
import type { Description, Hashes } from '../event.ts'
import type { LogoutFacts } from '../facts.ts'
import { attributesOf, integer, type Named } from './value.ts'
import { describeClient } from './who.ts'

/** A request of ours to the client: the server acts, and the user's session is acted upon. */
export function describeLogout(facts: LogoutFacts, hashes: Hashes): Description {
  const { accountId, action, failure, server, sessionUid } = facts
  const userHash = accountId === null ? null : hashes.person(accountId)
  const session = sessionUid === null ? null : hashes.person(sessionUid)
  const failed = failure !== null
  const attributes = attributesOf([
    [ATTR.AUDIT_ACTION, action],
    [ATTR.AUDIT_OUTCOME, failed ? 'failure' : 'success'],
    [ATTR.AUDIT_ACTOR_TYPE, 'system'],
    [ATTR.OAUTH_ROLE, 'authorization_server'],
    [ATTR.OAUTH_ISSUER, facts.issuer],
    [ATTR.OAUTH_LIBRARY_NAME, facts.library],
    [ATTR.USER_ID, accountId],
    [ATTR.USER_HASH, userHash],
    [ATTR.SESSION_ID, session],
    ...describeClient(facts.client, false),
    [ATTR.OAUTH_TOKEN_TYPE, 'logout_token'],
    [ATTR.SERVER_ADDRESS, server?.address],
    [ATTR.SERVER_PORT, integer(server?.port ?? null)],
    [ATTR.HTTP_REQUEST_METHOD, 'POST'],
    [ATTR.HTTP_RESPONSE_STATUS_CODE, integer(failure?.status ?? null)],
    ...(failed ? errorOf(failure) : []),
  ])
  return { action, kind: 'client', failed, message: failed ? failure.type : '', attributes }
}

/** Without an answer: a code of the system, or a name that `fetch` throws. */
const unreachable = /^(?:[A-Z][A-Z0-9_]*|TypeError|AbortError|TimeoutError)$/

/** The client answered something else than that it is done, or nothing. */
function errorOf({ type, status }: NonNullable<LogoutFacts['failure']>): Named {
  const isUnreachable = status === null && unreachable.test(type)
  return [
    [ATTR.ERROR_TYPE, status === null ? type : `${status}`],
    [ATTR.OAUTH_ERROR_CATEGORY, isUnreachable ? 'network' : 'server'],
    [ATTR.OAUTH_ERROR_REASON, isUnreachable ? 'unreachable' : 'other'],
  ]
}
