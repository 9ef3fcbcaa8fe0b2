// Writing into OUTPUT, one after the other. Who calls has made sure that there is room.
import { copy } from '@grantlog/ledger/wasm/bytes'
import { CONSTANTS, OUTPUT } from './memory'

/** Where the next byte goes. */
export let to: usize = OUTPUT

export function restart(): void {
  to = OUTPUT
}

@inline
export function byte(value: i32): void {
  store<u8>(to++, value)
}

/** A little is written behind the end, and written over by what follows. */
@inline
export function raw(from: usize, length: i32): void {
  copy(to, from, length)
  to += length
}

export function constant(which: i32): void {
  raw(load<i32>(CONSTANTS + 8 * which), load<i32>(CONSTANTS + 8 * which + 4))
}

/** Lower-case hex. */
export function hex(from: usize, length: i32): void {
  for (let i = 0; i < length; i++) {
    const value: i32 = load<u8>(from + i)
    byte(digit(value >> 4))
    byte(digit(value & 15))
  }
}

@inline
function digit(value: i32): i32 {
  return value < 10 ? 0x30 + value : 0x57 + value
}

export function decimal(value: u64): void {
  let length = 1
  for (let rest = value; rest > 9; rest /= 10) length++
  let rest = value
  for (let i = length - 1; i >= 0; i--) {
    store<u8>(to + i, <i32>(0x30 + (rest % 10)))
    rest /= 10
  }
  to += length
}

/** Text as JSON writes it, without its quotes; false for control characters, and bad UTF-8. */
export function json(from: usize, end: usize): bool {
  let at = from
  while (at < end) {
    if (at + 8 <= end) {
      const eight = load<u64>(at)
      if (isPlain(eight)) {
        store<u64>(to, eight)
        to += 8
        at += 8
        continue
      }
    }
    const value: i32 = load<u8>(at)
    if (value < 0x20) return false
    if (value > 0x7f) {
      const length = utf8(at, end)
      if (length == 0) return false
      for (let i = 0; i < length; i++) byte(load<u8>(at + i))
      at += length
      continue
    }
    // '"' and '\'
    if (value == 0x22 || value == 0x5c) byte(0x5c)
    byte(value)
    at++
  }
  return true
}

/** No byte of eight is a control character, '"' or '\', or not ASCII; may say no in vain. */
@inline
function isPlain(eight: u64): bool {
  const ones: u64 = 0x0101010101010101
  const quotes = eight ^ 0x2222222222222222
  const slashes = eight ^ 0x5c5c5c5c5c5c5c5c
  const low = eight - 0x2020202020202020
  return ((eight | low | (quotes - ones) | (slashes - ones)) & 0x8080808080808080) == 0
}

/** Bytes of the character that begins there (RFC 3629, 4); 0 for none. */
function utf8(at: usize, end: usize): i32 {
  const first: i32 = load<u8>(at)
  const length = first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0
  if (length == 0 || at + length > end) return 0
  const second: i32 = load<u8>(at + 1)
  const least = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80
  const most = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf
  if (second < least || second > most) return 0
  for (let i = 2; i < length; i++) if ((load<u8>(at + i) & 0xc0) != 0x80) return 0
  return length
}
