// Openings as the ledger stores them: outlines, and the texts that go under a person's key
// (FORMAT.md 3.3; packages/ledger/src/format/outline.ts does the same to openings as they are).
import { OUTLINES, VALUES } from './memory'

/** Where the next bytes go. */
let outlineTo: usize = OUTLINES
let valueTo: usize = VALUES
/** The length of the outline that is being written. */
let lengthAt: usize = OUTLINES

export function restart(): void {
  outlineTo = OUTLINES
  valueTo = VALUES
}

export function begin(name: usize, length: i32): void {
  store<u8>(outlineTo, length)
  memory.copy(outlineTo + 1, name, length)
  lengthAt = outlineTo + 1 + length
  outlineTo = lengthAt + 2
}

export function outline(from: usize, until: usize): void {
  memory.copy(outlineTo, from, until - from)
  outlineTo += until - from
}

export function value(from: usize, until: usize): void {
  u16(valueTo, until - from)
  memory.copy(valueTo + 2, from, until - from)
  valueTo += 2 + until - from
}

export function end(): void {
  u16(lengthAt, outlineTo - lengthAt - 2)
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
