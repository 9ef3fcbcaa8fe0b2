// The scanner's byte loops, in AssemblyScript: `npm run generate` compiles this folder into
// src/verify/scan/module.generated.ts. What they take and give is written in
// src/verify/scan/scanner.ts, which runs them; test/flow/scanner.test.ts compares them with the
// strict reader.
//
// `scan` reads one span, writes the openings of its slots and hashes them, for the canonical form
// has their commitments; then it writes that, and the span as sinks are shown it. What is found is
// in FOUND. It gives 0 for whatever is unusual: then the strict reader judges.
import { isSame } from '@grantlog/ledger/wasm/bytes'
import {
  CLAIMS,
  claimsMax,
  COMMITMENTS,
  FOUND,
  HEAD,
  HEAD_LENGTH,
  INPUT,
  OPENINGS,
  OUTLINES,
  OUTPUT,
  SLOT_HIDDEN,
  SLOT_ORDER,
  slotsMax,
  TYPE,
  VALUES,
  word,
} from './memory'
import { commit } from './commitments'
import * as divided from './divide'
import { isSalt, isUuidV7 } from './forms'
import * as span from './parse'
import { FROM, HIDDEN, TO, VALUE } from './parse'
import {
  CLAIM_COUNT,
  CLAIM_PLACES,
  FIRST,
  ID_PLACE,
  idClaim,
  isShaped,
  knownAt,
  NEXT_OF_SLOT,
  NUMBER_PLACE,
  ORDER,
  SALTS,
  shape,
  TOUCHED,
} from './shapes'
import { byte, constant, decimal, hex, json, raw, restart, to } from './write'

export {
  attributeBytesMax,
  ATTRIBUTES,
  CLAIMS,
  CONSTANTS,
  enter,
  FOUND,
  INPUT,
  inputBytesMax,
  nameBytesMax,
  OPENINGS,
  OUTPUT,
  SLOT_HIDDEN,
  SLOT_ORDER,
  TEXTS,
} from './memory'

/** Claims as JavaScript read them last: their lengths, and their texts 1,024 bytes apart. */
const READ_LENGTHS: usize = memory.data(16 * 4, 16)
const READ: usize = memory.data(16 * 1024, 16)

/** Words of FOUND; the same in machine.ts. */
const SLOTS_FOUND = 0
const CHANGED_CLAIMS = 1
const CANONICAL = 2
const SHOWN = 3
const OUTLINES_FROM = 4
const VALUES_FROM = 5
const OUTPUT_END = 6
const ID = 7

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

/** Bits of the slots that a record has. */
let slots: i32 = 0
let number: i64 = 0
/** Which attribute is the id. */
let idPlace: i32 = -1

/** False for what is unusual. `registry`: the version its batch was signed under. */
export function scan(length: i32, registry: i32): bool {
  if (!span.parse(length, registry) || !isShaped() || !isSound() || !look()) return false
  restart()
  divided.restart()
  slots = 0
  const touched = load<i32>(shape, TOUCHED)
  for (let slot = 0; slot < slotsMax; slot++) {
    if ((touched & (1 << slot)) != 0 && !opening(slot)) return false
  }
  commit(slots)
  if (!write()) return false
  found(SLOTS_FOUND, slots)
  found(CHANGED_CLAIMS, changedClaims())
  return true
}

@inline
function found(which: i32, value: i32): void {
  store<i32>(FOUND + 4 * which, value)
}

/** The rules about ids and times that their form does not say (FORMAT.md 1.2). */
function isSound(): bool {
  if (load<u64>(span.ended) <= load<u64>(span.start)) return false
  const trace = load<u64>(span.traceId) | load<u64>(span.traceId + 8)
  return trace != 0 && load<u64>(span.spanId) != 0
}

/** Where the claims are; false when the id is none. */
function look(): bool {
  memory.fill(CLAIMS, 0, 8 * claimsMax)
  const texts = load<i32>(shape, CLAIM_COUNT)
  for (let i = 0; i < texts; i++) {
    const claim = load<i32>(shape + CLAIM_PLACES + 8 * i)
    const place = load<i32>(shape + CLAIM_PLACES + 8 * i, 4)
    store<i32>(CLAIMS + 8 * claim, load<i32>(FROM + 4 * place))
    store<i32>(CLAIMS + 8 * claim, load<i32>(TO + 4 * place), 4)
  }
  number = load<i64>(VALUE + 8 * load<i32>(shape, NUMBER_PLACE))
  idPlace = load<i32>(shape, ID_PLACE)
  const id = CLAIMS + 8 * idClaim
  return isUuidV7(load<u32>(id), load<u32>(id, 4))
}

/** The sequence number, the claim that is no text. */
export function sequence(): f64 {
  return <f64>number
}

/** Bits of the claims, but the id, that are not what they were in the span before. */
function changedClaims(): i32 {
  let changed = 0
  for (let claim = idClaim + 1; claim < claimsMax; claim++) {
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
  const salt = load<i32>(shape + SALTS + 4 * slot)
  const begin = to
  let outlined = to
  let fields = 0
  const next = shape + NEXT_OF_SLOT
  for (let i = load<i32>(shape + FIRST + 4 * slot); i >= 0; i = load<i32>(next + 4 * i)) {
    const place = load<i32>(shape + ORDER + 4 * i)
    const known = knownAt(place)
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

/**
 * Writes the canonical form, the span as it is shown, and the openings, divided: their outlines and
 * their texts. False when a text is none.
 */
function write(): bool {
  found(CANONICAL, written())
  constant(RECORD_DOMAIN)
  constant(ATTRIBUTES_HEAD)
  if (!plain()) return false
  constant(END)
  if (!nanoseconds(span.ended)) return false
  constant(KIND)
  byte(0x30 + span.kind)
  constant(NAME)
  if (!json(span.name, span.nameEnd)) return false
  constant(PARENT)
  if (span.parentSpanId != 0) hex(span.parentSpanId, 8)
  constant(SLOTS)
  commitments()
  constant(SPAN_ID)
  hex(span.spanId, 8)
  constant(START)
  if (!nanoseconds(span.start)) return false
  constant(STATUS)
  byte(0x30 + span.statusCode)
  constant(MESSAGE)
  if (!json(span.message, span.messageEnd)) return false
  constant(TRACE_ID)
  hex(span.traceId, 16)
  constant(CLOSE)
  found(SHOWN, written())
  show()
  found(OUTLINES_FROM, written())
  raw(OUTLINES, divided.outlineBytes())
  found(VALUES_FROM, written())
  raw(VALUES, divided.valueBytes())
  found(OUTPUT_END, written())
  return true
}

/** Bytes of OUTPUT. */
function written(): i32 {
  return <i32>(to - OUTPUT)
}

function plain(): bool {
  const first = load<i32>(shape + FIRST + 4 * slotsMax)
  for (let i = first; i >= 0; i = load<i32>(shape + NEXT_OF_SLOT + 4 * i)) {
    if (i != first) byte(comma)
    if (!attribute(load<i32>(shape + ORDER + 4 * i))) return false
  }
  return true
}

function attribute(place: i32): bool {
  const known = knownAt(place)
  const type = word(known, TYPE)
  raw(word(known, HEAD), word(known, HEAD_LENGTH))
  if (place == idPlace) found(ID, written())
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
    raw(from, <i32>(hidden - from))
    from = load<u32>(HIDDEN + 8 * i + 4)
  }
  raw(from, <i32>(span.spanEnd - from))
  for (let i = 0; i < slotsMax; i++) {
    const slot: i32 = load<u8>(SLOT_ORDER + i)
    if ((slots & (1 << slot)) == 0 || load<u8>(SLOT_HIDDEN + slot) == 0) continue
    constant(COMMITMENT_HEADS + slot)
    raw(COMMITMENTS + 64 * slot, 43)
  }
}
