// What the index keeps of a record.
import { ATTR, type AttributeValue, decodeList, listAttributes } from '@grantlog/record'
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
  { attributes, leaf, view }: LedgerRecord,
  dictionaryOf: DictionaryOf,
): void {
  const micros = (view.endTimeUnixNano - view.startTimeUnixNano) / 1_000n
  chunk.set(NUMBER.DURATION, encodeDuration(Number(micros)))
  const word = (column: string, value: string): void =>
    chunk.set(column, dictionaryOf(column).idOf(value))
  for (const [name, value] of attributes) {
    const kind = columnKinds.get(name)
    if (kind === 'words') word(name, String(value))
    else if (kind === 'fingerprint') chunk.setAll(name, itemsOf(name, value).map(fingerprintOf))
  }
  const route = attributes.get(ATTR.HTTP_ROUTE)
  const method = attributes.get(ATTR.HTTP_REQUEST_METHOD)
  if (route !== undefined) word(COLUMN.ROUTE, method ? `${method} ${route}` : String(route))
  const error = attributes.get(ATTR.OAUTH_ERROR_CODE) ?? attributes.get(ATTR.ERROR_TYPE)
  if (error !== undefined) word(COLUMN.ERROR, String(error))
  word(COLUMN.KID, leaf.kid)
  chunk.set(COLUMN.TRACE, fingerprintOf(view.traceId))
  chunk.set(COLUMN.RECORD, fingerprintOf(leaf.id))
  chunk.set(COLUMN.INSTANCE, fingerprintOf(leaf.instance))
}

function itemsOf(name: string, value: AttributeValue): readonly string[] {
  return listAttributes.has(name) ? decodeList(String(value)) : [String(value)]
}
