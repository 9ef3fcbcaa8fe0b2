import { hex } from '../bytes.ts'
import { commitmentAttribute, saltAttribute } from '../canonical/record.ts'
import { RecordError } from '../codes.ts'
import type { OtlpLimits } from '../limits.ts'
import { attributeDefinitions, slotNames } from '../names.ts'
import type { AttributeValue, JsonValue, Span } from '../span.ts'
import { type DecodedAttribute, decodeAttribute } from './any-value.ts'
import {
  expectWire,
  wireBytes,
  type WireField,
  wireFields,
  wireFixed64,
  wireText,
  wireVarint,
} from './wire.ts'

/** An audit span: `span` has the registered attributes, `unsigned` all other ones. */
export interface DecodedSpan {
  readonly span: Span
  readonly unsigned: { readonly [name: string]: JsonValue }
}

const slotAttributes = new Set(slotNames.flatMap((s) => [saltAttribute(s), commitmentAttribute(s)]))

/** What a span's message may say at most once: field number → name and wire type. */
const singular = new Map([
  [1, { name: 'trace id', wireType: wireBytes }],
  [2, { name: 'span id', wireType: wireBytes }],
  [4, { name: 'parent span id', wireType: wireBytes }],
  [5, { name: 'name', wireType: wireBytes }],
  [6, { name: 'kind', wireType: wireVarint }],
  [7, { name: 'start', wireType: wireFixed64 }],
  [8, { name: 'end', wireType: wireFixed64 }],
  [15, { name: 'status', wireType: wireBytes }],
])

/**
 * Reads an OTLP `Span` strictly: repeated singular fields, a registered attribute twice or with a
 * value no record may hold, and ill-formed text throw; unknown fields, events, links, flags and
 * trace state are left out, because they are not covered. Throws RecordError.
 */
export function decodeSpan(message: Uint8Array, limits: OtlpLimits): DecodedSpan {
  const fields = new Map<number, WireField>()
  const attributes = new Map<string, AttributeValue>()
  const unsigned: { [name: string]: JsonValue } = {}
  let count = 0
  for (const field of wireFields(message)) {
    const rule = singular.get(field.number)
    if (rule) {
      expectWire(field, rule.wireType, rule.name)
      if (fields.has(field.number)) throw malformed(`${rule.name} is repeated`)
      fields.set(field.number, field)
    } else if (field.number === 9) {
      expectWire(field, wireBytes, 'attribute')
      if (++count > limits.attributesMax) {
        const rule = `a span has more than ${limits.attributesMax} attributes`
        throw new RecordError('OTLP_LIMIT_EXCEEDED', rule)
      }
      place(decodeAttribute(field.bytes, limits), attributes, unsigned)
    }
  }
  return { span: { ...fixedFields(fields), attributes }, unsigned }
}

function fixedFields(fields: Map<number, WireField>): Omit<Span, 'attributes'> {
  const name = fields.get(5)
  return {
    traceId: idIn(fields.get(1), 16, 'trace id'),
    spanId: idIn(fields.get(2), 8, 'span id'),
    parentSpanId: parentIn(fields.get(4)),
    name: name ? wireText(name, 'name') : '',
    kind: enumIn(fields.get(6)),
    startTimeUnixNano: fields.get(7)?.integer ?? 0n,
    endTimeUnixNano: fields.get(8)?.integer ?? 0n,
    status: statusIn(fields.get(15)),
  }
}

function place(
  attribute: DecodedAttribute,
  attributes: Map<string, AttributeValue>,
  unsigned: { [name: string]: JsonValue },
): void {
  const { key, scalar } = attribute
  if (!attributeDefinitions.has(key) && !slotAttributes.has(key)) {
    // Not via assignment: a key named __proto__ must become a member like any other.
    Object.defineProperty(unsigned, key, {
      value: attribute.json(),
      enumerable: true,
      configurable: true,
      writable: true,
    })
    return
  }
  if (attributes.has(key)) throw malformedAttribute(key, 'is repeated')
  if (scalar === undefined) throw malformedAttribute(key, 'has a value no record may hold')
  attributes.set(key, scalar)
}

function idIn(field: WireField | undefined, length: number, what: string): string {
  if (field?.bytes.length !== length) throw malformed(`${what} is not ${length} bytes`)
  return hex(field.bytes)
}

function parentIn(field: WireField | undefined): string {
  return field === undefined || field.bytes.length === 0 ? '' : idIn(field, 8, 'parent span id')
}

function statusIn(field: WireField | undefined): Span['status'] {
  let message: string | undefined
  let code: number | undefined
  for (const inner of field ? wireFields(field.bytes) : []) {
    if (inner.number === 2) {
      expectWire(inner, wireBytes, 'status message')
      if (message !== undefined) throw malformed('status message is repeated')
      message = wireText(inner, 'status message')
    } else if (inner.number === 3) {
      expectWire(inner, wireVarint, 'status code')
      if (code !== undefined) throw malformed('status code is repeated')
      code = enumIn(inner)
    }
  }
  return { code: code ?? 0, message: message ?? '' }
}

function enumIn(field: WireField | undefined): number {
  // Enum numbers are int32; anything beyond is left to the profile to refuse.
  return Number(BigInt.asIntN(32, field?.integer ?? 0n))
}

function malformed(what: string): RecordError {
  return new RecordError('RECORD_MALFORMED', `malformed span: ${what}`)
}

function malformedAttribute(name: string, what: string): RecordError {
  return new RecordError('RECORD_ATTRIBUTE_MALFORMED', `attribute ${name} ${what}`)
}
