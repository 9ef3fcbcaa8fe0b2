// A record as its producer signed it, rebuilt from the ledger: what a core receiver needs to verify
// it by itself (FORMAT.md, 2.2). Canonical fields and slots with their salts are those that were
// hashed; the batch is on the scope; what was not covered goes along. See core.test.ts.
import type { BatchEvidence, RecordLeaf } from '@grantlog/ledger'
import type { JsonValue } from '@grantlog/record'
import { WireWriter } from '@grantlog/record/otlp'
import type { Unit } from '../deliver.ts'
import type { StoredRecord } from '../project.ts'
import { shownFrom } from '../shown.ts'
import type { SealedLogRecord } from './log-record.ts'

/** A record of any kind, those of its stream too, with what proves it. */
export interface SignedRecord extends StoredRecord {
  readonly leaf: RecordLeaf
  readonly evidence: BatchEvidence
  /** JCS JSON; may be empty. */
  readonly unsigned: Uint8Array
}

interface CommittedUnit extends Unit {
  /** Number of its commit. */
  readonly frame: number
}

/** A record for a core receiver. */
export interface RecordUnit extends CommittedUnit {
  readonly record: SignedRecord
}

/** A log record for it. */
export interface LogUnit extends CommittedUnit {
  readonly log: SealedLogRecord
}

export type CoreUnit = RecordUnit | LogUnit

export function isLogUnit(unit: CoreUnit): unit is LogUnit {
  return 'log' in unit
}

type Attributes = Readonly<Record<string, JsonValue>>

/** What was not covered, as verify/judge.ts keeps it. */
interface Unsigned {
  readonly resource: Attributes
  readonly span: Attributes
}

const scopeName = '@grantlog/sdk'
const algorithm = 'Ed25519'

/**
 * One ExportTraceServiceRequest: a scope for each batch and resource. Throws SyntaxError or
 * TypeError when the stored bytes are no record: the ledger is damaged.
 */
export function encodeSigned(units: readonly RecordUnit[]): Uint8Array {
  const groups = Map.groupBy(units, ({ record }) => {
    const { resource } = unsignedOf(record)
    return `${record.evidence.jws} ${JSON.stringify(resource)}`
  })
  const request = new WireWriter()
  for (const group of groups.values()) writeGroup(request, group)
  return request.finish()
}

function writeGroup(request: WireWriter, group: readonly RecordUnit[]): void {
  const { evidence } = group[0]!.record
  const { resource } = unsignedOf(group[0]!.record)
  const spans = group.map(({ record }) => ({
    ...shownFrom(record.canonical, record.openings),
    unsigned: unsignedOf(record).span,
  }))
  request.message(1, (resourceSpans) => {
    resourceSpans.message(1, (message) => writeAttributes(message, 1, resource))
    resourceSpans.message(2, (scopeSpans) => {
      scopeSpans.message(1, (scope) => {
        scope.text(1, scopeName)
        scope.text(2, spans[0]!.producer.version)
        writeAttributes(scope, 3, {
          'audit.integrity.value': { stringValue: evidence.jws },
          'audit.integrity.algorithm': { stringValue: algorithm },
        })
        scope.message(3, (pair) => {
          pair.text(1, 'audit.integrity.digests')
          pair.message(2, (any) => any.bytes(7, evidence.digests))
        })
      })
      for (const { span, unsigned } of spans) {
        scopeSpans.message(2, (message) => {
          message.raw(span)
          writeAttributes(message, 9, unsigned)
        })
      }
    })
  })
}

function unsignedOf({ unsigned }: SignedRecord): Unsigned {
  if (unsigned.length === 0) return { resource: {}, span: {} }
  return JSON.parse(new TextDecoder().decode(unsigned)) as Unsigned
}

function writeAttributes(message: WireWriter, number: number, attributes: Attributes): void {
  for (const [key, value] of Object.entries(attributes)) {
    message.message(number, (pair) => writePair(pair, key, value))
  }
}

function writePair(pair: WireWriter, key: string, value: JsonValue): void {
  pair.text(1, key)
  pair.message(2, (any) => writeAny(any, value as TaggedAny))
}

/** An AnyValue as OTLP/JSON tags it; `{}` is empty. */
interface TaggedAny {
  readonly stringValue?: string
  readonly boolValue?: boolean
  readonly intValue?: string
  readonly doubleValue?: number | string
  readonly bytesValue?: string
  readonly arrayValue?: { readonly values: readonly JsonValue[] }
  readonly kvlistValue?: { readonly values: readonly { key: string; value: JsonValue }[] }
}

function writeAny(any: WireWriter, value: TaggedAny): void {
  const { arrayValue, boolValue, bytesValue, doubleValue, intValue, kvlistValue, stringValue } =
    value
  if (stringValue !== undefined) any.text(1, stringValue)
  if (boolValue !== undefined) any.varint(2, boolValue ? 1 : 0)
  if (intValue !== undefined) any.varint(3, BigInt(intValue))
  if (doubleValue !== undefined) any.fixed64(4, bitsOf(Number(doubleValue)))
  if (bytesValue !== undefined) any.bytes(7, Buffer.from(bytesValue, 'base64url'))
  if (arrayValue !== undefined) {
    any.message(5, (list) => {
      for (const one of arrayValue.values) {
        list.message(1, (inner) => writeAny(inner, one as TaggedAny))
      }
    })
  }
  if (kvlistValue !== undefined) {
    any.message(6, (list) => {
      for (const { key, value: one } of kvlistValue.values) {
        list.message(1, (pair) => writePair(pair, key, one))
      }
    })
  }
}

/** IEEE 754. */
function bitsOf(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  return view.getBigUint64(0)
}
