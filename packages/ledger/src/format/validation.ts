// Validations: records compared with what else is known of a system's activity (FORMAT.md 3.6).
// Counts and digests only: whoever reads the log learns of no person and no path. See
// validation.test.ts.
import { isObject, jcsBytes, type JsonValue } from '@grantlog/record'
import { LedgerError } from '../codes.ts'
import { validationBytesMax, validationInputsMax } from '../limits.ts'
import { isBytes, isCount, type Members, readMembers } from './members.ts'

/** All that was due is there; something is not; or too little was there to compare. */
export type ValidationVerdict = 'agrees' | 'differs' | 'incomplete'

/** The content of a `validation` leaf. Times are Unix milliseconds, digests b64u of 32 bytes. */
export interface Validation {
  /** The period that was compared; until is not part of it. */
  readonly from: number
  readonly until: number
  /** Access logs that were read, in their order; as they were then. */
  readonly inputs: readonly { readonly bytes: number; readonly digest: string }[]
  /** Lines of access logs in the period; null: none was compared. */
  readonly lines: ValidationLines | null
  /** By the clock of who compared. */
  readonly madeAt: number
  /** SHA-256 of the whole report, which is not in the log. */
  readonly report: string
  /** HTTP requests that streams have counted, and their records of served requests. */
  readonly requests: { readonly counted: number; readonly records: number }
  /** `audit.producer.service`; empty: all. */
  readonly service: string
  readonly streams: ValidationStreams
  readonly verdict: ValidationVerdict
}

export interface ValidationLines {
  readonly all: number
  readonly ignored: number
  readonly malformed: number
  readonly matched: number
  /** Lines that must have a record and have none. */
  readonly noRecord: number
  readonly notAudited: number
  /** Lines of which it cannot be told whether a record was due. */
  readonly unknown: number
  /** Records of served requests without a line. */
  readonly withoutLine: number
}

export interface ValidationStreams {
  readonly all: number
  /** Streams that have emitted other records than are in the log. */
  readonly differing: number
  readonly dropped: number
  readonly emitted: number
  readonly sealed: number
}

const members = 'from,inputs,lines,madeAt,report,requests,service,streams,until,verdict'
const verdicts: ReadonlySet<unknown> = new Set<ValidationVerdict>([
  'agrees',
  'differs',
  'incomplete',
])
const lineMembers = 'all,ignored,malformed,matched,noRecord,notAudited,unknown,withoutLine'
const streamMembers = 'all,differing,dropped,emitted,sealed'
const serviceForm = /^[^\p{Cc}\p{Zl}\p{Zp}]{0,128}$/u

export function encodeValidation(validation: Validation): Uint8Array {
  return jcsBytes(validation as unknown as JsonValue)
}

/** Reads a validation strictly; throws LEDGER_FORMAT. */
export function decodeValidation(content: Uint8Array): Validation {
  if (content.length > validationBytesMax) throw malformed('length')
  const json = readMembers(content)
  if (json === null) throw malformed('not canonical JSON')
  if (Object.keys(json).join() !== members) throw malformed('members')
  const { from, inputs, lines, madeAt, report, requests, service, streams, until, verdict } = json
  if (!isCount(from) || !isCount(until) || from > until) throw malformed('period')
  if (!isCount(madeAt)) throw malformed('madeAt')
  if (!Array.isArray(inputs) || inputs.length > validationInputsMax || !inputs.every(isInput)) {
    throw malformed('inputs')
  }
  if (lines !== null && !areCounts(lines, lineMembers)) throw malformed('lines')
  if (!isBytes(report, 32)) throw malformed('report')
  if (!areCounts(requests, 'counted,records')) throw malformed('requests')
  if (typeof service !== 'string' || !serviceForm.test(service)) throw malformed('service')
  if (!areCounts(streams, streamMembers)) throw malformed('streams')
  if (!verdicts.has(verdict)) throw malformed('verdict')
  return json as unknown as Validation
}

function isInput(input: JsonValue): boolean {
  if (!isObject(input) || Object.keys(input).join() !== 'bytes,digest') return false
  return isCount(input.bytes) && isBytes(input.digest, 32)
}

function areCounts(value: JsonValue | undefined, names: string): value is Members {
  if (value === undefined || !isObject(value) || Object.keys(value).join() !== names) return false
  return Object.values(value).every(isCount)
}

function malformed(what: string): LedgerError {
  return new LedgerError('LEDGER_FORMAT', `malformed validation: ${what}`)
}
