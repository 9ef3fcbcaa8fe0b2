// The keys of people that are known, by id: for each the round keys, made once.
import { expandKey, scheduleBytes } from './aes'
import { isSame } from './bytes'

/** Keys that are kept: see subjectKeysCachedMax. */
export const keysMax: i32 = 10000
/** The 32 bytes of the key that was asked for. */
export const KEY: usize = memory.data(32, 16)

const SCHEDULES: usize = memory.data(10000 * 240, 16)
const IDS: usize = memory.data(10000 * 16, 16)
/** By the id, which is random: the number of its key and one, or nothing. */
const NUMBERS: usize = memory.data(2 * 32768, 16)
const numbersMask: i32 = 32767
/** Of a number: whose key was destroyed. */
const erased: i32 = 0x8000
/** In place of round keys: there are none any more. */
export const ERASED: usize = 1
let keys: i32 = 0
/** Where the id of the key is that is asked for. */
let unknown: usize = 0

/** The round keys of the person whose id stands there; 0: they are not known, and asked for. */
export function scheduleOf(id: usize): usize {
  const number: i32 = load<u16>(NUMBERS + 2 * entryOf(id))
  if (number >= erased) return ERASED
  if (number > 0) return SCHEDULES + scheduleBytes * (number - 1)
  unknown = id
  return 0
}

export function keyId(): usize {
  return unknown
}

/** The entry of an id, or the free one where it belongs. */
function entryOf(id: usize): i32 {
  let entry = load<u32>(id) & numbersMask
  while (true) {
    const number = (<i32>load<u16>(NUMBERS + 2 * entry) & (erased - 1)) - 1
    if (number < 0 || isSame(IDS + 16 * number, id, 16)) return entry
    entry = (entry + 1) & numbersMask
  }
}

/** Keeps the key that was asked for. When there are too many, all go. */
export function addKey(): void {
  const entry = add()
  expandKey(KEY, SCHEDULES + scheduleBytes * (keys - 1))
  store<u16>(NUMBERS + 2 * entry, <u16>keys)
}

/** The key that was asked for is gone. */
export function addErased(): void {
  const entry = add()
  store<u16>(NUMBERS + 2 * entry, <u16>(keys | erased))
}

/** The entry for what was asked for, whose id is kept. */
function add(): i32 {
  if (keys == keysMax) forgetKeys()
  const entry = entryOf(unknown)
  v128.store(IDS + 16 * keys, v128.load(unknown))
  keys++
  return entry
}

/** What was destroyed must not be used on. */
export function forgetKeys(): void {
  memory.fill(NUMBERS, 0, 2 * 32768)
  memory.fill(SCHEDULES, 0, scheduleBytes * keys)
  keys = 0
}
