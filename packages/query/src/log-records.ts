// Audit log records of somebody else's SDK (FORMAT.md 6), in the shape of records: so that they
// are searched and read like these. They stay told apart by `observed`: no key of ours signed
// them, and what is derived from records (lineage, tokens, sessions) leaves them out. See
// log-records.test.ts.
import { decodeObservation, type FrameEntry, type LogLeaf } from '@grantlog/ledger'
import {
  ATTR,
  type AttributeValue,
  encodeList,
  isObject,
  type JsonObject,
  type JsonValue,
  listAttributes,
  type LogForm,
  openLog,
  openLogSlot,
  type RecordView,
  type SlotName,
  slotNames,
  textOf,
} from '@grantlog/record'
import type { LedgerRecord } from './records.ts'

/** Attributes of a resource that say what those of a producer say. */
const ofResource = [
  ['service.name', ATTR.AUDIT_PRODUCER_SERVICE],
  ['deployment.environment.name', ATTR.AUDIT_PRODUCER_ENVIRONMENT],
  ['deployment.environment', ATTR.AUDIT_PRODUCER_ENVIRONMENT],
  ['service.version', ATTR.AUDIT_PRODUCER_VERSION],
] as const

/** OTLP: unset, ok, error. */
const statusCodes: Readonly<Record<string, number>> = { success: 1, failure: 2, denied: 2 }
const ofNobody = { kid: '', instance: '', seq: 0 }

/** Throws RecordError, LedgerError when stored bytes are no log record. */
export function logRecordOf(
  { entry, index, logOpenings }: FrameEntry,
  { id, receivedAt }: LogLeaf,
  { canonical, observation }: { readonly canonical: Uint8Array; readonly observation: Uint8Array },
): LedgerRecord {
  const { commitments, form } = openLog(canonical)
  const openings = logOpenings()
  const fields = openings.map(({ opening, slot }) => openLogSlot(opening, slot))
  const attributes = attributesOf(form, fields)
  const { eventName, observedTimeUnixNano, spanId, timeUnixNano, traceId } = form
  const at = BigInt(timeUnixNano) || BigInt(observedTimeUnixNano)
  const slots = [...commitments].filter(isRegistered)
  const view: RecordView = {
    ...{ traceId, spanId, parentSpanId: '' },
    ...{ name: eventName, kind: 0, startTimeUnixNano: at, endTimeUnixNano: at },
    status: { code: statusCodes[String(attributes.get(ATTR.AUDIT_OUTCOME))] ?? 0, message: '' },
    ...{ attributes, slots: new Map(slots) },
  }
  return {
    ...{ index, entry, leaf: { id, receivedAt, ...ofNobody }, view, attributes },
    openings: openings.flatMap(({ opening, slot }) =>
      (slotNames as readonly string[]).includes(slot) ? [{ opening, slot: slot as SlotName }] : [],
    ),
    observed: decodeObservation(observation),
  }
}

const isRegistered = (pair: [string, string]): pair is [SlotName, string] =>
  (slotNames as readonly string[]).includes(pair[0])

/** Its own, those of slots, and what the resource says of the producer. Empty ones say nothing. */
function attributesOf(
  { attributes: own, eventName, resource }: LogForm,
  fields: readonly JsonObject[],
): Map<string, AttributeValue> {
  const attributes = new Map<string, AttributeValue>()
  for (const tagged of [own, ...fields]) {
    for (const [name, value] of Object.entries(tagged)) {
      const plain = plainOf(name, value)
      if (plain !== '') attributes.set(name, plain)
    }
  }
  for (const [from, to] of ofResource) {
    const text = textOf(resource.attributes[from])
    if (text && !attributes.has(to)) attributes.set(to, text)
  }
  if (eventName !== '' && !attributes.has(ATTR.AUDIT_ACTION)) {
    attributes.set(ATTR.AUDIT_ACTION, eventName)
  }
  return attributes
}

/** A value as records have them; what is no scalar is told as JSON. */
function plainOf(name: string, tagged: JsonValue): AttributeValue {
  if (!isObject(tagged)) return ''
  const { arrayValue, boolValue, doubleValue, intValue, stringValue } = tagged
  if (typeof stringValue === 'string') return stringValue
  if (typeof boolValue === 'boolean') return boolValue
  if (typeof intValue === 'string') return BigInt(intValue)
  if (typeof doubleValue === 'string') return numberOf(doubleValue)
  if (Array.isArray(arrayValue) && listAttributes.has(name)) {
    return encodeList((arrayValue as JsonValue[]).map((item) => String(plainOf('', item))))
  }
  return Object.keys(tagged).length === 0 ? '' : JSON.stringify(readable(tagged))
}

/** Without tags, for people. */
function readable(tagged: JsonValue): JsonValue {
  if (!isObject(tagged)) return tagged
  const [[tag, value] = ['', null]] = Object.entries(tagged)
  if (Array.isArray(value)) return (value as JsonValue[]).map(readable)
  if (tag === 'doubleValue' && typeof value === 'string') {
    const text = numberOf(value)
    return Number.isFinite(Number(text)) ? Number(text) : text
  }
  if (tag !== 'kvlistValue' || !isObject(value)) return value
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, readable(inner)]))
}

function numberOf(bits: string): string {
  return String(Buffer.from(bits, 'hex').readDoubleBE())
}
