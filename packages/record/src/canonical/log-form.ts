// The members of a log record's canonical form, and what each may be (FORMAT.md 6.2).
import { fromBase64url } from '../bytes.ts'
import { RecordError } from '../codes.ts'
import { defaultLogLimits } from '../limits.ts'
import type { JsonObject, LogForm } from '../log.ts'
import type { JsonValue } from '../span.ts'
import { isObject } from './jcs.ts'

type Check = (value: JsonValue | undefined) => boolean

const decimal = /^(0|[1-9][0-9]{0,19})$/
const signed = /^(0|-?[1-9][0-9]{0,18})$/
const uint64Max = 2n ** 64n - 1n
const int64Max = 2n ** 63n - 1n
const int32Max = 2 ** 31 - 1
const uint32Max = 2 ** 32 - 1

const isText: Check = (value) => typeof value === 'string'
const matches = (form: RegExp): Check => {
  return (value) => typeof value === 'string' && form.test(value)
}
const isTime: Check = (value) => matches(decimal)(value) && BigInt(value as string) <= uint64Max
const isWhole =
  (min: number, max: number): Check =>
  (value) =>
    Number.isInteger(value) && (value as number) >= min && (value as number) <= max
const isSortedTexts: Check = (value) => {
  return Array.isArray(value) && value.every((one, at) => isText(one) && value[at - 1] !== one)
}
const isInt: Check = (value) => {
  if (!matches(signed)(value)) return false
  const number = BigInt(value as string)
  return number <= int64Max && number >= -int64Max - 1n
}
const isBytes: Check = (value) => typeof value === 'string' && fromBase64url(value) !== null

/** By tag; arrays and key-value lists are looked into. */
const scalars: Readonly<Record<string, Check>> = {
  stringValue: isText,
  intValue: isInt,
  boolValue: (value) => typeof value === 'boolean',
  doubleValue: matches(/^[0-9a-f]{16}$/),
  bytesValue: isBytes,
}

/** Whether it is a tagged value, `{}` included. */
function isTagged(value: JsonValue | undefined, depth: number): boolean {
  if (!isObject(value) || depth === 0) return false
  const [tag, ...more] = Object.keys(value)
  if (tag === undefined) return true
  const inner = value[tag]
  if (more.length > 0) return false
  if (tag === 'arrayValue') {
    return Array.isArray(inner) && inner.every((item) => isTagged(item as JsonValue, depth - 1))
  }
  if (tag === 'kvlistValue') return areTagged(inner, depth - 1)
  return Object.hasOwn(scalars, tag) && scalars[tag]!(inner)
}

function areTagged(value: JsonValue | undefined, depth: number): boolean {
  return isObject(value) && Object.values(value).every((one) => isTagged(one, depth))
}

/** Whether all members are tagged values: attributes, or the fields of a slot. */
export const isFields: Check = (value) => areTagged(value, defaultLogLimits.depthMax)

const hasMembers =
  (members: Readonly<Record<string, Check>>): Check =>
  (value) => {
    if (!isObject(value)) return false
    if (Object.keys(value).join() !== Object.keys(members).join()) return false
    return Object.entries(members).every(([name, check]) => check(value[name]))
  }

/** In the order of JCS. */
const isForm = hasMembers({
  attributes: isFields,
  eventName: isText,
  flags: isWhole(0, uint32Max),
  id: matches(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/),
  observedTimeUnixNano: isTime,
  redacted: isSortedTexts,
  resource: hasMembers({ attributes: isFields, schemaUrl: isText }),
  scope: hasMembers({ attributes: isFields, name: isText, schemaUrl: isText, version: isText }),
  severityNumber: isWhole(0, int32Max),
  severityText: isText,
  slots: (value) => isObject(value),
  spanId: matches(/^([0-9a-f]{16})?$/),
  timeUnixNano: isTime,
  traceId: matches(/^([0-9a-f]{32})?$/),
})

interface WholeForm extends LogForm {
  readonly id: string
  readonly slots: JsonObject
}

/** Throws RECORD_MALFORMED unless it has exactly these members, each of its form. */
export function checkLogForm(json: JsonObject): asserts json is WholeForm {
  if (isForm(json)) return
  throw new RecordError('RECORD_MALFORMED', 'malformed log record: its members')
}
