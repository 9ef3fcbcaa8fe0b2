// Values by number: each is kept once, however many records say it, so that who reads records makes
// one text of it; but for what records have for themselves. When there is no more room all are
// forgotten, and numbers begin anew.
import { copy, isSame } from './bytes'

/** What booleans are, for every attribute; 0: there is no value. */
const TRUE_NUMBER: i32 = 1
const FALSE_NUMBER: i32 = 2
const firstNumber: i32 = 3

/** Values that are kept, and the bytes of all of them. */
const valuesMax: i32 = 16384
const textBytesMax: i32 = 1 << 20
/** Room for what one record may say: as many attributes as FOUND has, and its trace id. */
const valuesOfRecordMax: i32 = 512 + 1
const textOfRecordMax: i32 = (512 + 1) * (1024 + 2)

const TEXT: usize = memory.data((1 << 20) + 16, 16)
/**
 * Of each number: where its bytes are, with the quote and the brace behind them, and their length,
 * without; an integer's with this bit.
 */
export const VALUES: usize = memory.data(16384 * 8, 16)
const valueStep: i32 = 8
const endLength: i32 = 2
const integer: i32 = 1 << 16
/** By hash: a number, or nothing. */
const NUMBERS: usize = memory.data(2 * 32768, 16)
const numbersMask: u32 = 32767
/** By attribute: the number that it had last. */
const LAST: usize = memory.data(2 * 512, 16)

/** One more than the highest number. */
let count: i32 = firstNumber
let textEnd: usize = TEXT

/** Whether there is room for all that a record may say. */
export function isRoom(): bool {
  return (
    count <= valuesMax - valuesOfRecordMax &&
    textEnd <= TEXT + <usize>(textBytesMax - textOfRecordMax)
  )
}

export function forgetValues(): void {
  memory.fill(NUMBERS, 0, 2 * 32768)
  memory.fill(LAST, 0, 2 * 512)
  count = firstNumber
  textEnd = TEXT
}

/** The number that an attribute had last, if what stands there is that value to its end; or 0. */
@inline
export function lastNumber(attribute: i32, from: usize): i32 {
  const last: i32 = load<u16>(LAST + 2 * attribute)
  if (last == 0) return 0
  const value = VALUES + valueStep * last
  const length = load<i32>(value, 4) & (integer - 1)
  return isSame(load<u32>(value), from, length + endLength) ? last : 0
}

/** A new number for what hardly any other record says: nobody looks for it. */
@inline
export function newNumber(type: i32, from: usize, end: usize): i32 {
  const length = <i32>(end - 1 - from)
  return keep(type == 1 ? length | integer : length, from, length)
}

@inline
export function lengthOf(number: i32): i32 {
  return load<i32>(VALUES + valueStep * number, 4) & (integer - 1)
}

/** The number of an attribute's value, up to the quote or brace behind it. `type`: as of a word. */
@inline
export function numberOf(attribute: i32, type: i32, from: usize, end: usize): i32 {
  if (type == 2) return load<u8>(from) == 0x74 ? TRUE_NUMBER : FALSE_NUMBER
  const length = <i32>(end - 1 - from)
  const number = find(type == 1 ? length | integer : length, from, length)
  store<u16>(LAST + 2 * attribute, <u16>number)
  return number
}

/**
 * Of a text of ASCII, 32 bits that searches find it by, as query/src/columns/fingerprint.ts tells
 * (FNV-1a with the final mix of MurmurHash3); of another one 0.
 */
export function fingerprint(number: i32): u32 {
  const value = VALUES + valueStep * number
  const from: usize = load<u32>(value)
  const end = from + (load<i32>(value, 4) & (integer - 1))
  let hash: u32 = 0x811c9dc5
  let all: u32 = 0
  for (let at = from; at < end; at++) {
    const unit: u32 = load<u8>(at)
    all |= unit
    hash = (hash ^ unit) * 0x01000193
  }
  if (all > 0x7f) return 0
  hash = (hash ^ (hash >>> 16)) * 0x85ebca6b
  hash = (hash ^ (hash >>> 13)) * 0xc2b2ae35
  hash ^= hash >>> 16
  return hash == 0 ? 1 : hash
}

@inline
function isValue(number: i32, kind: i32, from: usize, length: i32): bool {
  const value = VALUES + valueStep * number
  return load<i32>(value, 4) == kind && isSame(load<u32>(value), from, length)
}

/** The number of what stands there, a new one when nobody said it before. */
function find(kind: i32, from: usize, length: i32): i32 {
  let place = hashOf(kind, from, length) & numbersMask
  let number: i32 = load<u16>(NUMBERS + 2 * place)
  while (number != 0) {
    if (isValue(number, kind, from, length)) return number
    place = (place + 1) & numbersMask
    number = load<u16>(NUMBERS + 2 * place)
  }
  number = keep(kind, from, length)
  store<u16>(NUMBERS + 2 * place, <u16>number)
  return number
}

@inline
function keep(kind: i32, from: usize, length: i32): i32 {
  const number = count++
  const value = VALUES + valueStep * number
  store<u32>(value, <u32>textEnd)
  store<i32>(value, kind, 4)
  copy(textEnd, from, length + endLength)
  textEnd += length + endLength
  return number
}

/**
 * Eight bytes at a time, each mixed in by a multiplication. Who makes values meet by their hashes
 * makes a look-up slow, within the bounds of the table.
 */
@inline
function hashOf(kind: i32, from: usize, length: i32): u32 {
  let hash: u64 = kind
  let i = 0
  for (; i + 8 <= length; i += 8) hash = mixed(hash ^ load<u64>(from + i))
  const rest = length - i
  if (rest > 0) hash = mixed(hash ^ (load<u64>(from + i) & ((<u64>1 << (8 * rest)) - 1)))
  return <u32>(hash >>> 32)
}

@inline
function mixed(word: u64): u64 {
  const product = word * 0x9e3779b97f4a7c15
  return product ^ (product >>> 29)
}
