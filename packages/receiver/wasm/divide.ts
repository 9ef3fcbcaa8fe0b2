// Openings as the ledger stores them: outlines, and the texts that go under a person's key
// (FORMAT.md 3.3; packages/ledger/src/format/outline.ts does the same to openings as they are).
import { copy } from '@grantlog/ledger/wasm/bytes'
import { CONSTANTS, OUTLINES, VALUES } from './memory'
import { to } from './write'

/** Where the next bytes go. */
let outlineTo: usize = OUTLINES
let valueTo: usize = VALUES
/** The length of the outline that is being written. */
let lengthAt: usize = OUTLINES

export function restart(): void {
  outlineTo = OUTLINES
  valueTo = VALUES
}

/** A slot, by the constant that its name stands in: between quotes, with a colon and another. */
export function begin(head: i32): void {
  const name: usize = <usize>load<i32>(CONSTANTS + 8 * head) + 1
  const length: i32 = load<i32>(CONSTANTS + 8 * head + 4) - 4
  store<u8>(outlineTo, length)
  copy(outlineTo + 1, name, length)
  lengthAt = outlineTo + 1 + length
  outlineTo = lengthAt + 2
}

/** A text was written from `at` on; what is before it, from `outlined` on, is of the outline. */
export function text(outlined: usize, at: usize): usize {
  outline(outlined, at)
  u16(valueTo, to - at)
  copy(valueTo + 2, at, <i32>(to - at))
  valueTo += 2 + to - at
  return to
}

export function end(outlined: usize): void {
  outline(outlined, to)
  u16(lengthAt, outlineTo - lengthAt - 2)
}

function outline(from: usize, until: usize): void {
  copy(outlineTo, from, <i32>(until - from))
  outlineTo += until - from
}

export function outlineBytes(): i32 {
  return <i32>(outlineTo - OUTLINES)
}

export function valueBytes(): i32 {
  return <i32>(valueTo - VALUES)
}

/** Big endian. */
@inline
function u16(at: usize, number: usize): void {
  store<u8>(at, number >> 8)
  store<u8>(at + 1, number)
}
