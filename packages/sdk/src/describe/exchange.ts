import { ATTR } from '@grantlog/record'
import type { Hashes } from '../event.ts'
import type { TokenExchangeFacts } from '../facts.ts'
import { hashOfPresented } from './tokens.ts'
import type { Told, Value } from './value.ts'

const tokenTypeForm = /^urn:[\w:.-]{1,128}$/

/**
 * Tokens that are exchanged (RFC 8693 section 2): kinds and hashes. `isDone`: they were tokens, for
 * others came of them.
 */
export function describeExchange(
  told: Told,
  facts: TokenExchangeFacts | null,
  isDone: boolean,
  hashes: Hashes,
): void {
  if (facts === null) return
  const type = (name: string | null): Value =>
    name === null ? null : tokenTypeForm.test(name) ? name : '_OTHER'
  const hash = (token: string | null): Value =>
    token === null ? null : hashOfPresented(token, isDone, hashes)
  told.add(ATTR.OAUTH_TOKEN_EXCHANGE_SUBJECT_TOKEN_TYPE, type(facts.subjectTokenType))
  told.add(ATTR.OAUTH_TOKEN_EXCHANGE_ACTOR_TOKEN_TYPE, type(facts.actorTokenType))
  told.add(ATTR.OAUTH_TOKEN_EXCHANGE_REQUESTED_TOKEN_TYPE, type(facts.requestedTokenType))
  told.add(ATTR.OAUTH_TOKEN_EXCHANGE_ISSUED_TOKEN_TYPE, type(facts.issuedTokenType))
  told.add(ATTR.OAUTH_TOKEN_EXCHANGE_SUBJECT_TOKEN_HASH, hash(facts.subjectToken))
  told.add(ATTR.OAUTH_TOKEN_EXCHANGE_ACTOR_TOKEN_HASH, hash(facts.actorToken))
}
