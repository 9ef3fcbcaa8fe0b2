// Checks the records of a commit on their bytes, in AssemblyScript: `npm run generate` compiles
// this folder into src/module.generated.ts. What it takes and gives is written in
// src/audit/quick.ts, which runs it; quick.test.ts compares it with the readable check.
//
// Two phases for each record, for SHA-256 is Node's: `read` goes over its bytes and writes what is
// to be hashed; when that stands in HASHES, `check` compares everything with it.
import { isBase64urlOf } from './base64url'
import {
  ACTION,
  HASHES,
  ISSUER,
  OBSERVED_BY,
  LENGTHS,
  placeEnd,
  placeOf,
  RECORD,
  recordBytesMax,
  ROLE,
  SERVICE,
  slotsMax,
} from './memory'
import { isSame } from './bytes'
import { COMMITTED, copyDomain, domainLength, next, open, opened, openings } from './openings'
import { COMMITMENTS, readStrictly, scanRecord } from './scan'
import {
  at,
  canonical,
  canonicalEnd,
  digestAt,
  end,
  enterCommit,
  enterRecord,
  enterRun,
  fits,
  goTo,
  isOfLeaf,
  leafAt,
  NEW_RUN,
  NEW_SCOPE,
  READ,
  seq,
  subjects,
  type,
  UNUSUAL,
} from './walk'

export { forget } from './scan'
export { addErased, addKey, forgetKeys, KEY, keyId, keysMax } from './keys'
export { beginReading, COLUMNS, HEADS, nextRun, PRESENT, readRows, rows } from './rows'
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
export { fingerprint, forgetValues, VALUES } from './values'
export { passEntry } from './walk'

/** A constant text, in the order of machine.ts. */
const RECORD_DOMAIN = 0

/** Entries of a commit: each its number and its type. */
export const entriesMax: i32 = 8192
export const SEQS: usize = memory.data(8 * 8192, 16)
export const TYPES: usize = memory.data(8192, 16)

let count: i32 = 0

/** The run: records of one batch whose leaves have the same form. */
let batch: i32 = -1
let firstSeq: f64 = 0
let digests: usize = 0
let batchCount: i32 = 0

/** What of a key's scope was looked at already: five texts each. */
const SCOPES: usize = memory.data(16 * 40, 16)
const scopesMax: i32 = 16
let scopes: i32 = 0

/** A commit: from its first entry to its end, and its leaves. */
export function begin(from: usize, until: usize, leaves: usize): void {
  readStrictly(true)
  enterCommit(from, until, leaves)
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
  enterRun(seqPlace)
  scopes = 0
}

/** The batch of the run: its first number, its digests, and how many there are. */
export function useBatch(first: f64, from: usize, length: i32): void {
  firstSeq = first
  digests = from
  batchCount = length
}

export function read(): i32 {
  if (count == entriesMax || !enterRecord()) return UNUSUAL
  const length = <i32>(canonicalEnd - canonical)
  if (length > recordBytesMax - domainLength) return UNUSUAL
  if (<i32>bswap<u16>(load<u16>(at + 1)) != batch || !fits()) return NEW_RUN
  if (!scanRecord(canonical, canonicalEnd) || !isOfLeaf()) return UNUSUAL
  if (!isInScope()) return NEW_SCOPE
  copyDomain(RECORD_DOMAIN, RECORD)
  memory.copy(RECORD + domainLength, canonical, length)
  store<i32>(LENGTHS, domainLength + length)
  const said = open(subjects)
  return said == READ && opened != committed() ? UNUSUAL : said
}

/** Slots that the record commits to: all of them were opened, or something was taken out. */
function committed(): i32 {
  let slots = 0
  for (let which = 0; which < slotsMax; which++) {
    if (load<u32>(COMMITMENTS + 4 * which) != 0) slots |= 1 << which
  }
  return slots
}

/** How many openings are to be hashed behind the record. */
export function opens(): i32 {
  return openings
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
  goTo(next)
  return true
}
