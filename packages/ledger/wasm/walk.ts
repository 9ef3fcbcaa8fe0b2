// The way through a commit's bytes, entry by entry, each with its leaf (FORMAT.md 3.2 and 3.3): for
// the check of its records (commit.ts), and for who only reads them (rows.ts).
import { isSame } from './bytes'
import { ACTION, CONSTANTS, ID, placeEnd, placeOf, SEQ } from './memory'

/** What is said of an entry; the same in machine.ts. */
export const UNUSUAL = 0
export const READ = 1
export const NEW_RUN = 2
export const NEW_SCOPE = 3
export const NEW_KEY = 4
export const FULL = 5
export const AT_END = 6

/** Constant texts, in the order of machine.ts. By type: the end of a leaf. */
const ENDINGS = 18
/** By type, from 1 on: the action of a start, a heartbeat and a stop. */
const ACTIONS = 22

// {"digest":"<43>","id":"<36>","instance":"<22>","kid":"<43>","receivedAt":<n>,"seq":<n>,…
export const digestAt = 11
const idNameAt = digestAt + 43
const idAt = idNameAt + 8
const commonAt = idAt + 36

/** Where the commit is: the next entry, the end of all, the next leaf. */
export let at: usize = 0
export let end: usize = 0
export let leafAt: usize = 0

/** The run: records one behind the other whose leaves have the same form. */
let example: usize = 0
let seqAt: i32 = 0

/** Of the leaf that was looked at last: the next one, its number, and its type. */
let nextLeaf: usize = 0
export let seq: f64 = 0
export let type: i32 = 0

/** Of the record that was entered: its canonical form, and what is stored of its subjects. */
export let canonical: usize = 0
export let canonicalEnd: usize = 0
export let subjects: usize = 0

/** From the first entry of a commit to its end, and its leaves. */
export function enterCommit(from: usize, until: usize, leaves: usize): void {
  at = from
  end = until
  leafAt = leaves
}

/** The next leaf is the first of a run; `seqPlace`: where its number is. */
export function enterRun(seqPlace: i32): void {
  example = leafAt + 2
  seqAt = seqPlace
}

/** False when the next entry is no record, or does not lie there as a whole. */
export function enterRecord(): bool {
  if (end - at < 7 || load<u8>(at) != 0) return false
  canonical = at + 7
  const length = block(at + 3)
  if (length < 0) return false
  canonicalEnd = canonical + length
  const unsigned = block(canonicalEnd)
  if (unsigned < 0) return false
  subjects = canonicalEnd + 4 + unsigned
  return subjects < end
}

/** The next entry begins there, and has the next leaf. */
export function goTo(next: usize): void {
  at = next
  leafAt = nextLeaf
}

/** Goes over an entry, whatever it is; false when it does not end within the commit. */
export function passEntry(): bool {
  const kind: i32 = load<u8>(at)
  const content = at + (kind == 0 ? 3 : 1)
  let from: usize = content > end ? 0 : behind(content)
  if (kind > 2 || from == 0) return false
  if (kind != 1) {
    from = behind(from)
    if (from == 0 || from >= end) return false
    let parts: i32 = load<u8>(from++)
    for (; parts > 0; parts--) {
      if (end - from < 32) return false
      from = behind(from + 32)
      if (from != 0) from = behind(from)
      if (from == 0) return false
    }
  }
  nextLeaf = leafAt + 2 + bswap<u16>(load<u16>(leafAt))
  goTo(from)
  return true
}

/** Where what is behind a block begins; 0: it does not lie there as a whole. */
function behind(from: usize): usize {
  const length = block(from)
  return length < 0 ? 0 : from + 4 + length
}

/** The length of a block that lies there as a whole; -1: it does not. */
@inline
export function block(from: usize): i32 {
  if (from > end || end - from < 4) return -1
  const length = bswap<u32>(load<u32>(from))
  return <u64>length <= <u64>(end - from - 4) ? <i32>length : -1
}

/** Whether the next leaf is of the run's form up to its number, whatever its digest and id are. */
@inline
export function fits(): bool {
  const entry = leafAt + 2
  return (
    isSame(entry + commonAt, example + commonAt, seqAt - commonAt) &&
    isSame(entry, example, digestAt) &&
    isSame(entry + idNameAt, example + idNameAt, idAt - idNameAt)
  )
}

/** Whether the leaf, which fits, is of this record, but for the digest. */
@inline
export function isOfLeaf(): bool {
  const entry = leafAt + 2
  const length: i32 = bswap<u16>(load<u16>(leafAt))
  nextLeaf = entry + length
  const from = placeOf(SEQ)
  const digits = <i32>(placeEnd(SEQ) - from)
  type = typeOf()
  const ending: usize = load<u32>(CONSTANTS + 8 * (ENDINGS + type))
  const endingLength = load<i32>(CONSTANTS + 8 * (ENDINGS + type), 4)
  seq = 0
  for (let i = 0; i < digits; i++) seq = seq * 10 + <f64>(<i32>load<u8>(from + i) - 0x30)
  return (
    length == seqAt + digits + endingLength &&
    isSame(entry + idAt, placeOf(ID), 36) &&
    isSame(entry + seqAt, from, digits) &&
    isSame(entry + seqAt + digits, ending, endingLength)
  )
}

/** What a record says of its stream; 0: nothing. */
function typeOf(): i32 {
  const from = placeOf(ACTION)
  const length = <i32>(placeEnd(ACTION) - from)
  for (let word = 1; word <= 3; word++) {
    const place = CONSTANTS + 8 * (ACTIONS + word - 1)
    if (load<i32>(place, 4) == length && isSame(load<u32>(place), from, length)) return word
  }
  return 0
}
