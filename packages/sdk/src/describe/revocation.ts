import { ATTR } from '@grantlog/record'
import type { ServerFacts } from '../facts.ts'
import { reasonOf } from './reason.ts'
import type { Told } from './value.ts'

/** Tokens that ended before their time: why, by whom, and whether others went with them. */
export function describeRevocation(told: Told, facts: ServerFacts): void {
  const { grantRevoked, presented } = facts
  const isRevoked = grantRevoked || presented?.isRevoked === true
  if (!isRevoked) return
  const [reason, initiator] = causeOf(facts)
  told.add(ATTR.OAUTH_REVOCATION_REASON, reason)
  told.add(ATTR.OAUTH_REVOCATION_INITIATOR, initiator)
  told.add(ATTR.OAUTH_REVOCATION_CASCADE, grantRevoked || presented?.hasGrant === true)
}

function causeOf({ endpoint, error }: ServerFacts): readonly [string, string] {
  if (endpoint === 'revocation') return ['client_request', 'client']
  if (endpoint === 'end_session_confirm') return ['logout', 'user']
  const reason = error === null ? null : reasonOf(error)
  if (reason === 'code_replayed') return ['code_replay', 'system']
  return reason === 'refresh_reused' ? ['reuse', 'system'] : ['policy', 'policy']
}
