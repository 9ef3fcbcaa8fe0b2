// Real reasons that the library does not give: it answers of an expired token as of one that never
// was, and says "not found" of much that it found.
import type { Endpoint, ErrorFacts, PresentedFacts } from '../../facts.ts'
import { integer, type Members, record, text } from '../unknown.ts'
import type { View } from './view.ts'

const refused = 'client_not_allowed'
const askedAbout: ReadonlySet<Endpoint> = new Set(['introspection', 'revocation'])

/**
 * Why a token is not active, or was not revoked, although nothing failed; or what an error hides.
 * One of `oauth.error.reason`; null when there is nothing more to say.
 */
export function reasonFor(
  view: View,
  presented: PresentedFacts | null,
  error: ErrorFacts | null,
): string | null {
  return error === null ? whyNot(view, presented) : whyNotFound(view, error)
}

function whyNot(view: View, presented: PresentedFacts | null): string | null {
  const { endpoint, token } = view
  if (presented === null || !askedAbout.has(endpoint)) return null
  if (presented.isActive === true || presented.isRevoked) return null
  if (token === null) return 'token_unknown'
  if (!token.isEntity) return whyUnusable(view)
  // Past all other checks only the policy on who may ask is left, unless the answer is encrypted.
  return endpoint === 'revocation' || presented.isActive === false ? refused : null
}

/** Whether a client was not let revoke another's token, in an answer that does not show it. */
export function isRefused(
  { endpoint }: View,
  error: ErrorFacts | null,
  reason: string | null,
): boolean {
  return endpoint === 'revocation' && error === null && reason === refused
}

const notFound = /^(?:access token|refresh token|.* code|.* request) not found$/

function whyNotFound(view: View, { detail }: ErrorFacts): string | null {
  const { token } = view
  const isTold = token === null || token.isEntity || !notFound.test(detail ?? '')
  return isTold ? null : whyUnusable(view)
}

/**
 * Why what is in the storage is none to the library. A storage may have dropped it, too: then it
 * looks like one that never was.
 */
function whyUnusable(view: View): string | null {
  const { atS, seen, token: known } = view
  if (known === null) return null
  const { kind, token } = known
  const isToken = kind.endsWith('Token') || kind === 'ClientCredentials'
  if (isExpired(token, atS)) return isToken ? 'token_expired' : 'code_expired'
  if (token.consumed) return isToken ? 'refresh_reused' : 'code_replayed'
  if (Boolean(token.expiresWithSession) && !hasSession(view)) return 'session_ended'
  const grantId = text(token.grantId)
  if (grantId === null) return null
  const grant = seen.found.find((one) => one.kind === 'Grant' && one.stored.jti === grantId)
  if (grant === undefined) return 'grant_revoked'
  return isExpired(grant.stored, atS) ? 'grant_expired' : null
}

/** Whether it is in the storage longer than it is good for. */
export function isExpired({ exp }: Members, atS: number): boolean {
  const expiresAtS = integer(exp)
  return expiresAtS !== null && expiresAtS <= atS
}

/** As token_helpers.js of the library has it: the same user and grant in the session. */
function hasSession({ atS, seen, token: known }: View): boolean {
  const token = record(known?.token)
  return seen.found.some(({ kind, stored }) => {
    if (kind !== 'Session' || stored.uid !== token.sessionUid || isExpired(stored, atS))
      return false
    const { grantId } = record(record(stored.authorizations)[text(token.clientId) ?? ''])
    return stored.accountId === token.accountId && grantId === token.grantId
  })
}
