// Audit log records of somebody else's SDK (FORMAT.md 6), in the shape of records: so that they
// are searched and read like these. They stay told apart by `observed`: no key of ours signed
// them, and what is derived from records (lineage, tokens, sessions) leaves them out. See
// log-records.test.ts.
import { decodeObservation, type FrameEntry, type LogLeaf } from '@grantlog/ledger'
import {
  ATTR,
  logAttributes,
  openLog,
  openLogSlot,
  type RecordView,
  type SlotName,
  slotNames,
} from '@grantlog/record'
import type { LedgerRecord } from './records.ts'

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
  const attributes = logAttributes(form, fields)
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
