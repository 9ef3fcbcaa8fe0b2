// The scanner's byte loops, in AssemblyScript: `npm run generate` compiles this folder into
// src/verify/scan/module.generated.ts. What they take and give is written in
// src/verify/scan/scanner.ts, which runs them; test/flow/scanner.test.ts compares them with the
// strict reader.
//
// Two phases, for SHA-256 is Node's: `scan` reads one span and writes the openings of its slots;
// then their commitments are put into COMMITMENTS, and `finish` writes the canonical form, and the
// span as sinks are shown it. Both give 0 for whatever is unusual: then the strict reader judges.
import {
  attributeAt,
  attributesMax,
  CLAIM,
  CLAIMS,
  claimsMax,
  COMMITMENTS,
  HEAD,
  HEAD_LENGTH,
  INPUT,
  IS_SALT,
  isSame,
  OPENINGS,
  OUTLINES,
  OUTPUT,
  RANK,
  SLOT,
  SLOT_HIDDEN,
  SLOT_ORDER,
  slotsMax,
  TYPE,
  VALUES,
  word,
} from './memory'
import * as divided from './divide'
import * as span from './parse'
import { FROM, HIDDEN, KNOWN, TO, VALUE } from './parse'
import { byte, constant, copy, decimal, hex, json, raw, restart, to } from './write'

export {
  attributeBytesMax,
  ATTRIBUTES,
  CLAIMS,
  COMMITMENTS,
  CONSTANTS,
  enter,
  INPUT,
  inputBytesMax,
  nameBytesMax,
  OPENINGS,
  OUTPUT,
  SLOT_HIDDEN,
  SLOT_ORDER,
  TEXTS,
} from './memory'

/** Places of attributes in the order of JCS. */
const ORDER: usize = memory.data(128 * 4, 16)
/** Orders of attributes that came before: how many there are of each, their numbers, the order. */
const SHAPES: usize = memory.data(8 * (4 + 128 * 8), 16)
const shapeBytes: i32 = 4 + 128 * 8
const shapesMax: i32 = 8
let shape: i32 = 0
/** Attributes of each slot, and its salt: places, or -1. */
const SALTS: usize = memory.data(8 * 4, 16)
/** Claims as JavaScript read them last: their lengths, and their texts 1,024 bytes apart. */
const READ_LENGTHS: usize = memory.data(16 * 4, 16)
const READ: usize = memory.data(16 * 1024, 16)
/** The first so many every record has. */
const requiredClaims: i32 = 5
const saltLength: i32 = 22

/** Constant texts, in the order of scanner.ts. */
const RECORD_DOMAIN = 0
const SLOT_DOMAIN = 1
const ATTRIBUTES_HEAD = 2
const END = 3
const KIND = 4
const NAME = 5
const PARENT = 6
const SLOTS = 7
const SPAN_ID = 8
const START = 9
const STATUS = 10
const MESSAGE = 11
const TRACE_ID = 12
const CLOSE = 13
const FIELDS = 14
const SALT = 15
/** By type: what closes a value. */
const TAILS = 16
const FALSE = 19
const TRUE = 20
const SLOT_HEADS = 21
const COMMITMENT_HEADS = 29
const STRING = 0
const BOOLEAN = 2
const comma = 0x2c
const quote = 0x22

/** Bits of the slots that a record has, and of those that an attribute of it is about. */
let slots: i32 = 0
let touched: i32 = 0

/** Gives 256 and a bit for each slot whose opening is in OUTPUT. */
export function scan(length: i32, registry: i32): i32 {
  if (!span.parse(length, registry) || !sort() || !isSound() || !look()) return 0
  restart()
  divided.restart()
  slots = 0
  for (let slot = 0; slot < slotsMax; slot++) {
    if ((touched & (1 << slot)) != 0 && !opening(slot)) return 0
  }
  return 256 | slots
}

/** The order of the last span with the same attributes, or a new one; false for one twice. */
function sort(): bool {
  const bytes = 4 * span.count
  for (let i = 0; i < shapesMax; i++) {
    const at = SHAPES + i * shapeBytes
    if (load<i32>(at) == span.count && isSame(at + 4, KNOWN, bytes)) {
      memory.copy(ORDER, at + 4 + 4 * attributesMax, bytes)
      return true
    }
  }
  for (let i = 0; i < span.count; i++) {
    const rank = rankAt(i)
    let at = i
    for (; at > 0; at--) {
      const before = load<i32>(ORDER + 4 * (at - 1))
      const other = rankAt(before)
      if (other == rank) return false
      if (other < rank) break
      store<i32>(ORDER + 4 * at, before)
    }
    store<i32>(ORDER + 4 * at, i)
  }
  const at = SHAPES + shape * shapeBytes
  store<i32>(at, span.count)
  memory.copy(at + 4, KNOWN, bytes)
  memory.copy(at + 4 + 4 * attributesMax, ORDER, bytes)
  shape = (shape + 1) % shapesMax
  return true
}

@inline
function knownAt(place: i32): usize {
  return attributeAt(load<i32>(KNOWN + 4 * place))
}

function rankAt(place: i32): i32 {
  return word(knownAt(place), RANK)
}

/** The rules about ids and times that their form does not say (FORMAT.md 1.2). */
function isSound(): bool {
  if (load<u64>(span.ended) <= load<u64>(span.start)) return false
  const trace = load<u64>(span.traceId) | load<u64>(span.traceId + 8)
  return trace != 0 && load<u64>(span.spanId) != 0
}

/** Looks for claims and salts; false when a claim is not there that must be. */
function look(): bool {
  memory.fill(CLAIMS, 0, 8 * claimsMax)
  memory.fill(SALTS, 0xff, 4 * slotsMax)
  let required = 0
  touched = 0
  for (let place = 0; place < span.count; place++) {
    const known = knownAt(place)
    const slot = word(known, SLOT)
    if (slot >= 0) touched |= 1 << slot
    if (word(known, IS_SALT) != 0) store<i32>(SALTS + 4 * slot, place)
    const claim = word(known, CLAIM)
    if (claim < 0) continue
    if (claim < requiredClaims) required++
    if (word(known, TYPE) != 0) continue
    store<i32>(CLAIMS + 8 * claim, load<i32>(FROM + 4 * place))
    store<i32>(CLAIMS + 8 * claim + 4, load<i32>(TO + 4 * place))
  }
  return required == requiredClaims
}

/** The sequence number, the claim that is no text. */
export function sequence(): f64 {
  for (let place = 0; place < span.count; place++) {
    if (word(knownAt(place), CLAIM) == 1) return <f64>load<i64>(VALUE + 8 * place)
  }
  return -1
}

/** Bits of the claims that are not what they were when this was asked last. */
export function changedClaims(): i32 {
  let changed = 0
  for (let claim = 0; claim < claimsMax; claim++) {
    const from: usize = load<u32>(CLAIMS + 8 * claim)
    const length: i32 = load<i32>(CLAIMS + 8 * claim + 4) - <i32>from
    const text = READ + 1024 * claim
    if (load<i32>(READ_LENGTHS + 4 * claim) == length && isSame(text, from, length)) continue
    changed |= 1 << claim
    store<i32>(READ_LENGTHS + 4 * claim, length)
    memory.copy(text, from, length)
  }
  return changed
}

/**
 * Writes the opening of a slot, and the same divided; false when it is not whole, or withheld. What
 * is of the outline is copied from `outlined` on when a text begins, and at the end.
 */
function opening(slot: i32): bool {
  const salt = load<i32>(SALTS + 4 * slot)
  const begin = to
  let outlined = to
  let fields = 0
  for (let i = 0; i < span.count; i++) {
    const place = load<i32>(ORDER + 4 * i)
    const known = knownAt(place)
    if (word(known, SLOT) != slot || word(known, IS_SALT) != 0) continue
    if (salt < 0) return false
    if (fields++ > 0) byte(comma)
    else {
      constant(SLOT_DOMAIN)
      divided.begin(SLOT_HEADS + slot)
      outlined = to
      constant(FIELDS)
    }
    raw(word(known, HEAD), word(known, HEAD_LENGTH))
    const at = to
    if (!text(place)) return false
    const type = word(known, TYPE)
    if (type != BOOLEAN) outlined = divided.text(outlined, at)
    constant(TAILS + type)
  }
  if (fields == 0) return salt < 0
  constant(SALT)
  const from: usize = load<u32>(FROM + 4 * salt)
  const until: usize = load<u32>(TO + 4 * salt)
  const saltAt = to
  if (!isSalt(from, until) || !json(from, until)) return false
  outlined = divided.text(outlined, saltAt)
  constant(CLOSE)
  divided.end(outlined)
  slots |= 1 << slot
  store<i32>(OPENINGS + 8 * slot, <i32>(begin - OUTPUT))
  store<i32>(OPENINGS + 8 * slot + 4, <i32>(to - OUTPUT))
  return true
}

/** base64url of 16 bytes: of the last character four bits must be zero. */
function isSalt(from: usize, until: usize): bool {
  if (until - from != saltLength) return false
  for (let at = from; at < until; at++) if (!isBase64url(load<u8>(at))) return false
  const last = load<u8>(until - 1)
  return last == 0x41 || last == 0x51 || last == 0x67 || last == 0x77
}

function isBase64url(code: u8): bool {
  const letter = code | 0x20
  return (
    (letter >= 0x61 && letter <= 0x7a) ||
    (code >= 0x30 && code <= 0x39) ||
    code == 0x2d ||
    code == 0x5f
  )
}

/**
 * Gives how many bytes of OUTPUT there are: the canonical form; from `shown` on, the span; from
 * `outlines` on the openings, divided: their outlines, and from `values` on their texts.
 */
export function finish(): i32 {
  canonicalFrom = <i32>(to - OUTPUT)
  constant(RECORD_DOMAIN)
  constant(ATTRIBUTES_HEAD)
  if (!plain()) return 0
  constant(END)
  if (!nanoseconds(span.ended)) return 0
  constant(KIND)
  byte(0x30 + span.kind)
  constant(NAME)
  if (!json(span.name, span.nameEnd)) return 0
  constant(PARENT)
  if (span.parentSpanId != 0) hex(span.parentSpanId, 8)
  constant(SLOTS)
  commitments()
  constant(SPAN_ID)
  hex(span.spanId, 8)
  constant(START)
  if (!nanoseconds(span.start)) return 0
  constant(STATUS)
  byte(0x30 + span.statusCode)
  constant(MESSAGE)
  if (!json(span.message, span.messageEnd)) return 0
  constant(TRACE_ID)
  hex(span.traceId, 16)
  constant(CLOSE)
  shownFrom = <i32>(to - OUTPUT)
  show()
  outlinesFrom = <i32>(to - OUTPUT)
  copy(OUTLINES, divided.outlineBytes())
  valuesFrom = <i32>(to - OUTPUT)
  copy(VALUES, divided.valueBytes())
  return <i32>(to - OUTPUT)
}

let canonicalFrom: i32 = 0
let shownFrom: i32 = 0
let outlinesFrom: i32 = 0
let valuesFrom: i32 = 0

export function canonical(): i32 {
  return canonicalFrom
}

export function shown(): i32 {
  return shownFrom
}

export function outlines(): i32 {
  return outlinesFrom
}

export function values(): i32 {
  return valuesFrom
}

function plain(): bool {
  let written = 0
  for (let i = 0; i < span.count; i++) {
    const place = load<i32>(ORDER + 4 * i)
    if (word(knownAt(place), SLOT) >= 0) continue
    if (written++ > 0) byte(comma)
    if (!attribute(place)) return false
  }
  return true
}

function attribute(place: i32): bool {
  const known = knownAt(place)
  const type = word(known, TYPE)
  raw(word(known, HEAD), word(known, HEAD_LENGTH))
  if (!text(place)) return false
  constant(TAILS + type)
  return true
}

/** A value, between its head and its tail. */
function text(place: i32): bool {
  const type = word(knownAt(place), TYPE)
  if (type == STRING) return json(load<u32>(FROM + 4 * place), load<u32>(TO + 4 * place))
  if (type == BOOLEAN) constant(load<i64>(VALUE + 8 * place) == 0 ? FALSE : TRUE)
  else decimal(load<u64>(VALUE + 8 * place))
  return true
}

function commitments(): void {
  let written = 0
  for (let i = 0; i < slotsMax; i++) {
    const slot: i32 = load<u8>(SLOT_ORDER + i)
    if ((slots & (1 << slot)) == 0) continue
    if (written++ > 0) byte(comma)
    constant(SLOT_HEADS + slot)
    raw(COMMITMENTS + 64 * slot, 43)
    byte(quote)
  }
}

/** Of the first second nothing is scanned, nor what is no whole microsecond. */
function nanoseconds(at: usize): bool {
  const time = load<u64>(at)
  if (time < 1000000000 || time % 1000 != 0) return false
  decimal(time)
  return true
}

/** What is covered, as it came, and commitments in place of what is personal. */
function show(): void {
  let from: usize = INPUT
  for (let i = 0; i < span.hiddenCount; i++) {
    const hidden: usize = load<u32>(HIDDEN + 8 * i)
    copy(from, <i32>(hidden - from))
    from = load<u32>(HIDDEN + 8 * i + 4)
  }
  copy(from, <i32>(span.spanEnd - from))
  for (let i = 0; i < slotsMax; i++) {
    const slot: i32 = load<u8>(SLOT_ORDER + i)
    if ((slots & (1 << slot)) == 0 || load<u8>(SLOT_HIDDEN + slot) == 0) continue
    constant(COMMITMENT_HEADS + slot)
    raw(COMMITMENTS + 64 * slot, 43)
  }
}
