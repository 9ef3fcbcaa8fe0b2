import { fromBase64, fromHex, utf8Text } from '../bytes.ts'
import { RecordError } from '../codes.ts'
import { done, type Work } from '../work.ts'
import { JsonCursor, MemberNames } from './json-cursor.ts'
import { type JsonField, type MessageName, otlpMessages, type ScalarType } from './json-messages.ts'
import { WireWriter } from './wire.ts'

export type JsonSignal = 'traces' | 'logs' | 'metrics'

/** The message of each signal. */
const requests: Readonly<Record<JsonSignal, MessageName>> = {
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
export function protobufOfJson(body: Uint8Array, signal: JsonSignal): Uint8Array {
  return done(protobufInTurns(body, signal))
}

/** The same as work that may be left for a moment. */
export function* protobufInTurns(body: Uint8Array, signal: JsonSignal): Work<Uint8Array> {
  const json = new JsonCursor(utf8Text(body, 'OTLP_MALFORMED', 'JSON'))
  const writer = new WireWriter()
  const translation = new Translation(requests[signal], json, writer)
  while (translation.goOn()) yield
  json.end()
  return writer.finish()
}

/** Characters between two pauses: a quarter of a millisecond of spans, one of small numbers. */
const pauseCharacters = 32_768

/** An object or array that is open, and what its members or items are. */
interface Open {
  readonly bracket: '}' | ']'
  /** Of a message; null for an object that is skipped, undefined for an array. */
  readonly fields: ReadonlyMap<string, JsonField> | null | undefined
  readonly names: MemberNames | undefined
  /** Of the items of an array; undefined where they are skipped. */
  readonly items: JsonField | undefined
  /** Where its message begins in the writer; -1: it is none. */
  readonly at: number
  isFirst: boolean
  /** One of several values is there. */
  chosen: boolean
}

/** Where a translation stands: brackets that are open are kept here, and not as calls. */
class Translation {
  readonly #json: JsonCursor
  readonly #writer: WireWriter
  readonly #open: Open[] = []
  /** Characters whose time was taken by something else. */
  #extra = 0

  constructor(name: MessageName, json: JsonCursor, writer: WireWriter) {
    this.#json = json
    this.#writer = writer
    this.#enterObject(otlpMessages.get(name)!, -1)
  }

  /** Goes on up to a pause; false at the end. */
  goOn(): boolean {
    const json = this.#json
    const open = this.#open
    const until = json.at + pauseCharacters
    this.#extra = 0
    for (let last = open.at(-1); last !== undefined; last = open.at(-1)) {
      if (json.at + this.#extra > until) return true
      const { isFirst } = last
      last.isFirst = false
      if (!json.more(last.bracket, isFirst)) this.#leave(last)
      else if (last.names === undefined) this.#item(last)
      else this.#member(last, last.names)
    }
    return false
  }

  #leave({ at }: Open): void {
    this.#open.pop()
    // The message is moved to make room for its length.
    if (at !== -1) this.#extra += this.#writer.end(at) >>> 5
  }

  #member(open: Open, names: MemberNames): void {
    const json = this.#json
    const name = json.member(names)
    const field = open.fields?.get(name)
    if (field === undefined) return this.#skip()
    // JSON's null is what an absent field is.
    if (json.kind === 'null') return json.null()
    if (field.oneOf && open.chosen) throw malformed('one of several values is expected')
    open.chosen ||= field.oneOf
    if (field.repeated) this.#enterArray(field)
    else this.#value(field)
  }

  #item({ items }: Open): void {
    if (items === undefined) this.#skip()
    else if (items.repeated && isPacked(items))
      writeBare(items.type as ScalarType, this.#json, this.#writer)
    else this.#value(items)
  }

  #value({ number, type }: JsonField): void {
    if (!isMessage(type)) writeScalar(type, number, this.#json, this.#writer)
    else this.#enterObject(otlpMessages.get(type)!, this.#writer.begin(number))
  }

  #skip(): void {
    const { kind } = this.#json
    if (kind === 'object') this.#enterObject(null, -1)
    else if (kind === 'array') this.#enterArray(undefined)
    else this.#json.skip()
  }

  #enterObject(fields: ReadonlyMap<string, JsonField> | null, at: number): void {
    this.#json.open('{')
    const names = new MemberNames()
    const items = undefined
    this.#open.push({ bracket: '}', fields, names, items, at, isFirst: true, chosen: false })
  }

  #enterArray(items: JsonField | undefined): void {
    this.#json.open('[')
    const at = items !== undefined && isPacked(items) ? this.#writer.begin(items.number) : -1
    const none = { fields: undefined, names: undefined }
    this.#open.push({ bracket: ']', ...none, items, at, isFirst: true, chosen: false })
  }
}

function isMessage(type: MessageName | ScalarType): type is MessageName {
  return otlpMessages.has(type)
}

/** Numbers in one field, without a tag each: what proto3 writes, and some readers insist on. */
function isPacked({ repeated, type }: JsonField): boolean {
  return repeated && type !== 'string' && !isMessage(type)
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

function writeBare(type: ScalarType, json: JsonCursor, to: WireWriter): void {
  if (type === 'double') to.bareFixed64(bitsOf(doubleIn(json)))
  else if (type === 'fixed64') to.bareFixed64(integerIn(type, json))
  else to.bareVarint(integerIn(type, json))
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
  const value = text.length <= numberMax && isNumber(text) ? Number(text) : NaN
  if (!Number.isSafeInteger(value)) throw malformed('a whole number is expected')
  return BigInt(value)
}

/** Characters of a number: a double has 767 digits at most (IEEE 754), and others write zeros. */
const numberMax = 4_096

function doubleIn(json: JsonCursor): number {
  const text = numberText(json)
  if (text.length > numberMax) throw malformed('a number is expected')
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
  const bytes = fromBase64(text.length % 4 === 0 ? text.replace(/={1,2}$/, '') : text)
  if (bytes === null) throw malformed('bytes are not base64')
  return bytes
}

function malformed(what: string): RecordError {
  return new RecordError('OTLP_MALFORMED', `malformed JSON: ${what}`)
}
