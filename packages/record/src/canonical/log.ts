// The canonical form of an audit log record, `grantlog-log-v1` (FORMAT.md 6). Somebody else wrote
// the record, so that whoever takes it in divides it: what it says of persons goes into slots, with
// salts of the taker's own. See log.test.ts.
import { base64url, concat, fromBase64url, utf8 } from '../bytes.ts'
import { RecordError } from '../codes.ts'
import { logPartBytesMax } from '../limits.ts'
import type { JsonObject, LogForm, LogRecord } from '../log.ts'
import { attributeDefinitions, type SlotName, slotNames } from '../names.ts'
import type { JsonValue, Sha256 } from '../span.ts'
import { isObject, jcsBytes, readJcs } from './jcs.ts'
import { checkLogForm, isFields } from './log-form.ts'
import { checkCommitment, commitmentOf } from './slot.ts'

/**
 * The slots of the registry, the body, and all attributes that the registry does not know: what
 * nobody has looked at may be about the person who acted.
 */
export type LogSlotName = SlotName | 'body' | 'unregistered'

export const logSlotNames: readonly LogSlotName[] = [...slotNames, 'body', 'unregistered']

/** The one field of the slot `body`. */
const bodyField = 'body'
const domain = utf8('grantlog-log-v1\n')
const saltBytes = 16

/** A log record divided: its slots as they are to be sealed, and everything else. */
export interface DividedLog {
  readonly form: LogForm
  readonly slots: ReadonlyMap<LogSlotName, JsonObject>
}

export interface SealedLog {
  readonly canonical: Uint8Array
  /** 32 bytes. */
  readonly digest: Uint8Array
  readonly openings: readonly { readonly slot: LogSlotName; readonly opening: Uint8Array }[]
}

/** `redacted`: where a secret was taken out; in any order. */
export function divideLog(log: LogRecord, redacted: readonly string[]): DividedLog {
  const { attributes: all, body, flags, observedTimeUnixNano, timeUnixNano, ...fields } = log
  const attributes: [string, JsonValue][] = []
  const slots = new Map<LogSlotName, [string, JsonValue][]>()
  for (const [name, value] of Object.entries(all)) {
    const slot = slotOf(name)
    if (slot === null) attributes.push([name, value])
    else slots.set(slot, [...(slots.get(slot) ?? []), [name, value]])
  }
  const isThere = !isObject(body) || Object.keys(body).length > 0
  if (isThere) slots.set('body', [[bodyField, body]])
  const { eventName, resource, scope, severityNumber, severityText, spanId, traceId } = fields
  const form = {
    attributes: Object.fromEntries(attributes),
    ...{ eventName, flags, resource, scope, severityNumber, severityText, spanId, traceId },
    observedTimeUnixNano: observedTimeUnixNano.toString(),
    redacted: [...redacted].sort(),
    timeUnixNano: timeUnixNano.toString(),
  }
  const entries = [...slots].map(([slot, pairs]) => [slot, Object.fromEntries(pairs)] as const)
  return { form, slots: new Map(entries) }
}

/** All that was divided, without salts: the same bytes for the same record. */
export function logContent({ form, slots }: DividedLog): Uint8Array {
  return jcsBytes({ ...form, slots: Object.fromEntries(slots) })
}

/**
 * Commits to the slots and makes the canonical form. `salt` gives 16 random bytes, `id` is a UUID.
 * Throws RECORD_MALFORMED for what is longer than a ledger stores in one piece.
 */
export function sealLog(
  { form, slots }: DividedLog,
  { id, salt, sha256 }: { readonly id: string; readonly salt: () => Uint8Array; sha256: Sha256 },
): SealedLog {
  const openings = [...slots].map(([slot, fields]) => {
    const opening = short(jcsBytes({ fields, salt: base64url(salt()) }), `slot ${slot}`)
    return { slot, opening }
  })
  const commitments = openings.map(({ opening, slot }) => [slot, commitmentOf(opening, sha256)])
  const json = { ...form, id, slots: Object.fromEntries(commitments) as JsonObject }
  const canonical = short(jcsBytes(json), 'canonical form')
  return { canonical, digest: logDigestOf(canonical, sha256), openings }
}

/** `SHA-256('grantlog-log-v1\n' ‖ canonical form)`. */
export function logDigestOf(canonical: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(concat(domain, canonical))
}

/** A canonical form read back. */
export interface LogView {
  readonly id: string
  readonly form: LogForm
  /** Commitments by slot. */
  readonly commitments: ReadonlyMap<LogSlotName, string>
}

/** Reads a canonical form strictly: the reverse of {@link sealLog}. Throws RECORD_MALFORMED. */
export function openLog(canonical: Uint8Array): LogView {
  const json = readJcs(canonical, 'RECORD_MALFORMED', 'log record')
  if (!isObject(json)) throw malformed('members')
  checkLogForm(json)
  const { id, slots, ...form } = json
  const commitments = new Map<LogSlotName, string>()
  for (const [slot, commitment] of Object.entries(slots)) {
    if (!isLogSlotName(slot) || typeof commitment !== 'string') throw malformed('slots')
    checkCommitment(commitment)
    commitments.set(slot, commitment)
  }
  const misplaced = Object.keys(form.attributes).find((name) => slotOf(name) !== null)
  if (misplaced !== undefined) throw malformed('an attribute of a slot stands outside of it')
  return { id, form, commitments }
}

/** Reads an opening strictly; each of its fields must belong to `slot`. Throws RecordError. */
export function openLogSlot(opening: Uint8Array, slot: LogSlotName): JsonObject {
  const json = readJcs(opening, 'RECORD_SLOT_MALFORMED', 'slot opening')
  if (!isObject(json) || Object.keys(json).join() !== 'fields,salt') throw malformed('opening')
  const { fields, salt } = json
  const isSalt = typeof salt === 'string' && fromBase64url(salt)?.length === saltBytes
  if (!isSalt || !isObject(fields) || !isFields(fields)) throw malformed('opening')
  const names = Object.keys(fields)
  if (slot === 'body' ? names.join() !== bodyField : !names.every((n) => slotOf(n) === slot)) {
    throw malformed('an opening has a field of another slot')
  }
  if (names.length === 0) throw malformed('opening')
  return fields
}

export function isLogSlotName(name: string): name is LogSlotName {
  return (logSlotNames as readonly string[]).includes(name)
}

/** The slot of an attribute; null: it is in the registry, and about no person. */
function slotOf(name: string): LogSlotName | null {
  const definition = attributeDefinitions.get(name)
  return definition === undefined ? 'unregistered' : definition.slot
}

function short(bytes: Uint8Array, what: string): Uint8Array {
  if (bytes.length <= logPartBytesMax) return bytes
  throw malformed(`${what} is longer than ${logPartBytesMax} bytes`)
}

function malformed(what: string): RecordError {
  return new RecordError('RECORD_MALFORMED', `malformed log record: ${what}`)
}
