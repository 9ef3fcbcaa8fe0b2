// A record as far as the index needs it, read with the engine's own JSON parser: five times as fast
// as the strict reader, and made to agree with it on every record that a ledger can hold. What the
// index finds is read strictly before it is shown. See quick-record.test.ts.
import { type FrameEntry, isRecordLeaf } from '@grantlog/ledger'
import { attributeDefinitions, type AttributeValue } from '@grantlog/record'
import { type LedgerRecord, recordAt } from '../records.ts'

/** What a row is made of. */
export interface IndexedRecord extends Pick<LedgerRecord, 'index' | 'leaf' | 'attributes'> {
  readonly view: Pick<LedgerRecord['view'], 'traceId' | 'startTimeUnixNano' | 'endTimeUnixNano'>
}

interface Tagged {
  readonly stringValue?: unknown
  readonly intValue?: unknown
  readonly boolValue?: unknown
}

type Fields = Readonly<Record<string, Tagged>>

interface Canonical {
  readonly attributes: Fields
  readonly traceId: string
  readonly startTimeUnixNano: string
  readonly endTimeUnixNano: string
}

/**
 * The record of an entry; null for what is none. What is not of the usual form is read strictly,
 * which says what is wrong with it: RecordError.
 */
export function quickRecord(entry: FrameEntry): IndexedRecord | null {
  const { index, leaf, stored } = entry
  if (!isRecordLeaf(leaf) || leaf.type !== 'record' || stored.kind !== 'record') return null
  const attributes = new Map<string, AttributeValue>()
  try {
    const canonical = parsed(stored.canonical) as Canonical
    const { endTimeUnixNano: end, startTimeUnixNano: start, traceId } = canonical
    const slots = entry.openings().map(({ opening }) => parsed(opening) as { fields: Fields })
    const isWhole = [canonical.attributes, ...slots.map(({ fields }) => fields)].every((fields) =>
      addFields(attributes, fields),
    )
    if (isWhole && typeof traceId === 'string') {
      const times = { startTimeUnixNano: BigInt(start), endTimeUnixNano: BigInt(end) }
      return { index, leaf, attributes, view: { traceId, ...times } }
    }
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof TypeError)) throw error
  }
  return recordAt(entry)
}

function parsed(bytes: Uint8Array): unknown {
  const { buffer, byteLength, byteOffset } = bytes
  return JSON.parse(Buffer.from(buffer, byteOffset, byteLength).toString())
}

/** False when a field is not of its type. */
function addFields(attributes: Map<string, AttributeValue>, fields: Fields): boolean {
  for (const name in fields) {
    const { boolValue, intValue, stringValue } = fields[name]!
    if (!attributeDefinitions.has(name)) return false
    if (typeof stringValue === 'string') attributes.set(name, stringValue)
    else if (typeof intValue === 'string') attributes.set(name, BigInt(intValue))
    else if (typeof boolValue === 'boolean') attributes.set(name, boolValue)
    else return false
  }
  return true
}
