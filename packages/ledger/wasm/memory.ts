// Where everything lies. Areas that JavaScript writes or reads are exported as addresses; what
// reads or writes in steps of sixteen bytes may go over an end by fifteen, so that each area has
// that much room behind it. A commit lies behind all of it.
import { isSame } from './bytes'

/** The same as in @grantlog/record: machine.ts compares them. */
export const attributeBytesMax: i32 = 1024
export const nameBytesMax: i32 = 256
export const slotsMax: i32 = 6
/** Openings of one record; each slot has one. */
export const openingsMax: i32 = 16
/** Bytes of a record with its domain, of an opening, and of the values of one person. */
export const recordBytesMax: i32 = 65536
export const openingBytesMax: i32 = 8192
export const valuesBytesMax: i32 = 65536

/** Attributes that there are: `attributeBytes` each, the words below; and their names and heads. */
export const attributesMax: i32 = 512
export const ATTRIBUTES: usize = memory.data(512 * 32, 16)
export const attributeBytes: i32 = 32
export const TEXTS: usize = memory.data(65536, 16)
/** Address and length of each constant text. */
export const CONSTANTS: usize = memory.data(64 * 8, 16)

/** Words of an attribute: addresses and lengths of `name` and of what stands before its value. */
export const NAME: i32 = 0
export const NAME_LENGTH: i32 = 4
export const HEAD: i32 = 8
export const HEAD_LENGTH: i32 = 12
/** 0 string, 1 int, 2 boolean. */
export const TYPE: i32 = 16
/** Position in the order of slots; -1: none. */
export const SLOT: i32 = 20
/** Which of PLACES it is; -1: none. */
export const PLACE: i32 = 24

/** Where a record has what is asked of it: from and to, 0 for what it has not. */
export const PLACES: usize = memory.data(8 * 8, 16)
export const ID: i32 = 0
export const SEQ: i32 = 1
export const ACTION: i32 = 2
export const SERVICE: i32 = 3
export const ROLE: i32 = 4
export const ISSUER: i32 = 5
export const OUTCOME: i32 = 6
export const OBSERVED_BY: i32 = 7

/** What is to be hashed: the record, and each of its openings, a little more than 8 KiB apart. */
export const RECORD: usize = memory.data(65536 + 16, 16)
export const OPENINGS: usize = memory.data((8192 + 192) * 16, 16)
export const openingStep: i32 = 8192 + 192
/** Bytes of each, the record first; and their hashes. */
export const LENGTHS: usize = memory.data(4 * 17, 16)
export const HASHES: usize = memory.data(32 * 17, 16)

/** Names by hash: an attribute's number and one, or nothing. */
const NAMES: usize = memory.data(2048 * 2, 16)
const namesMask: i32 = 2047

@inline
export function attributeAt(number: i32): usize {
  return ATTRIBUTES + number * attributeBytes
}

@inline
export function word(attribute: usize, which: i32): i32 {
  return load<i32>(attribute + which)
}

@inline
export function placeOf(which: i32): usize {
  return load<u32>(PLACES + 8 * which)
}

@inline
export function placeEnd(which: i32): usize {
  return load<u32>(PLACES + 8 * which, 4)
}

/** How many attributes there are. */
export let attributes: i32 = 0

/** Enters the names of so many attributes. */
export function enter(count: i32): void {
  attributes = count
  for (let number = 0; number < count; number++) {
    const attribute = attributeAt(number)
    let place = hashOf(word(attribute, NAME), word(attribute, NAME_LENGTH)) & namesMask
    while (load<u16>(NAMES + 2 * place) != 0) place = (place + 1) & namesMask
    store<u16>(NAMES + 2 * place, <u16>(number + 1))
  }
}

/** The number of the attribute of that name; -1 for none. */
export function find(name: usize, length: i32): i32 {
  let place = hashOf(name, length) & namesMask
  let number = <i32>load<u16>(NAMES + 2 * place) - 1
  while (number >= 0 && !isName(attributeAt(number), name, length)) {
    place = (place + 1) & namesMask
    number = <i32>load<u16>(NAMES + 2 * place) - 1
  }
  return number
}

function isName(attribute: usize, name: usize, length: i32): bool {
  return word(attribute, NAME_LENGTH) == length && isSame(word(attribute, NAME), name, length)
}

/** FNV-1a. */
function hashOf(name: usize, length: i32): i32 {
  let hash: u32 = 2166136261
  for (let i = 0; i < length; i++) hash = (hash ^ load<u8>(name + i)) * 16777619
  return hash ^ (hash >>> 15)
}
