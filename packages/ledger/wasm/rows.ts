// Records of a commit as rows of numbers, for who reads many: by attribute the number of its value.
// What it takes and gives is written in src/rows.ts; rows.test.ts compares it with the strict
// reader.
import { attributeAt, ID, PLACE, SEQ, TYPE, word } from './memory'
import { next, open } from './openings'
import {
  ended,
  FOUND,
  found,
  foundStep,
  readStrictly,
  scanRecord,
  started,
  traced,
  traceLength,
} from './scan'
import { isRoom, newNumber, numberOf } from './values'
import {
  AT_END,
  at,
  canonical,
  canonicalEnd,
  end,
  enterCommit,
  enterRecord,
  enterRun,
  fits,
  FULL,
  goTo,
  isOfLeaf,
  NEW_RUN,
  READ,
  seq,
  subjects,
  type,
  UNUSUAL,
} from './walk'

/** Rows that are made at once; by attribute, a number of each: whoever reads many reads columns. */
export const rowsMax: i32 = 128
const columnStep: i32 = 2 * 128
export const COLUMNS: usize = memory.data(512 * 256, 16)
/** By attribute, whether any row has it; and those that one has. */
export const PRESENT: usize = memory.data(512, 16)
const LISTED: usize = memory.data(2 * 512, 16)
let listed: i32 = 0
/** Of each row: when it ended, ms, how long it took, µs, and its leaf's number and type. */
export const headStep: i32 = 32
export const HEADS: usize = memory.data(128 * 32, 16)
/** Behind those of the attributes: the column of trace ids. */
const TRACE: i32 = 511

/** A run was begun: its leaf is the form of those behind it. */
let hasRun: bool = false
let count: i32 = 0

/** From the first entry of a commit to its end, and its leaves. */
export function beginReading(from: usize, until: usize, leaves: usize): void {
  readStrictly(false)
  enterCommit(from, until, leaves)
  hasRun = false
}

/** The next leaf is that of a record, and the form of those behind it. */
export function nextRun(seqPlace: i32): void {
  enterRun(seqPlace)
  hasRun = true
}

/** How many rows were made. */
export function rows(): i32 {
  return count
}

/** Makes rows of the next records; says why it does not go on. */
export function readRows(): i32 {
  clear()
  while (count < rowsMax) {
    if (at == end) return AT_END
    if (!enterRecord()) return UNUSUAL
    if (!hasRun || !fits()) return NEW_RUN
    if (!isRoom()) return FULL
    if (!scanRecord(canonical, canonicalEnd) || !isOfLeaf()) return UNUSUAL
    const said = open(subjects)
    if (said != READ) return said
    write()
    goTo(next)
    count++
  }
  return READ
}

function numberAt(place: usize, attribute: i32): i32 {
  const asked = word(attributeAt(attribute), PLACE)
  const valueType = word(attributeAt(attribute), TYPE)
  const from: usize = load<u32>(place, 4), end: usize = load<u32>(place, 8)
  if (asked == ID || asked == SEQ) return newNumber(valueType, from, end)
  return numberOf(attribute, valueType, from, end)
}

/** No row has anything. */
function clear(): void {
  for (let i = 0; i < listed; i++) {
    const attribute: i32 = load<u16>(LISTED + 2 * i)
    store<u8>(PRESENT + attribute, 0)
    const column = COLUMNS + columnStep * attribute
    for (let at = 0; at < 2 * count; at += 16) v128.store(column + at, i64x2.splat(0))
  }
  listed = 0
  count = 0
}

@inline
function put(attribute: i32, number: i32): void {
  store<u16>(COLUMNS + columnStep * attribute + 2 * count, <u16>number)
  if (load<u8>(PRESENT + attribute) != 0) return
  store<u8>(PRESENT + attribute, 1)
  store<u16>(LISTED + 2 * listed++, <u16>attribute)
}

function write(): void {
  for (let i = 0; i < found; i++) {
    const place = FOUND + foundStep * i
    const attribute = load<i32>(place)
    const known = load<i32>(place, 12)
    put(attribute, known != 0 ? known : numberAt(place, attribute))
  }
  const head = HEADS + headStep * count
  const begin = nanosAt(started), finish = nanosAt(ended)
  store<f64>(head, <f64>(finish / 1000000))
  store<f64>(head, begin > finish ? 0 : <f64>((finish - begin) / 1000), 8)
  store<f64>(head, seq, 16)
  store<f64>(head, type, 24)
  put(TRACE, newNumber(0, traced, traced + traceLength + 1))
}

/** 19 digits. */
@inline
function nanosAt(place: usize): u64 {
  // The first eleven: eight, and three of those that end there.
  const above = eightDigits(place) * 1000 + eightDigits(place + 3) % 1000
  return above * 100000000 + eightDigits(place + 11)
}

/** Eight at once: two make one number below 100, two of these one below 10,000, and so on. */
@inline
function eightDigits(place: usize): u64 {
  const ones = load<u64>(place) & 0x0f0f0f0f0f0f0f0f
  const twos = (ones * 2561 >> 8) & 0x00ff00ff00ff00ff
  const fours = (twos * 6553601 >> 16) & 0x0000ffff0000ffff
  return fours * 42949672960001 >> 32
}
