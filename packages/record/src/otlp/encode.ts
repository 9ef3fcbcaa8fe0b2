import { fromHex } from '../bytes.ts'
import { knownKeysMax } from '../limits.ts'
import type { AttributeValue, Span } from '../span.ts'
import { WireWriter } from './wire.ts'

/** Bytes of a short message beside its texts, or more; and of a field beside its own. */
const headBytes = 128
const fieldBytes = 12

/** Gone through twice, so that an iterator, which is empty the second time, is none. */
export type OtlpAttributes =
  | readonly (readonly [string, AttributeValue | Uint8Array])[]
  | ReadonlyMap<string, AttributeValue | Uint8Array>

/** Spans of one scope of one resource. */
export interface SpanGroup {
  readonly resource: OtlpAttributes
  readonly scope: {
    readonly name: string
    readonly version: string
    readonly attributes: OtlpAttributes
  }
  /** Or the bytes of a `Span`. */
  readonly spans: readonly (Span | Uint8Array)[]
}

/**
 * An OTLP `ExportTraceServiceRequest` in protobuf (opentelemetry-proto 1.x). The reverse of
 * `decodeTraceRequest` for audit spans.
 */
export function encodeTraceRequest(groups: readonly SpanGroup[]): Uint8Array {
  const request = new WireWriter(bytesExpected(groups))
  for (const { resource, scope, spans } of groups) {
    request.message(1, (resourceSpans) => {
      resourceSpans.message(1, (message) => writeAttributes(message, 1, resource))
      resourceSpans.message(2, (scopeSpans) => {
        scopeSpans.message(1, (message) => {
          message.text(1, scope.name)
          message.text(2, scope.version)
          writeAttributes(message, 3, scope.attributes)
        })
        for (const span of spans) {
          if (ArrayBuffer.isView(span)) scopeSpans.bytes(2, span)
          else scopeSpans.message(2, (message) => writeSpan(message, span))
        }
      })
    })
  }
  return request.handOver()
}

/**
 * As many as a request has whose spans are bytes, and some more: it is made for each batch of a
 * producer, and growing would take several times its memory, all of which V8 counts until it
 * collects.
 */
function bytesExpected(groups: readonly SpanGroup[]): number {
  let bytes = 0
  for (const { resource, scope, spans } of groups) {
    bytes += headBytes + attributesExpected(resource) + attributesExpected(scope.attributes)
    for (const span of spans) {
      bytes += ArrayBuffer.isView(span) ? span.length + fieldBytes : headBytes
    }
  }
  return bytes
}

function attributesExpected(attributes: OtlpAttributes): number {
  let bytes = 0
  for (const [key, value] of attributes) {
    bytes += headBytes + key.length
    if (typeof value === 'string' || ArrayBuffer.isView(value)) bytes += value.length
  }
  return bytes
}

function writeSpan(message: WireWriter, span: Span): void {
  message.bytes(1, fromHex(span.traceId))
  message.bytes(2, fromHex(span.spanId))
  if (span.parentSpanId !== '') message.bytes(4, fromHex(span.parentSpanId))
  message.text(5, span.name)
  message.varint(6, span.kind)
  message.fixed64(7, span.startTimeUnixNano)
  message.fixed64(8, span.endTimeUnixNano)
  writeAttributes(message, 9, span.attributes)
  message.message(15, (status) => {
    if (span.status.message !== '') status.text(2, span.status.message)
    if (span.status.code !== 0) status.varint(3, span.status.code)
  })
}

function writeAttributes(message: WireWriter, number: number, attributes: OtlpAttributes): void {
  for (const [key, value] of attributes) {
    if (typeof value === 'string' && message.pair(number, keyBytesOf(key), value)) continue
    message.message(number, (pair) => {
      pair.text(1, key)
      pair.message(2, (any) => writeValue(any, value))
    })
  }
}

/** Names of attributes as fields of a pair; the names that a producer writes are few. */
const keys = new Map<string, Uint8Array>()

function keyBytesOf(key: string): Uint8Array {
  const known = keys.get(key)
  if (known !== undefined) return known
  const writer = new WireWriter()
  writer.text(1, key)
  const bytes = writer.finish()
  if (keys.size < knownKeysMax) keys.set(key, bytes)
  return bytes
}

function writeValue(message: WireWriter, value: AttributeValue | Uint8Array): void {
  if (typeof value === 'string') message.text(1, value)
  else if (typeof value === 'boolean') message.varint(2, value ? 1 : 0)
  else if (typeof value === 'bigint') message.varint(3, value)
  else message.bytes(7, value)
}
