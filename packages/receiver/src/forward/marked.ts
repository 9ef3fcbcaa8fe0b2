// A request to sinks of OTLP, written at once in a buffer of its own size: records as they are
// shown, and our marks on each. The same as encodeTraceRequest writes; see test/flow/marks.test.ts.
import type { Shown, ShownRecord } from '@grantlog/ledger'
import { encodeTraceRequest, wireFields } from '@grantlog/record/otlp'
import { type Marks, putVarint } from './marks.ts'
import { byProducer, groupOf } from './project.ts'

/** A record that is forwarded: what is shown, and what the marks say of it. */
export type MarkedRecord = Pick<ShownRecord, 'hash' | 'index' | 'kid' | 'shown'>

const tag = {
  /** ResourceSpans of a request, and the resource or scope of what is in it. */
  first: 0x0a,
  /** ScopeSpans, and a span of it. */
  second: 0x12,
}

/** One resource and scope for each producer. */
export function encodeMarked(records: readonly MarkedRecord[], marks: Marks): Buffer {
  marks.begin()
  const groups = byProducer(records, ({ shown }) => shown.producer).map(({ items, producer }) => {
    const { resource, scope } = headsOf(producer)
    const lengths = items.map((record) => spanBytes(record.shown) + marks.bytesOf(record))
    const inner = lengths.reduce((sum, length) => sum + sizeOfField(length), scope.length)
    const whole = resource.length + sizeOfField(inner)
    return { items, lengths, resource, scope, inner, whole }
  })
  const request = Buffer.allocUnsafeSlow(
    groups.reduce((sum, { whole }) => sum + sizeOfField(whole), 0),
  )
  let at = 0
  const begin = (field: number, length: number): void => {
    request[at] = field
    at = putVarint(request, at + 1, length)
  }
  const put = (bytes: Uint8Array): void => {
    request.set(bytes, at)
    at += bytes.length
  }
  for (const { inner, items, lengths, resource, scope, whole } of groups) {
    begin(tag.first, whole)
    put(resource)
    begin(tag.second, inner)
    put(scope)
    // An index makes no garbage, of which each record would leave some.
    for (let i = 0; i < items.length; i++) {
      begin(tag.second, lengths[i]!)
      at = putSpan(items[i]!.shown, request, at)
      at = marks.write(request, at, items[i]!)
    }
  }
  return request
}

function spanBytes(shown: Shown): number {
  const { laid } = shown
  return laid ? laid.outlineAt - laid.spanAt : shown.span.length
}

/** Gives where it ends. */
function putSpan(shown: Shown, into: Buffer, at: number): number {
  const { laid } = shown
  if (laid) return at + laid.bytes.copy(into, at, laid.spanAt, laid.outlineAt)
  const { span } = shown
  into.set(span, at)
  return at + span.length
}

/** Bytes of a field with so many bytes in it: tag, length, and the bytes. */
function sizeOfField(length: number): number {
  let size = 2 + length
  for (let rest = length; rest > 0x7f; rest >>>= 7) size++
  return size
}

/** The fields of a producer's resource and scope, as they stand in front of the spans. */
function headsOf(producer: Shown['producer']): { resource: Uint8Array; scope: Uint8Array } {
  const [whole] = wireFields(encodeTraceRequest([{ ...groupOf(producer), spans: [] }]))
  const { bytes } = whole!
  const [resource, scopeSpans] = wireFields(bytes)
  return { resource: bytes.subarray(resource!.start, resource!.end), scope: scopeSpans!.bytes }
}
