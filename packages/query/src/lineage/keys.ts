// By what records belong together. Hashes are keyed and have 128 bits, so one name space is enough
// for all of them: equal means the same grant, token, or family.
import { ATTR, type AttributeValue, decodeList, RecordError } from '@grantlog/record'
import type { LedgerRecord } from '../records.ts'

type Attributes = Pick<LedgerRecord, 'attributes'>

export const grantAttributes: readonly string[] = [
  ATTR.OAUTH_GRANT_ID_HASH,
  ATTR.OAUTH_REFRESH_FAMILY_HASH,
]
export const exchangeAttributes: readonly string[] = [
  ATTR.OAUTH_TOKEN_EXCHANGE_SUBJECT_TOKEN_HASH,
  ATTR.OAUTH_TOKEN_EXCHANGE_ACTOR_TOKEN_HASH,
]
export const tokenAttributes: readonly string[] = [
  ATTR.OAUTH_TOKEN_HASH,
  ATTR.OAUTH_REFRESH_TOKEN_HASH,
  ATTR.OAUTH_REFRESH_PRESENTED_HASH,
  ...exchangeAttributes,
]
export const sessionAttributes: readonly string[] = [ATTR.SESSION_ID, ATTR.SESSION_PREVIOUS_ID]

/** The value as text; '' when there is none. */
export function textIn({ attributes }: Attributes, name: string): string {
  const value = attributes.get(name)
  return value === undefined ? '' : String(value)
}

/** Hashes of grant, family and tokens: a record belongs to the grant of each of them. */
export function grantKeys(record: Attributes): string[] {
  return [...grantsOf(record), ...hashesIn(record, tokenAttributes)]
}

export function grantsOf(record: Attributes): string[] {
  return hashesIn(record, grantAttributes)
}

/** Hashed sessions; many grants may share one. */
export function sessionsOf(record: Attributes): string[] {
  return hashesIn(record, sessionAttributes)
}

/** Whether tokens were handed out: then `oauth.token.hash` is of the new one. */
export function issues(record: Attributes): boolean {
  if (textIn(record, ATTR.AUDIT_OUTCOME) !== 'success') return false
  if (record.attributes.has(ATTR.OAUTH_TOKEN_ISSUED)) return true
  // A client that took it from its cache was handed out nothing.
  if (record.attributes.get(ATTR.OAUTH_TOKEN_CACHE_HIT) === true) return false
  return textIn(record, ATTR.AUDIT_ACTION) === 'oauth.token'
}

/** Hashes of the tokens that a record handed out. */
export function issuedTokens(record: Attributes): string[] {
  if (!issues(record)) return []
  return hashesIn(record, [ATTR.OAUTH_TOKEN_HASH, ATTR.OAUTH_REFRESH_TOKEN_HASH])
}

/** Hashes of the refresh token that a record handed out. */
export function issuedRefresh(record: Attributes): string[] {
  return issues(record) ? hashesIn(record, [ATTR.OAUTH_REFRESH_TOKEN_HASH]) : []
}

/** Hashes of the token that a record is about: of one that hands out tokens, the access token. */
export function mainTokens(record: Attributes): string[] {
  return hashesIn(record, [ATTR.OAUTH_TOKEN_HASH])
}

/** Hashes of tokens that were exchanged for another (RFC 8693). */
export function exchangedTokens(record: Attributes): string[] {
  return hashesIn(record, exchangeAttributes)
}

/** Hashes of the refresh token that was presented. */
export function presentedRefresh(record: Attributes): string[] {
  return hashesIn(record, [ATTR.OAUTH_REFRESH_PRESENTED_HASH])
}

/** Hashes of the tokens that were presented, in any way but to be refreshed. */
export function presentedTokens(record: Attributes): string[] {
  const own = issues(record) ? [] : [ATTR.OAUTH_TOKEN_HASH]
  return hashesIn(record, [...own, ...exchangeAttributes])
}

/** A hash attribute is a list: two, while its key is rotated. */
function hashesIn({ attributes }: Attributes, names: readonly string[]): string[] {
  return names.flatMap((name) => itemsOf(attributes.get(name)))
}

function itemsOf(value: AttributeValue | undefined): readonly string[] {
  if (typeof value !== 'string' || value === '') return []
  try {
    return decodeList(value)
  } catch (error) {
    // Values are the producer's; one that is no list is a name like any other.
    if (error instanceof RecordError) return [value]
    throw error
  }
}
