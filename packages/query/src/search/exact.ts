// Whether a record is what a query asks for by hashes and by people: the index knows only 32 bits
// of those, and a few records share them with others. See exact.test.ts.
import { type AttributeValue, decodeList, listAttributes } from '@grantlog/record'
import { COLUMN, columnKinds, queryFields } from '../language/fields.ts'
import type { Query, Test } from '../language/query.ts'
import type { LedgerRecord } from '../records.ts'

/** True or false where hashes decide; null where the index has decided already. */
type Holds = (record: LedgerRecord) => boolean | null

/** For records that the index found: false for one that only looks alike. */
export function exactly(query: Query): (record: LedgerRecord) => boolean {
  const holds = holdsOf(query)
  return (record) => holds(record) !== false
}

function holdsOf(query: Query): Holds {
  if ('all' in query) {
    const parts = query.all.map(holdsOf)
    return (record) => every(parts.map((part) => part(record)))
  }
  if ('any' in query) {
    const parts = query.any.map(holdsOf)
    return (record) => some(parts.map((part) => part(record)))
  }
  if ('not' in query) {
    const part = holdsOf(query.not)
    return (record) => {
      const held = part(record)
      return held === null ? null : !held
    }
  }
  if ('text' in query) return () => null
  const columns = queryFields.get(query.field)?.columns ?? []
  if (!columns.every((column) => columnKinds.get(column) === 'fingerprint')) return () => null
  return (record) =>
    query.tests.some((test) => columns.some((column) => passes(itemsOf(record, column), test)))
}

function passes(items: readonly string[], test: Test): boolean {
  return 'is' in test ? items.includes(test.is) : items.length > 0
}

function itemsOf({ attributes, leaf, view }: LedgerRecord, column: string): readonly string[] {
  if (column === COLUMN.TRACE) return [view.traceId]
  if (column === COLUMN.RECORD) return [leaf.id]
  if (column === COLUMN.INSTANCE) return [leaf.instance]
  const value: AttributeValue | undefined = attributes.get(column)
  if (value === undefined) return []
  return listAttributes.has(column) ? decodeList(String(value)) : [String(value)]
}

function every(held: readonly (boolean | null)[]): boolean | null {
  if (held.includes(false)) return false
  return held.includes(null) ? null : true
}

function some(held: readonly (boolean | null)[]): boolean | null {
  if (held.includes(true)) return true
  return held.includes(null) ? null : false
}
