// Where things stand in the bytes of an OTLP span. Takes the spans that our own encoder writes,
// and those that a Collector has passed on; everything else is unusual, and gives false or -1.
import {
  attributeAt,
  attributeBytesMax,
  attributesMax,
  find,
  hiddenMax,
  INPUT,
  IS_HIDDEN,
  isName,
  nameBytesMax,
  NEXT,
  SINCE,
  TYPE,
  word,
} from './memory'

/** Places in the span; 0: it is not there. */
export let traceId: usize = 0
export let spanId: usize = 0
export let parentSpanId: usize = 0
export let name: usize = 0
export let nameEnd: usize = 0
export let kind: i32 = 0
export let start: usize = 0
export let ended: usize = 0
export let statusCode: i32 = 0
export let message: usize = 0
export let messageEnd: usize = 0
/** Attributes, in the order of the span. */
export let count: i32 = 0
/** Of each: its number among all that there are; where its text is, or its value. */
export const KNOWN: usize = memory.data(128 * 4, 16)
export const FROM: usize = memory.data(128 * 4, 16)
export const TO: usize = memory.data(128 * 4, 16)
export const VALUE: usize = memory.data(128 * 8, 16)
/** What sinks are not shown, from and to, in the order of the span: personal, or not covered. */
export const HIDDEN: usize = memory.data(256 * 8, 16)
export let hiddenCount: i32 = 0

let at: usize = 0
/** Where the span ends. */
export let spanEnd: usize = 0
let end: usize = 0
let version: i32 = 0
let last: i32 = -1
let hasKind: bool = false
let hasStatus: bool = false

/** False for a span that is not scanned. `registry`: the version its batch was signed under. */
export function parse(length: i32, registry: i32): bool {
  traceId = spanId = parentSpanId = name = start = ended = message = messageEnd = 0
  kind = statusCode = count = hiddenCount = 0
  hasKind = hasStatus = false
  version = registry
  last = -1
  at = INPUT
  end = spanEnd = INPUT + length
  while (at < end) if (!field()) return false
  return hasStatus && traceId != 0 && spanId != 0 && name != 0 && start != 0 && ended != 0
}

/** By tags: number × 8 + wire type (opentelemetry-proto, trace.proto). */
function field(): bool {
  const begin = at
  const tag = next()
  if (tag == 0x4a) return attribute(begin)
  if (tag == 0x0a) return traceId == 0 && (traceId = bytes(16)) != 0
  if (tag == 0x12) return spanId == 0 && (spanId = bytes(8)) != 0
  if (tag == 0x22) return parentSpanId == 0 && (parentSpanId = bytes(8)) != 0
  if (tag == 0x2a) return takeName()
  if (tag == 0x30) return takeKind()
  if (tag == 0x39) return start == 0 && (start = eight()) != 0
  if (tag == 0x41) return ended == 0 && (ended = eight()) != 0
  if (tag == 0x7a) return takeStatus()
  // Trace state, events and links; how many attributes, events and links were dropped.
  if (tag == 0x1a || tag == 0x5a || tag == 0x6a) return skip() && hide(begin, at)
  if (tag == 0x50 || tag == 0x60 || tag == 0x70) return varint() >= 0 && hide(begin, at)
  // Flags, field 16.
  if (tag != 0x85 || next() != 0x01) return false
  at += 4
  return at <= end && hide(begin, at)
}

function hide(from: usize, until: usize): bool {
  const place = HIDDEN + 8 * hiddenCount
  if (hiddenCount > 0 && load<u32>(place - 4) == <u32>from) {
    store<u32>(place - 4, <u32>until)
    return true
  }
  if (hiddenCount == hiddenMax) return false
  store<u32>(place, <u32>from)
  store<u32>(place + 4, <u32>until)
  hiddenCount++
  return true
}

/** Names of more than 127 bytes are unusual: their length has two. */
function attribute(begin: usize): bool {
  const bytes = length()
  const until = at + bytes
  if (bytes < 3 || count == attributesMax || load<u8>(at) != 0x0a) return false
  const nameLength: i32 = load<u8>(at, 1)
  const from = at + 2
  if (nameLength > 0x7f || from + nameLength >= until) return false
  const known = knownAt(from, nameLength)
  if (known < 0) return false
  const which = attributeAt(known)
  if (word(which, SINCE) > version) return false
  if (load<u8>(from + nameLength) != 0x12) return false
  at = from + nameLength + 1
  const valueLength = length()
  if (valueLength < 0 || at + valueLength != until) return false
  store<i32>(KNOWN + 4 * count, known)
  if (word(which, IS_HIDDEN) != 0 && !hide(begin, until)) return false
  const place = count++
  return value(which, place) && at == until
}

/** Spans of a service have their attributes in the same order nearly always. */
function knownAt(from: usize, nameLength: i32): i32 {
  const guess = last < 0 ? -1 : word(attributeAt(last), NEXT)
  const isRight = guess >= 0 && isName(attributeAt(guess), from, nameLength)
  const known = isRight ? guess : find(from, nameLength)
  if (!isRight && last >= 0 && known >= 0) store<i32>(attributeAt(last) + NEXT, known)
  last = known
  return known
}

function value(which: usize, place: i32): bool {
  const tag = next()
  const type = word(which, TYPE)
  if (type == 0) {
    const bytes = tag == 0x0a ? length() : -1
    if (bytes < 1 || bytes > attributeBytesMax) return false
    store<u32>(FROM + 4 * place, <u32>at)
    at += bytes
    store<u32>(TO + 4 * place, <u32>at)
    return true
  }
  const number = tag == (type == 1 ? 0x18 : 0x10) ? varint() : -1
  store<i64>(VALUE + 8 * place, number)
  return type == 1 ? number >= 0 : number == 0 || number == 1
}

function takeName(): bool {
  const bytes = length()
  if (name != 0 || bytes < 1 || bytes > nameBytesMax) return false
  name = at
  at += bytes
  nameEnd = at
  return true
}

function takeKind(): bool {
  kind = next()
  if (hasKind || kind < 0 || kind > 5) return false
  hasKind = true
  return true
}

function takeStatus(): bool {
  const bytes = length()
  const until = at + bytes
  if (hasStatus || bytes < 0) return false
  hasStatus = true
  if (at < until && load<u8>(at) == 0x12) {
    at++
    const text = length()
    if (text < 0 || text > attributeBytesMax || at + text > until) return false
    message = at
    at += text
    messageEnd = at
  }
  if (next() != 0x18 || at + 1 != until) return false
  statusCode = next()
  return statusCode == 1 || statusCode == 2
}

/** Where so many bytes begin that a length stands before; 0 for any other length. */
function bytes(expected: i32): usize {
  if (length() != expected) return 0
  const from = at
  at += expected
  return from
}

function eight(): usize {
  const from = at
  at += 8
  return at <= end ? from : 0
}

function skip(): bool {
  const bytes = length()
  at += bytes
  return bytes >= 0
}

/** The length of what follows, all of which is there; -1 else. Most are of one byte. */
@inline
function length(): i32 {
  const one: i32 = at < end ? <i32>load<u8>(at) : 0x80
  if (one > 0x7f) return longLength()
  at++
  return one <= <i32>(end - at) ? one : -1
}

function longLength(): i32 {
  const value = varint()
  return value >= 0 && value <= <i64>(end - at) ? <i32>value : -1
}

/** A varint below 2^49 in its shortest form; -1 for any other. */
function varint(): i64 {
  let value: i64 = 0
  for (let shift: i64 = 0; shift < 49; shift += 7) {
    const part = next()
    if (part < 0) return -1
    value |= (<i64>(part & 0x7f)) << shift
    if (part < 0x80) return part == 0 && shift > 0 ? -1 : value
  }
  return -1
}

/** The next byte; -1 behind the end. */
@inline
function next(): i32 {
  return at < end ? <i32>load<u8>(at++) : -1
}
