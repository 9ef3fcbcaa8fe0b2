import { fromBase64url, fromHex, utf8Text } from '../bytes.ts'
import { RecordError } from '../codes.ts'
import { JsonCursor } from './json-cursor.ts'
import { type JsonField, type MessageName, otlpMessages, type ScalarType } from './json-messages.ts'
import { WireWriter } from './wire.ts'

/** The message of each signal. */
const requests: Readonly<Record<'traces' | 'logs' | 'metrics', MessageName>> = {
  traces: 'TraceRequest',
  logs: 'LogsRequest',
  metrics: 'MetricsRequest',
}

/**
 * The protobuf of an OTLP/JSON export request, so that all behind it reads one form. Names are in
 * lowerCamelCase, ids hex, enums numbers, and unknown members ignored, as OTLP says ("JSON Protobuf
 * Encoding"). What OTLP leaves to JSON's readers is refused: members twice, two values of one, and
 * numbers out of range.
 *
 * Throws OTLP_MALFORMED or OTLP_LIMIT_EXCEEDED. See json.test.ts.
 */
export function protobufOfJson(
  body: Uint8Array,
  signal: 'traces' | 'logs' | 'metrics',
): Uint8Array {
  const json = new JsonCursor(utf8Text(body, 'OTLP_MALFORMED', 'JSON'))
  const writer = new WireWriter()
  writeMessage(requests[signal], json, writer)
  json.end()
  return writer.finish()
}

function writeMessage(name: MessageName, json: JsonCursor, writer: WireWriter): void {
  const fields = otlpMessages.get(name)!
  let chosen = false
  json.object((member) => {
    const field = fields.get(member)
    if (field === undefined) return json.skip()
    // JSON's null is what an absent field is.
    if (json.kind === 'null') return json.null()
    if (field.oneOf && chosen) throw malformed('one of several values is expected')
    chosen ||= field.oneOf
    writeField(field, json, writer)
  })
}

function writeField({ number, repeated, type }: JsonField, json: JsonCursor, to: WireWriter): void {
  if (isMessage(type)) {
    const write = (): void => to.message(number, (inner) => writeMessage(type, json, inner))
    if (repeated) json.array(write)
    else write()
  } else if (!repeated) writeScalar(type, number, json, to)
  else if (type === 'string') json.array(() => writeScalar(type, number, json, to))
  else writePacked(type, number, json, to)
}

function isMessage(type: MessageName | ScalarType): type is MessageName {
  return otlpMessages.has(type)
}

function writeScalar(type: ScalarType, number: number, json: JsonCursor, to: WireWriter): void {
  if (type === 'string') to.text(number, json.string())
  else if (type === 'hex') to.bytes(number, hexIn(json.string()))
  else if (type === 'base64') to.bytes(number, base64In(json.string()))
  else if (type === 'bool') to.varint(number, json.boolean() ? 1 : 0)
  else if (type === 'double') to.fixed64(number, bitsOf(doubleIn(json)))
  else {
    const value = integerIn(type, json)
    if (type === 'fixed32') to.fixed32(number, Number(value))
    else if (type === 'fixed64' || type === 'sfixed64') to.fixed64(number, value)
    else to.varint(number, type === 'sint32' ? zigzag(value) : value)
  }
}

/** Numbers in one field, without a tag each: what proto3 writes, and some readers insist on. */
function writePacked(type: ScalarType, number: number, json: JsonCursor, to: WireWriter): void {
  to.message(number, (inner) => {
    json.array(() => {
      if (type === 'double') inner.bareFixed64(bitsOf(doubleIn(json)))
      else if (type === 'fixed64') inner.bareFixed64(integerIn(type, json))
      else inner.bareVarint(integerIn(type, json))
    })
  })
}

/** Smallest and largest values. An enum is an int32 that readers do not know all of. */
const ranges: Readonly<Record<string, readonly [bigint, bigint]>> = {
  enum: [-(2n ** 31n), 2n ** 31n - 1n],
  sint32: [-(2n ** 31n), 2n ** 31n - 1n],
  uint32: [0n, 2n ** 32n - 1n],
  fixed32: [0n, 2n ** 32n - 1n],
  int64: [-(2n ** 63n), 2n ** 63n - 1n],
  sfixed64: [-(2n ** 63n), 2n ** 63n - 1n],
  uint64: [0n, 2n ** 64n - 1n],
  fixed64: [0n, 2n ** 64n - 1n],
}

/** Digits of the longest, `-` and one more: a text of a million digits is not read. */
const digitsMax = 22

/** A number, or a string of one; names of enums are not numbers. */
function integerIn(type: ScalarType, json: JsonCursor): bigint {
  const text = numberText(json)
  const [least, most] = ranges[type]!
  const value = text.length <= digitsMax && /^-?\d+$/.test(text) ? BigInt(text) : wholeIn(text)
  if (value < least || value > most) throw malformed(`${type} is out of range`)
  return value
}

/** `1e3` and `1.0` are whole, too (ProtoJSON, "Exponent notation"). */
function wholeIn(text: string): bigint {
  const value = isNumber(text) ? Number(text) : NaN
  if (!Number.isSafeInteger(value)) throw malformed('a whole number is expected')
  return BigInt(value)
}

function doubleIn(json: JsonCursor): number {
  const text = numberText(json)
  if (text === 'NaN' || text === 'Infinity' || text === '-Infinity') return Number(text)
  const value = isNumber(text) ? Number(text) : NaN
  if (!Number.isFinite(value)) throw malformed('a number is expected')
  return value
}

function numberText(json: JsonCursor): string {
  return json.kind === 'string' ? json.string() : json.number()
}

function isNumber(text: string): boolean {
  return /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/.test(text)
}

const eightBytes = new DataView(new ArrayBuffer(8))

function bitsOf(value: number): bigint {
  eightBytes.setFloat64(0, value)
  return eightBytes.getBigUint64(0)
}

function zigzag(value: bigint): bigint {
  return value < 0n ? -2n * value - 1n : 2n * value
}

/** In either case of letters (OTLP, "JSON Protobuf Encoding"). */
function hexIn(text: string): Uint8Array {
  if (text.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(text)) {
    throw malformed('an id is not hex')
  }
  return fromHex(text.toLowerCase())
}

/** In either alphabet, with or without padding (ProtoJSON, "bytes"). */
function base64In(text: string): Uint8Array {
  const unpadded = text.length % 4 === 0 ? text.replace(/={1,2}$/, '') : text
  const bytes = fromBase64url(unpadded.replaceAll('+', '-').replaceAll('/', '_'))
  if (bytes === null) throw malformed('bytes are not base64')
  return bytes
}

function malformed(what: string): RecordError {
  return new RecordError('OTLP_MALFORMED', `malformed JSON: ${what}`)
}
