// Records of a commit as rows of numbers, for who reads many: by attribute the number of its value.
// What it takes and gives is written in src/rows.ts; rows.test.ts compares it with the strict
// reader.
import { attributeAt, attributes, TYPE, word } from './memory'
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
import { isRoom, numberOf } from './values'
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

/** Rows that are made at once; of each, a number by attribute. */
export const rowsMax: i32 = 128
export const rowStep: i32 = 2 * 512
export const ROWS: usize = memory.data(128 * 1024, 16)
/** Of each row: when it ended, ms, how long it took, µs, and its leaf's number and type. */
export const headStep: i32 = 32
export const HEADS: usize = memory.data(128 * 32, 16)
/** Behind those of the attributes: the number of its trace id. */
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
  count = 0
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

function write(): void {
  const row = ROWS + rowStep * count
  memory.fill(row, 0, 2 * attributes)
  for (let i = 0; i < found; i++) {
    const place = FOUND + foundStep * i
    const attribute = load<i32>(place)
    const valueType = word(attributeAt(attribute), TYPE)
    const number = numberOf(attribute, valueType, load<u32>(place, 4), load<u32>(place, 8))
    store<u16>(row + 2 * attribute, <u16>number)
  }
  const head = HEADS + headStep * count
  const begin = nanosAt(started), finish = nanosAt(ended)
  store<f64>(head, <f64>(finish / 1000000))
  store<f64>(head, begin > finish ? 0 : <f64>((finish - begin) / 1000), 8)
  store<f64>(head, seq, 16)
  store<f64>(head, type, 24)
  store<u16>(row + 2 * TRACE, <u16>numberOf(TRACE, 0, traced, traced + traceLength + 1))
}

/** 19 digits. */
function nanosAt(place: usize): u64 {
  let nanos: u64 = 0
  for (let i = 0; i < 19; i++) nanos = nanos * 10 + (load<u8>(place + i) - 0x30)
  return nanos
}
