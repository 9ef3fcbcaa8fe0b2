import type { TokenExchangeFacts } from '../../facts.ts'
import { record, text } from '../unknown.ts'
import type { View } from './view.ts'

const tokenExchange = 'urn:ietf:params:oauth:grant-type:token-exchange'

/** The tokens of an exchange, which the application has added as a grant of its own. */
export function exchangeFacts({ params, seen }: View): TokenExchangeFacts | null {
  if (params.grant_type !== tokenExchange) return null
  return {
    subjectToken: text(params.subject_token),
    subjectTokenType: text(params.subject_token_type),
    actorToken: text(params.actor_token),
    actorTokenType: text(params.actor_token_type),
    requestedTokenType: text(params.requested_token_type),
    issuedTokenType: text(record(seen.events.get('grant.success')).issued_token_type),
  }
}
