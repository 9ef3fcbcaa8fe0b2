// Canonical forms and openings, checked in one pass over their bytes. Only what is usual is taken:
// printable ASCII without escapes, numbers far from their limits; "no" says nothing. The same in
// JavaScript, with its reasons, is record/src/canonical/scan.ts.
import {
  ACTION,
  attributeAt,
  attributeBytesMax,
  attributesMax,
  CONSTANTS,
  find,
  HEAD,
  HEAD_LENGTH,
  ID,
  nameBytesMax,
  OUTCOME,
  PLACE,
  placeEnd,
  placeOf,
  PLACES,
  SEQ,
  SERVICE,
  SLOT,
  slotsMax,
  TYPE,
  word,
} from './memory'
import { isSame } from './bytes'
import { lastNumber, lengthOf } from './values'

/** Constant texts, in the order of machine.ts. */
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
const FIELDS = 13
const SALT = 14
const TRUE = 15
const FALSE = 16
const UUID = 17
/** One for each slot, in the order of JCS: its name, a quote, a colon and a quote. */
const SLOT_HEADS = 32

const quote = 0x22
const comma = 0x2c
const brace = 0x7d
const timeDigits = 19
const safeDigitsMax = 15

/** Where each slot's commitment is, in the order of JCS; 0: nowhere. */
export const COMMITMENTS: usize = memory.data(4 * 8, 16)
/**
 * Of each attribute, two that came after it, the last one first; and behind them, two that came
 * first in an opening that followed that of each slot, and in a record.
 */
const FOLLOWERS: usize = memory.data(8 * (512 + 9), 16)
const ofRecords = 8

/**
 * Attributes in the order in which they were found: rank, where the value is, and its number, 0
 * when that is not known yet.
 */
export const FOUND: usize = memory.data(512 * 16, 16)
export const foundStep: i32 = 16
const foundMax: i32 = 512
export let found: i32 = 0
/** Else what its producer may not write counts, too: other times, and what is not ASCII. */
let isStrict: bool = true

let at: usize = 0
/** Where the bytes end: nothing is gone on with behind it, so that no step leaves the memory. */
let limit: usize = 0
/** The slot of the opening scanned last, in the order of JCS. */
export let slot: i32 = -1
/** Where the record's times are. */
export let started: usize = 0
export let ended: usize = 0
/** Where its trace id is. */
export let traced: usize = 0
export const traceLength: i32 = 32
let lastSlot: i32 = 0

export function readStrictly(strict: bool): void {
  isStrict = strict
}

/** True when the bytes are a canonical form that `openRecord` accepts. */
export function scanRecord(from: usize, end: usize): bool {
  at = from
  limit = end
  found = 0
  memory.fill(PLACES, 0, 64)
  memory.fill(COMMITMENTS, 0, 32)
  if (!text(ATTRIBUTES_HEAD) || !attributes(ofRecords)) return false
  if (placeOf(ACTION) == 0 || placeOf(OUTCOME) == 0 || placeOf(SERVICE) == 0) return false
  if (!isRecordId() || placeOf(SEQ) == 0) return false
  if (<i32>(placeEnd(SEQ) - placeOf(SEQ)) > safeDigitsMax) return false
  ended = text(END) ? time() : 0
  if (ended == 0 || !text(KIND) || !digit(0, 5)) return false
  if (!text(NAME) || !plain(1, nameBytesMax)) return false
  if (!text(PARENT) || !(byte(quote) || hex(16))) return false
  if (!text(SLOTS) || !commitments()) return false
  if (!text(SPAN_ID) || !hex(16) || areZeros(16)) return false
  started = text(START) ? time() : 0
  if (started == 0 || (isStrict && !isBefore(started, ended))) return false
  if (!text(STATUS) || !digit(1, 2)) return false
  if (!text(MESSAGE) || !plain(0, attributeBytesMax)) return false
  if (!text(TRACE_ID)) return false
  traced = at
  if (!hex(traceLength) || areZeros(traceLength)) return false
  return byte(brace) && at == end
}

/** True when the bytes are an opening that `openSlot` accepts; then `slot` is its slot. */
export function scanOpening(from: usize, end: usize): bool {
  at = from
  limit = end
  slot = -1
  if (!text(FIELDS) || !attributes(lastSlot)) return false
  lastSlot = slot
  if (!text(SALT) || !base64url(22, 15)) return false
  return byte(quote) && byte(brace) && at == end
}

@inline
function byte(expected: i32): bool {
  if (load<u8>(at) != expected) return false
  at++
  return true
}

@inline
function text(which: i32): bool {
  const length = load<i32>(CONSTANTS + 8 * which, 4)
  if (!isSame(load<u32>(CONSTANTS + 8 * which), at, length)) return false
  at += length
  return true
}

/** One digit, from `least` to `most`. */
@inline
function digit(least: i32, most: i32): bool {
  const value = <i32>load<u8>(at++) - 0x30
  return value >= least && value <= most
}

/** How many of the next sixteen bytes stand for themselves. */
@inline
function usual(): i32 {
  const bytes = v128.load(at)
  const quotes = v128.eq<u8>(bytes, i8x16.splat(0x22))
  const slashes = v128.eq<u8>(bytes, i8x16.splat(0x5c))
  // Below a space, also what is not ASCII; and what may not be seen.
  const space = i8x16.splat(0x20)
  const low = isStrict ? v128.lt<i8>(bytes, space) : v128.lt<u8>(bytes, space)
  const rubouts = v128.eq<u8>(bytes, i8x16.splat(0x7f))
  const unusual = v128.or(v128.or(quotes, slashes), v128.or(low, rubouts))
  return ctz<i32>(i8x16.bitmask(unusual) | 0x10000)
}

/** Characters that stand for themselves, up to a quote, which is passed. */
@inline
function plain(least: i32, most: i32): bool {
  const from = at
  let count = usual()
  at += count
  // Whoever goes on for longer is not within any limit, or ends behind the commit.
  while (count == 16 && <i32>(at - from) <= most) {
    count = usual()
    at += count
  }
  const length = <i32>(at - from)
  return length >= least && length <= most && byte(quote)
}

/** Lower-case hex and a quote; 16 digits or 32. */
@inline
function hex(length: i32): bool {
  for (let i = 0; i < length; i += 16) {
    const bytes = v128.load(at + i)
    if (!i8x16.all_true(v128.or(within(bytes, 0x30, 10), within(bytes, 0x61, 6)))) return false
  }
  at += length
  return byte(quote)
}

/** The hex that was just passed is all zeros. */
@inline
function areZeros(length: i32): bool {
  for (let i = 0; i < length; i += 16) {
    const bytes = v128.load(at - 1 - length + i)
    if (v128.any_true(v128.xor(bytes, i8x16.splat(0x30)))) return false
  }
  return true
}

/** Base64url of whole bytes; of the last character the bits of `rest` are zero. */
@inline
function base64url(length: i32, rest: i32): bool {
  let i = 0
  for (; i + 16 <= length; i += 16) if (letters() != 16) return false
  const count = letters()
  // Nothing behind it may belong to it: then its end is where it was looked for.
  if (count != length - i) return false
  return (valueOf(load<u8>(at - 1)) & rest) == 0
}

/** Passes characters of base64url, sixteen at most: how many. */
@inline
function letters(): i32 {
  const bytes = v128.load(at)
  const lower = v128.or(bytes, i8x16.splat(0x20))
  const isLetter = within(lower, 0x61, 26), isDigit = within(bytes, 0x30, 10)
  const isHyphen = v128.eq<u8>(bytes, i8x16.splat(0x2d))
  const isLine = v128.eq<u8>(bytes, i8x16.splat(0x5f))
  const any = v128.or(v128.or(isLetter, isDigit), v128.or(isHyphen, isLine))
  const count = ctz<i32>(~i8x16.bitmask(any))
  const passed = count < 16 ? count : 16
  at += passed
  return passed
}

/** What a character of base64url stands for. */
function valueOf(code: i32): i32 {
  if (code >= 0x61) return code - 0x61 + 26
  if (code == 0x5f) return 63
  if (code >= 0x41) return code - 0x41
  return code == 0x2d ? 62 : code - 0x30 + 52
}

/** Nanoseconds of 19 digits (2001 to 2286) and a quote: where, or 0. Strictly, microseconds. */
function time(): usize {
  const from = at
  if (!digit(1, 9)) return 0
  for (let i = 1; i < 16; i++) if (!digit(0, 9)) return 0
  const last = isStrict ? 0 : 9
  return digit(0, last) && digit(0, last) && digit(0, last) && byte(quote) ? from : 0
}

function isBefore(start: usize, end: usize): bool {
  for (let i = 0; i < timeDigits; i++) {
    const difference = <i32>load<u8>(end + i) - <i32>load<u8>(start + i)
    if (difference != 0) return difference > 0
  }
  return false
}

function isRecordId(): bool {
  const from = placeOf(ID)
  const form: usize = load<u32>(CONSTANTS + 8 * UUID)
  const length = load<i32>(CONSTANTS + 8 * UUID, 4)
  if (from == 0 || <i32>(placeEnd(ID) - from) != length) return false
  const last = length - 16
  return hasForm(from, form) && hasForm(from + 16, form + 16) && hasForm(from + last, form + last)
}

/** Sixteen characters are those of the form; x: any hex digit; v: the variant, 8 to b. */
@inline
function hasForm(from: usize, form: usize): bool {
  const bytes = v128.load(from), expected = v128.load(form)
  const lowVariants = within(bytes, 0x38, 2), highVariants = within(bytes, 0x61, 2)
  const hexes = v128.or(within(bytes, 0x30, 10), within(bytes, 0x61, 6))
  const isVariant = v128.eq<u8>(expected, i8x16.splat(0x76))
  const isHex = v128.eq<u8>(expected, i8x16.splat(0x78))
  const fixed = v128.eq<u8>(bytes, expected)
  const others = v128.bitselect(v128.or(lowVariants, highVariants), fixed, isVariant)
  return i8x16.all_true(v128.bitselect(hexes, others, isHex))
}

/** Which bytes are one of so many from one on. */
@inline
function within(bytes: v128, first: i32, count: i32): v128 {
  return v128.lt<u8>(v128.sub<u8>(bytes, i8x16.splat(<i8>first)), i8x16.splat(<i8>count))
}

@inline
function isDigit(code: i32): bool {
  return code >= 0x30 && code <= 0x39
}

/**
 * Attributes in order, from behind the first quote to the closing brace: those of no slot, or of
 * any one. `before`: what is guessed to come first came first behind this.
 */
function attributes(before: i32): bool {
  const isRecord = before == ofRecords
  let last = -1
  while (true) {
    const rank = head(last, before)
    // Attributes are numbered as they are sorted.
    if (rank <= last) return false
    const attribute = attributeAt(rank)
    const owner = word(attribute, SLOT)
    if (isRecord != (owner < 0)) return false
    if (last >= 0 && owner != slot) return false
    slot = owner
    last = rank
    const from = at
    if (found == foundMax) return false
    // What was read once need not be looked through again. For verification nothing is kept.
    const number = isStrict ? 0 : lastNumber(rank, from)
    if (number != 0) at = from + lengthOf(number) + 1
    else if (!value(word(attribute, TYPE))) return false
    const place = FOUND + foundStep * found++
    store<u32>(place, rank)
    store<u32>(place, <u32>from, 4)
    store<u32>(place, <u32>at, 8)
    store<i32>(place, number, 12)
    const asked = word(attribute, PLACE)
    if (asked >= 0) {
      store<u32>(PLACES + 8 * asked, <u32>from)
      store<u32>(PLACES + 8 * asked, <u32>(at - 1), 4)
    }
    if (!byte(brace) || at > limit) return false
    if (byte(brace)) return true
    if (!byte(comma) || !byte(quote)) return false
  }
}

/** The rank of the attribute that stands here, passed up to its value; -1: none. */
@inline
function head(last: i32, before: i32): i32 {
  const followers = FOLLOWERS + 8 * (last < 0 ? attributesMax + before : last)
  const guess = load<i32>(followers)
  if (guess >= 0 && isHead(guess)) return guess
  const other = load<i32>(followers, 4)
  store<i32>(followers, guess, 4)
  if (other >= 0 && isHead(other)) {
    store<i32>(followers, other)
    return other
  }
  let end = at
  while (load<u8>(end) != quote && <i32>(end - at) < nameBytesMax) end++
  const rank = find(at, <i32>(end - at))
  if (rank < 0 || !isHead(rank)) return -1
  store<i32>(followers, rank)
  return rank
}

@inline
function isHead(rank: i32): bool {
  const attribute = attributeAt(rank)
  const length = word(attribute, HEAD_LENGTH)
  if (!isSame(word(attribute, HEAD), at, length)) return false
  at += length
  return true
}

/** A value behind its head, up to its brace. */
@inline
function value(type: i32): bool {
  if (type == 0) return plain(1, attributeBytesMax)
  if (type == 1) return int()
  return text(TRUE) || text(FALSE)
}

/** Digits of a number that is not negative and far below 2^63, and a quote. */
function int(): bool {
  const from = at
  while (isDigit(load<u8>(at)) && at - from < 19) at++
  const length = <i32>(at - from)
  const isUsual = load<u8>(from) == 0x30 ? length == 1 : length >= 1 && length <= 18
  return isUsual && byte(quote)
}

/** Commitments in order of their slots' names, and the closing brace. */
function commitments(): bool {
  if (byte(brace)) return true
  let next = 0
  while (true) {
    if (!byte(quote)) return false
    while (next < slotsMax && !text(SLOT_HEADS + next)) next++
    if (next == slotsMax) return false
    store<u32>(COMMITMENTS + 4 * next, <u32>at)
    if (!base64url(43, 3) || !byte(quote)) return false
    next++
    if (byte(brace)) return true
    if (!byte(comma)) return false
  }
}

/** Whether a name, behind its length, is that of a slot. */
export function slotText(which: i32, name: usize): bool {
  const place = CONSTANTS + 8 * (SLOT_HEADS + which)
  const length: i32 = load<u8>(name)
  return length == load<i32>(place, 4) - 3 && isSame(name + 1, load<u32>(place), length)
}

/** Nothing is guessed yet. */
export function forget(): void {
  memory.fill(FOLLOWERS, 0xff, 8 * (512 + 9))
}
