// Where everything lies. Areas that JavaScript writes or reads are exported as addresses; what
// reads or writes in steps of sixteen bytes may go over an end by fifteen, so that each area has
// that much room behind it.
import { isSame } from '@grantlog/ledger/wasm/bytes'

/** Bytes of a span that is scanned; a longer one is for the strict reader. */
export const inputBytesMax: i32 = 65536
/** Attributes of a span that is scanned; a record has about 40. */
export const attributesMax: i32 = 128
/** The same as in @grantlog/record: machine.ts compares them. */
export const attributeBytesMax: i32 = 1024
export const nameBytesMax: i32 = 256
export const slotsMax: i32 = 8
export const claimsMax: i32 = 16
/** Parts of a span that sinks are not shown. */
export const hiddenMax: i32 = 256

/** The span. */
export const INPUT: usize = memory.data(65536 + 16, 16)
/**
 * What is written. Each byte of a text may need another before it, and is there once more as it is
 * shown, and as it is divided; what is written around an attribute has at most 32 bytes, and all
 * that is of none 3 KiB.
 */
export const OUTPUT: usize = memory.data(6 * 65536 + 3 * 32 * 128 + 2 * 3072 + 16, 16)
/** Outlines and texts of openings, while they are divided. */
export const OUTLINES: usize = memory.data(65536 + 32 * 128 + 3072 + 16, 16)
export const VALUES: usize = memory.data(2 * 65536 + 2 * 256 + 16, 16)
/** 43 characters of base64url for each slot, 64 bytes apart. */
export const COMMITMENTS: usize = memory.data(64 * 8, 16)

/** Attributes that there are: `attributeBytes` each, the words below; and their names and heads. */
export const ATTRIBUTES: usize = memory.data(512 * 48, 16)
export const attributeBytes: i32 = 48
export const TEXTS: usize = memory.data(65536, 16)
/** Address and length of each constant text. */
export const CONSTANTS: usize = memory.data(64 * 8, 16)
/** Slots as JCS orders them, and whether sinks are shown only the commitment: a byte each. */
export const SLOT_ORDER: usize = memory.data(8, 8)
export const SLOT_HIDDEN: usize = memory.data(8, 8)

/** Words of an attribute: addresses and lengths of `name` and of what stands before its value. */
export const NAME: i32 = 0
export const NAME_LENGTH: i32 = 4
export const HEAD: i32 = 8
export const HEAD_LENGTH: i32 = 12
/** 0 string, 1 int, 2 boolean. */
export const TYPE: i32 = 16
export const SINCE: i32 = 20
/** -1: none. */
export const SLOT: i32 = 24
export const IS_SALT: i32 = 28
/** -1: none. */
export const CLAIM: i32 = 32
export const IS_HIDDEN: i32 = 36
export const RANK: i32 = 40
/** The attribute that came after it last; changes. */
export const NEXT: i32 = 44

/** What was found, for JavaScript: from and to, in OUTPUT or, of claims, in INPUT. */
export const OPENINGS: usize = memory.data(8 * 8, 8)
export const CLAIMS: usize = memory.data(16 * 8, 8)
/** Words that say what was found; see scan.ts. */
export const FOUND: usize = memory.data(8 * 4, 8)

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

/** Enters the names of so many attributes. */
export function enter(count: i32): void {
  for (let number = 0; number < count; number++) {
    const attribute = attributeAt(number)
    store<i32>(attribute + NEXT, -1)
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

export function isName(attribute: usize, name: usize, length: i32): bool {
  return word(attribute, NAME_LENGTH) == length && isSame(word(attribute, NAME), name, length)
}

/** FNV-1a. */
function hashOf(name: usize, length: i32): i32 {
  let hash: u32 = 2166136261
  for (let i = 0; i < length; i++) hash = (hash ^ load<u8>(name + i)) * 16777619
  return hash ^ (hash >>> 15)
}
