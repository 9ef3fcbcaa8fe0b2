// Events in the spans of an OTLP request (opentelemetry-proto trace.v1), as far as they are
// OAuth's.
import { type WireField, wireFields } from '@grantlog/record/otlp'

export interface SpanEvent {
  readonly traceId: string
  readonly spanId: string
  /** Its place in the span: with the span's id, what it is known by. */
  readonly place: number
  /** Unix nanoseconds, as decimal text. */
  readonly time: string
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
}

/** Hydra's names of events; a span has others, too. */
const ofOAuth = /^(OAuth2|OIDC)[A-Z]\w{0,60}$/

/** Throws RecordError OTLP_MALFORMED. */
export function eventsIn(request: Uint8Array): SpanEvent[] {
  return within([request], [1, 2, 2]).flatMap(eventsOfSpan)
}

/** Messages behind these numbers of fields, one in the other. */
function within(messages: readonly Uint8Array[], path: readonly number[]): Uint8Array[] {
  const [number, ...rest] = path
  if (number === undefined) return [...messages]
  return within(
    messages.flatMap((message) => fieldsOf(message, number).map(({ bytes }) => bytes)),
    rest,
  )
}

function eventsOfSpan(span: Uint8Array): SpanEvent[] {
  const [traceId, spanId] = [1, 2].map((number) =>
    Buffer.from(fieldsOf(span, number)[0]?.bytes ?? []).toString('hex'),
  )
  return fieldsOf(span, 11).flatMap(({ bytes }, place) => {
    const name = textIn(bytes, 2)
    if (!ofOAuth.test(name)) return []
    const time = String(fieldsOf(bytes, 1)[0]?.integer ?? 0n)
    // Hydra writes the subject twice, hashed and then itself: the last one counts.
    const pairs = fieldsOf(bytes, 3).map(({ bytes: pair }): [string, string] => {
      const [value] = fieldsOf(pair, 2)
      return [textIn(pair, 1), value === undefined ? '' : textIn(value.bytes, 1)]
    })
    return [
      {
        traceId: traceId!,
        spanId: spanId!,
        place,
        time,
        name,
        attributes: Object.fromEntries(pairs),
      },
    ]
  })
}

function fieldsOf(message: Uint8Array, number: number): WireField[] {
  return [...wireFields(message)].filter((field) => field.number === number)
}

function textIn(message: Uint8Array, number: number): string {
  return Buffer.from(fieldsOf(message, number)[0]?.bytes ?? [])
    .toString('utf8')
    .toWellFormed()
}
