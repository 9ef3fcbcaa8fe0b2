// What the index keeps of a record.
import {
  ATTR,
  attributeBytesMax,
  type AttributeValue,
  decodeList,
  listAttributes,
} from '@grantlog/record'
import { COLUMN, columnKinds } from '../language/fields.ts'
import { NUMBER, type OpenChunk } from './chunk.ts'
import type { Dictionary } from './dictionary.ts'
import { encodeDuration } from './duration.ts'
import { fingerprintOf } from './fingerprint.ts'
import type { LedgerRecord } from '../records.ts'

export type DictionaryOf = (column: string) => Dictionary

/** Puts a record into the row that its chunk has begun; scan/ does the same from its bytes. */
export function addRow(
  chunk: OpenChunk,
  { attributes, leaf, observed, view }: LedgerRecord,
  dictionaryOf: DictionaryOf,
): void {
  const micros = (view.endTimeUnixNano - view.startTimeUnixNano) / 1_000n
  chunk.set(NUMBER.DURATION, encodeDuration(Number(micros)))
  const word = (column: string, value: string): void =>
    chunk.set(column, dictionaryOf(column).idOf(value))
  for (const [name, value] of attributes) {
    const kind = observed !== null && isOfLives(name) ? undefined : columnKinds.get(name)
    if (kind === 'words' && !isLong(value)) word(name, String(value))
    else if (kind === 'fingerprint') chunk.setAll(name, itemsOf(name, value).map(fingerprintOf))
  }
  const route = attributes.get(ATTR.HTTP_ROUTE)
  const method = attributes.get(ATTR.HTTP_REQUEST_METHOD)
  const hasRoute = route !== undefined && !isLong(route)
  if (hasRoute) word(COLUMN.ROUTE, method ? `${method} ${route}` : String(route))
  const error = attributes.get(ATTR.OAUTH_ERROR_CODE) ?? attributes.get(ATTR.ERROR_TYPE)
  if (error !== undefined && !isLong(error)) word(COLUMN.ERROR, String(error))
  chunk.set(COLUMN.RECORD, fingerprintOf(leaf.id))
  if (view.traceId !== '') chunk.set(COLUMN.TRACE, fingerprintOf(view.traceId))
  // A log record has no stream.
  if (leaf.kid === '') return
  word(COLUMN.KID, leaf.kid)
  chunk.set(COLUMN.INSTANCE, fingerprintOf(leaf.instance))
}

/**
 * What the lives of tokens, grants and sessions are told from: anybody may bring a log record, and
 * it must not end or begin one.
 */
function isOfLives(name: string): boolean {
  const isOauth = name.startsWith('oauth.') && name !== ATTR.OAUTH_CLIENT_ID
  return isOauth || name.startsWith('session.')
}

/** Words are kept for good; a record has none longer than this, but a log record may. */
function isLong(value: AttributeValue): boolean {
  return typeof value === 'string' && value.length > attributeBytesMax
}

function itemsOf(name: string, value: AttributeValue): readonly string[] {
  return listAttributes.has(name) ? decodeList(String(value)) : [String(value)]
}
