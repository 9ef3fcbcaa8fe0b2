// Records made by hand, through the same canonical form and frames that a ledger keeps them in: for
// what no instrumentation records yet.
import {
  type Assurance,
  encodeEnrolment,
  encodeLeaf,
  type Frame,
  type FrameEntry,
  type RecordLeaf,
  sha256,
  thumbprint,
} from '@grantlog/ledger'
import {
  ATTR,
  attributeDefinitions,
  type AttributeValue,
  base64url,
  canonicalize,
  REGISTRY_VERSION,
  saltAttribute,
  type Span,
} from '@grantlog/record'
import { recordsIn, type LedgerRecord } from '../src/records.ts'

export const origin = 'log.example.com/grantlog'
/** Nobody's key: nothing here is signed, and what was recorded elsewhere names its thumbprint. */
const publicKey = new Uint8Array(32).fill(9)
const kid = thumbprint(publicKey)
const instance = base64url(new Uint8Array(16))
const salt = base64url(new Uint8Array(16).fill(7))
/** Unix nanoseconds of second 0 of every story. */
const start = 1_795_467_000_000_000_000n

/** One record of a story. */
export interface Telling {
  /** Seconds since the story began. */
  readonly at: number
  /** Seconds that it took; a microsecond if not told. */
  readonly lasts?: number
  readonly service?: string
  readonly action: string
  readonly outcome?: string
  readonly traceId?: string
  readonly spanId?: string
  readonly parentSpanId?: string
  readonly attributes?: { readonly [name: string]: AttributeValue }
}

/** The span that a producer signs; slots that have a field get a salt. */
export function spanOf(telling: Telling, sequence: number): Span {
  const { action, at, attributes = {}, outcome = 'success', service = 'login' } = telling
  const startTimeUnixNano = start + nanosOf(at)
  const salts = Object.keys(attributes).flatMap((name) => {
    const slot = attributeDefinitions.get(name)?.slot
    return slot ? [[saltAttribute(slot), salt] as const] : []
  })
  return {
    traceId: telling.traceId ?? hexOf(sequence + 1, 32),
    spanId: telling.spanId ?? hexOf(sequence + 1, 16),
    parentSpanId: telling.parentSpanId ?? '',
    name: action,
    kind: 2,
    startTimeUnixNano,
    endTimeUnixNano: startTimeUnixNano + nanosOf(telling.lasts ?? 1e-6),
    status: outcome === 'success' ? { code: 1, message: '' } : { code: 2, message: outcome },
    attributes: new Map<string, AttributeValue>([
      [ATTR.AUDIT_RECORD_ID, idOf(sequence)],
      [ATTR.AUDIT_SEQUENCE_NUMBER, BigInt(sequence)],
      [ATTR.AUDIT_ACTION, action],
      [ATTR.AUDIT_OUTCOME, outcome],
      [ATTR.AUDIT_PRODUCER_SERVICE, service],
      ...Object.entries(attributes),
      ...salts,
    ]),
  }
}

/** `audit.record.id` of the story's record with this number. */
export function idOf(sequence: number): string {
  return `01982f3e-7a4c-7cc1-9d4e-${hexOf(sequence, 12)}`
}

/** Frames as the ledger's reader gives them: the enrolment of the key at index 0, then records. */
export function framesOf(spans: readonly Span[], assurance: Assurance): Frame[] {
  const entries = spans.map((span, i) => recordEntry(span, i + 1))
  const frames = [[enrolmentEntry(assurance)], entries]
  return frames.map((of, number) => ({ number, first: number, receivedAt, entries: of }))
}

const receivedAt = Number(start / 1_000_000n)

function recordEntry(span: Span, index: number): FrameEntry {
  const { canonical, digest, slots } = canonicalize(span, { registry: REGISTRY_VERSION, sha256 })
  const leaf: RecordLeaf = {
    type: 'record',
    v: 1,
    receivedAt,
    digest: base64url(digest),
    id: String(span.attributes.get(ATTR.AUDIT_RECORD_ID)),
    instance,
    kid,
    seq: Number(span.attributes.get(ATTR.AUDIT_SEQUENCE_NUMBER)),
  }
  const stored = { kind: 'record', batch: 0, canonical, unsigned: new Uint8Array() } as const
  return {
    index,
    leaf,
    entry: encodeLeaf(leaf),
    evidence: undefined,
    stored: { ...stored, subjects: [] },
    openings: () => slots.flatMap(({ opening, slot }) => (opening ? [{ slot, opening }] : [])),
    logOpenings: () => [],
  }
}

function enrolmentEntry(assurance: Assurance): FrameEntry {
  const content = encodeEnrolment({
    assurance,
    audience: 'default',
    issuers: [],
    kid,
    publicKey: base64url(publicKey),
    roles: [],
    services: ['login'],
    validFrom: 0,
    validUntil: 0,
  })
  const digest = base64url(sha256(content))
  const leaf = { type: 'key', v: 1, receivedAt, id: kid, digest } as const
  const stored = { kind: 'content', content } as const
  const entry = encodeLeaf(leaf)
  const none = { evidence: undefined, openings: () => [], logOpenings: () => [] }
  return { index: 0, leaf, entry, stored, ...none }
}

/** As an async iterable that can be read again and again. */
export function again<T>(items: readonly T[]): () => AsyncIterable<T> {
  return async function* read() {
    yield* items
  }
}

/** The records of a story, in the order told; the first has index 1. */
export function storyOf(tellings: readonly Telling[]): () => AsyncIterable<LedgerRecord> {
  const frames = again(framesOf(tellings.map(spanOf), 'configured'))
  return () => recordsIn(frames())
}

/** The same, as a list. */
export async function recordsOf(tellings: readonly Telling[]): Promise<LedgerRecord[]> {
  const records: LedgerRecord[] = []
  for await (const record of storyOf(tellings)()) records.push(record)
  return records
}

/** Whole microseconds, as records have them. */
function nanosOf(seconds: number): bigint {
  return BigInt(Math.round(seconds * 1e6)) * 1_000n
}

function hexOf(number: number, length: number): string {
  return number.toString(16).padStart(length, '0')
}
