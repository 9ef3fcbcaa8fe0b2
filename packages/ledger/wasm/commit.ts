// Checks the records of a commit on their bytes, in AssemblyScript: `npm run generate` compiles
// this folder into src/module.generated.ts. What it takes and gives is written in
// src/audit/quick.ts, which runs it; quick.test.ts compares it with the readable check.
//
// Two phases for each record, for SHA-256 is Node's: `read` goes over its bytes and writes what is
// to be hashed; when that stands in HASHES, `check` compares everything with it.
import { decipher } from './aes'
import { isBase64urlOf } from './base64url'
import { scheduleOf } from './keys'
import {
  ACTION,
  CONSTANTS,
  copy,
  HASHES,
  ID,
  ISSUER,
  OBSERVED_BY,
  isSame,
  LENGTHS,
  openingBytesMax,
  OPENINGS,
  openingsMax,
  openingStep,
  placeEnd,
  placeOf,
  RECORD,
  recordBytesMax,
  ROLE,
  SEQ,
  SERVICE,
  valuesBytesMax,
} from './memory'
import { COMMITMENTS, scanOpening, scanRecord, slot, slotText } from './scan'

export { forget } from './scan'
export { addKey, forgetKeys, KEY, keyId, keysMax } from './keys'
export { applyStream, dropKeys, NONCE, placesMax, putKey } from './key-stream'
export { STREAM_KEY, TEXT, textBytesMax } from './key-stream'
export { hashEntries, LEAF_HASHES, LEAVES, leavesBytesMax, takenBytes } from './leaves'
export { fold, hashLeaves, NODES, nodesMax } from './merkle'
// By itself, for the vectors of the standards.
export { decipher, expandKey, scheduleBytes } from './aes'
export {
  attributeBytesMax,
  ATTRIBUTES,
  CONSTANTS,
  enter,
  HASHES,
  LENGTHS,
  nameBytesMax,
  OPENINGS,
  openingStep,
  PLACES,
  RECORD,
  slotsMax,
  TEXTS,
} from './memory'

/** What `read` says; the same in machine.ts. */
const UNUSUAL = 0
const READ = 1
const NEW_RUN = 2
const NEW_SCOPE = 3
const NEW_KEY = 4

/** Constant texts, in the order of machine.ts. */
const RECORD_DOMAIN = 0
const SLOT_DOMAIN = 1
/** By type: the end of a leaf. */
const ENDINGS = 18
/** By type, from 1 on: the action of a start, a heartbeat and a stop. */
const ACTIONS = 22
const domainLength = 17

// {"digest":"<43>","id":"<36>","instance":"<22>","kid":"<43>","receivedAt":<n>,"seq":<n>,…
const digestAt = 11
const idNameAt = digestAt + 43
const idAt = idNameAt + 8
const commonAt = idAt + 36

/** Entries of a commit: each its number and its type. */
export const entriesMax: i32 = 8192
export const SEQS: usize = memory.data(8 * 8192, 16)
export const TYPES: usize = memory.data(8192, 16)

/** Where the commit is: the next record, the end of all, the next leaf. */
let at: usize = 0
let end: usize = 0
let leafAt: usize = 0
let count: i32 = 0

/** The run: records of one batch whose leaves have the same form. */
let batch: i32 = -1
let firstSeq: f64 = 0
let digests: usize = 0
let batchCount: i32 = 0
let example: usize = 0
let seqAt: i32 = 0

/** What of a key's scope was looked at already: five texts each. */
const SCOPES: usize = memory.data(16 * 40, 16)
const scopesMax: i32 = 16
let scopes: i32 = 0

/** Values of one person's openings. */
const VALUES: usize = memory.data(65536 + 128, 16)

/** The record that was read. */
let next: usize = 0
let nextLeaf: usize = 0
let seq: f64 = 0
let type: i32 = 0
let openings: i32 = 0
/** Where the next byte of an opening goes. */
let to: usize = 0
/** Where the commitment of each of its openings is. */
const COMMITTED: usize = memory.data(4 * 16, 16)

/** A commit: from its first entry to its end, and its leaves. */
export function begin(from: usize, until: usize, leaves: usize): void {
  at = from
  end = until
  leafAt = leaves
  count = 0
  batch = -1
}

/** Where the record lies that comes next, and its leaf; how many there were; whether it is all. */
export function place(): usize {
  return at
}

export function leaf(): usize {
  return leafAt
}

export function isAtEnd(): bool {
  return at == end
}

/** The next leaf is the first of a run; `seqPlace`: where its number is. */
export function beginRun(inBatch: i32, seqPlace: i32): void {
  batch = inBatch
  example = leafAt + 2
  seqAt = seqPlace
  scopes = 0
}

/** The batch of the run: its first number, its digests, and how many there are. */
export function useBatch(first: f64, from: usize, length: i32): void {
  firstSeq = first
  digests = from
  batchCount = length
}

export function read(): i32 {
  if (count == entriesMax || end - at < 7 || load<u8>(at) != 0) return UNUSUAL
  const canonical = at + 7
  const length = block(at + 3)
  if (length < 0 || length > recordBytesMax - domainLength) return UNUSUAL
  const unsigned = canonical + length
  const unsignedLength = block(unsigned)
  if (unsignedLength < 0) return UNUSUAL
  const subjects = unsigned + 4 + unsignedLength
  if (subjects >= end) return UNUSUAL
  if (<i32>bswap<u16>(load<u16>(at + 1)) != batch || !fits()) return NEW_RUN
  if (!scanRecord(canonical, unsigned) || !isOfLeaf()) return UNUSUAL
  if (!isInScope()) return NEW_SCOPE
  copyDomain(RECORD_DOMAIN, RECORD)
  memory.copy(RECORD + domainLength, canonical, length)
  store<i32>(LENGTHS, domainLength + length)
  openings = 0
  return open(subjects)
}

/** How many openings are to be hashed behind the record. */
export function opens(): i32 {
  return openings
}

/** The length of a block that lies there as a whole; -1: it does not. */
@inline
function block(from: usize): i32 {
  if (from > end || end - from < 4) return -1
  const length = bswap<u32>(load<u32>(from))
  return <u64>length <= <u64>(end - from - 4) ? <i32>length : -1
}

/** Whether the next leaf is of the run's form up to its number, whatever its digest and id are. */
@inline
function fits(): bool {
  const entry = leafAt + 2
  return (
    isSame(entry + commonAt, example + commonAt, seqAt - commonAt) &&
    isSame(entry, example, digestAt) &&
    isSame(entry + idNameAt, example + idNameAt, idAt - idNameAt)
  )
}

/** Whether the leaf, which fits, is of this record, but for the digest. */
@inline
function isOfLeaf(): bool {
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

/** Whether a record of the run that said the same was found to be in the key's scope. */
function isInScope(): bool {
  for (let i = 0; i < scopes; i++) {
    const known = SCOPES + 40 * i
    if (
      isKnown(known, ACTION) &&
      isKnown(known + 8, SERVICE) &&
      isKnown(known + 16, ROLE) &&
      isKnown(known + 24, ISSUER) &&
      isKnown(known + 32, OBSERVED_BY)
    ) {
      return true
    }
  }
  return false
}

@inline
function isKnown(known: usize, which: i32): bool {
  const from = placeOf(which)
  const length = <i32>(placeEnd(which) - from)
  return load<i32>(known, 4) == length && isSame(load<u32>(known), from, length)
}

/** What the record says is in the scope; of many kinds of records the last is forgotten. */
export function addScope(): void {
  if (scopes == scopesMax) scopes--
  const known = SCOPES + 40 * scopes++
  note(known, ACTION)
  note(known + 8, SERVICE)
  note(known + 16, ROLE)
  note(known + 24, ISSUER)
  note(known + 32, OBSERVED_BY)
}

function note(known: usize, which: i32): void {
  store<u32>(known, <u32>placeOf(which))
  store<u32>(known, <u32>(placeEnd(which) - placeOf(which)), 4)
}

/** Decrypts the openings of all persons, and puts them together. */
function open(subjects: usize): i32 {
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
    decipher(schedule, from + 16, text + 4, length, VALUES)
    if (!join(outline, text, VALUES + length)) return UNUSUAL
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
function copyDomain(which: i32, place: usize): void {
  const text: usize = load<u32>(CONSTANTS + 8 * which)
  v128.store(place, v128.load(text))
  store<u8>(place + 16, load<u8>(text + 16))
}

/** Whether everything is what the hashes say; then the next record's turn comes. */
export function check(): bool {
  const index = <i32>(seq - firstSeq)
  if (seq < firstSeq || seq >= firstSeq + <f64>batchCount) return false
  if (!isSame(HASHES, digests + 32 * index, 32)) return false
  if (!isBase64urlOf(HASHES, leafAt + 2 + digestAt)) return false
  for (let i = 0; i < openings; i++) {
    if (!isBase64urlOf(HASHES + 32 * (i + 1), load<u32>(COMMITTED + 4 * i))) return false
  }
  store<f64>(SEQS + 8 * count, seq)
  store<u8>(TYPES + count, <u8>type)
  count++
  at = next
  leafAt = nextLeaf
  return true
}
