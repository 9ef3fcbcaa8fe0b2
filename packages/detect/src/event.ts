// What detection looks at: a record, as far as its keys allow, without the bytes that prove it.
import type { LedgerRecord } from '@grantlog/query'
import { attributeDefinitions, type AttributeValue } from '@grantlog/record'
import { DetectError } from './codes.ts'
import { MAX_EVENT_CHARS } from './limits.ts'

/** By name. Of a row (row-attributes.ts) they are gone when the next batch is looked at. */
export type EventAttributes = Pick<
  ReadonlyMap<string, AttributeValue>,
  'get' | 'has' | typeof Symbol.iterator
>

/** Derived, and no attribute of the registry: how long it took, ms. */
export const DURATION_MS = 'event.duration_ms'

/** An event: one record, by the registry's names. */
export interface AuditEvent {
  /** `audit.record.id`. */
  readonly id: string
  /** The place in the log; null: it comes from an export of another log, or from no log. */
  readonly index: number | null
  /** When it ended, Unix ms: by this, and not by when it came, rules count time. */
  readonly atMs: number
  /** When the receiver had it, Unix ms. */
  readonly receivedMs: number
  /** Those of slots that can be opened, too; and `DURATION_MS`. */
  readonly attributes: EventAttributes
}

/** `audit.action` of a `policy` leaf. */
export const ledgerPolicyAction = 'ledger.policy'

/** The event that a record of the ledger is. */
export function eventOf({ attributes, index, leaf, view }: LedgerRecord): AuditEvent {
  const atMs = Number(view.endTimeUnixNano / 1_000_000n)
  const tookMs = (view.endTimeUnixNano - view.startTimeUnixNano) / 1_000_000n
  const derived = new Map(attributes).set(DURATION_MS, tookMs < 0n ? 0n : tookMs)
  return { id: leaf.id, index, atMs, receivedMs: leaf.receivedAt, attributes: derived }
}

/**
 * The event of a line: one of `grantlog export` (NDJSON, `recordJson` of query), or a fixture's
 * `{"id", "atMs", "attributes"}`, which may have `receivedMs`. Throws DetectError:
 * EVENT_MALFORMED, which quotes nothing of the line.
 */
export function eventFromJson(line: string): AuditEvent {
  if (line.length > MAX_EVENT_CHARS) throw malformed(`longer than ${MAX_EVENT_CHARS} characters`)
  const value = parsed(line)
  if (!isObject(value)) throw malformed('no JSON object')
  const { attributes, id, index = null, receivedAt } = value
  if (typeof id !== 'string' || id === '') throw malformed('`id` is no text')
  if (index !== null && !isWhole(index)) throw malformed('`index` is no place in a log')
  if (!isObject(attributes)) throw malformed('`attributes` is no object')
  const atMs = value['atMs'] ?? msOf(value['endTimeUnixNano'] ?? value['startTimeUnixNano'])
  if (!isWhole(atMs)) throw malformed('neither `atMs` nor `endTimeUnixNano` is a time')
  const receivedMs = value['receivedMs'] ?? receivedAt ?? atMs
  if (!isWhole(receivedMs)) throw malformed('`receivedMs` is no time')
  const entries = Object.entries(attributes).map(
    ([name, one]) => [name, attributeOf(name, one)] as const,
  )
  const tookMs = took(value['startTimeUnixNano'], value['endTimeUnixNano'])
  if (tookMs !== null) entries.push([DURATION_MS, tookMs])
  return { id, index, atMs, receivedMs, attributes: new Map(entries) }
}

function took(start: unknown, end: unknown): bigint | null {
  const [startMs, endMs] = [msOf(start), msOf(end)]
  return startMs === undefined || endMs === undefined ? null : BigInt(Math.max(0, endMs - startMs))
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line) as unknown
  } catch {
    throw malformed('no JSON')
  }
}

function attributeOf(name: string, value: unknown): AttributeValue {
  if (typeof value === 'boolean') return value
  const isInt = attributeDefinitions.get(name)?.type === 'int'
  // An int64 is a decimal string in an export; a fixture may write a number.
  if (isWhole(value)) return BigInt(value)
  if (typeof value !== 'string') throw malformed('an attribute is neither text, whole nor boolean')
  if (!isInt) return value
  if (!/^-?\d{1,19}$/.test(value)) throw malformed('an attribute of whole numbers is none')
  return BigInt(value)
}

function msOf(nano: unknown): number | undefined {
  return typeof nano === 'string' && /^\d{1,20}$/.test(nano)
    ? Number(BigInt(nano) / 1_000_000n)
    : undefined
}

function isWhole(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value)
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed(what: string): DetectError {
  return new DetectError('EVENT_MALFORMED', what)
}
