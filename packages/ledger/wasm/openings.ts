// The openings of a record: deciphered, and put together (FORMAT.md 3.3).
import { decipher } from './aes'
import { ERASED, scheduleOf } from './keys'
import {
  CONSTANTS,
  LENGTHS,
  openingBytesMax,
  OPENINGS,
  openingsMax,
  openingStep,
  valuesBytesMax,
} from './memory'
import { copy } from './bytes'
import { COMMITMENTS, scanOpening, slot, slotText } from './scan'
import { block, end, NEW_KEY, READ, UNUSUAL } from './walk'

/** A constant text, in the order of machine.ts. */
const SLOT_DOMAIN = 1
export const domainLength: i32 = 17

/** Values of one person's openings. */
const VALUES: usize = memory.data(65536 + 128, 16)

/** Where the commitment of each opening is. */
export const COMMITTED: usize = memory.data(4 * 16, 16)
/** How many there are, and what is behind what is stored of the subjects. */
export let openings: i32 = 0
export let next: usize = 0
/** Where the next byte of an opening goes. */
let to: usize = 0
/** Slots of the record that were opened: a bit for each. */
export let opened: i32 = 0

/** Decrypts the openings of all persons, and puts them together; what was erased has none. */
export function open(subjects: usize): i32 {
  openings = 0
  opened = 0
  let from = subjects + 1
  for (let left: i32 = load<u8>(subjects); left > 0; left--) {
    if (from > end || end - from < 36) return UNUSUAL
    const outlineLength = block(from + 32)
    if (outlineLength < 0) return UNUSUAL
    const outline = from + 36
    const text = outline + outlineLength
    const length = block(text)
    if (length < 0 || length > valuesBytesMax) return UNUSUAL
    const schedule = scheduleOf(from)
    if (schedule == 0) return NEW_KEY
    if (schedule != ERASED) {
      decipher(schedule, from + 16, text + 4, length, VALUES)
      if (!join(outline, text, VALUES + length)) return UNUSUAL
    }
    from = text + 4 + length
  }
  next = from
  return READ
}

/** Values put into their outlines; see format/outline.ts. */
function join(outline: usize, outlineEnd: usize, valuesEnd: usize): bool {
  let value = VALUES
  for (let from = outline; from < outlineEnd;) {
    const name = from
    const form = name + 1 + load<u8>(name) + 2
    if (form > outlineEnd) return false
    from = form + bswap<u16>(load<u16>(form - 2))
    if (from > outlineEnd || openings == openingsMax) return false
    const begin = OPENINGS + openingStep * openings
    copyDomain(SLOT_DOMAIN, begin)
    to = begin + domainLength
    value = fill(form, from, value, valuesEnd)
    if (value == 0 || !scanOpening(begin + domainLength, to)) return false
    const commitment: usize = load<u32>(COMMITMENTS + 4 * slot)
    if (!slotText(slot, name) || commitment == 0) return false
    opened |= 1 << slot
    store<u32>(COMMITTED + 4 * openings, <u32>commitment)
    openings++
    store<i32>(LENGTHS + 4 * openings, <i32>(to - begin))
  }
  return value == valuesEnd
}

/** Behind each `:"` of a form belongs a value; gives where the next value is, 0 for no such. */
function fill(form: usize, formEnd: usize, firstValue: usize, valuesEnd: usize): usize {
  let value = firstValue
  let from = form
  if ((formEnd - form) + (valuesEnd - value) > <usize>(openingBytesMax - domainLength)) return 0
  for (let i = form + 1; i < formEnd; i += 16) {
    const quotes = v128.eq<u8>(v128.load(i), i8x16.splat(0x22))
    const colons = v128.eq<u8>(v128.load(i - 1), i8x16.splat(0x3a))
    let places = i8x16.bitmask(v128.and(quotes, colons))
    for (; places != 0; places &= places - 1) {
      const behind = i + ctz<i32>(places) + 1
      if (behind > formEnd) break
      append(from, <i32>(behind - from))
      from = behind
      if (valuesEnd - value < 2) return 0
      const length: usize = bswap<u16>(load<u16>(value))
      value += 2
      if (length > valuesEnd - value) return 0
      append(value, <i32>length)
      value += length
    }
  }
  append(from, <i32>(formEnd - from))
  return value
}

@inline
function append(from: usize, length: i32): void {
  copy(to, from, length)
  to += length
}

@inline
export function copyDomain(which: i32, place: usize): void {
  const text: usize = load<u32>(CONSTANTS + 8 * which)
  v128.store(place, v128.load(text))
  store<u8>(place + 16, load<u8>(text + 16))
}
