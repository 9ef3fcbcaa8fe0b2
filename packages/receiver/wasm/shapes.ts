// Shapes of spans: what follows from which attributes they have, and in which order. Spans of a
// service have a few, so that it is worked out once for each of these.
import { isSame } from '@grantlog/ledger/wasm/bytes'
import {
  attributeAt,
  attributesMax,
  CLAIM,
  IS_SALT,
  RANK,
  SLOT,
  slotsMax,
  TYPE,
  word,
} from './memory'
import * as span from './parse'
import { KNOWN } from './parse'

/**
 * Words of each: how many attributes, and their numbers; places of attributes in the order of JCS,
 * and of each the next of its slot; of each slot, and of none behind them, the first of these; the
 * place of a slot's salt, or -1; bits of the slots that an attribute is about; places of the id and
 * of the number; how many claims are texts, and which, with their places.
 */
const COUNT: i32 = 0
const NUMBERS: i32 = 16
export const ORDER: i32 = NUMBERS + 4 * attributesMax
export const NEXT_OF_SLOT: i32 = ORDER + 4 * attributesMax
export const FIRST: i32 = NEXT_OF_SLOT + 4 * attributesMax
export const SALTS: i32 = FIRST + 4 * (slotsMax + 1)
export const TOUCHED: i32 = SALTS + 4 * slotsMax
export const ID_PLACE: i32 = TOUCHED + 4
export const NUMBER_PLACE: i32 = ID_PLACE + 4
export const CLAIM_COUNT: i32 = NUMBER_PLACE + 4
export const CLAIM_PLACES: i32 = CLAIM_COUNT + 4
const shapeBytes: i32 = 2048
const shapesMax: i32 = 8
const SHAPES: usize = memory.data(8 * 2048, 16)
/** That of the span, and which is forgotten next. */
export let shape: usize = SHAPES
let oldest: i32 = 0
/** Of each slot, and of none, the last attribute while a shape is made. */
const LAST: usize = memory.data(9 * 4, 16)

/** The first so many every record has. */
const requiredClaims: i32 = 5
export const idClaim: i32 = 0
const numberClaim: i32 = 1

/** The type of a text; see memory.ts. */
const stringType: i32 = 0

/** Finds the shape of the span, or makes it; false for one that no record has. */
export function isShaped(): bool {
  const bytes = 4 * span.count
  for (let i = 0; i < shapesMax; i++) {
    shape = SHAPES + i * shapeBytes
    if (load<i32>(shape) == span.count && isSame(shape + NUMBERS, KNOWN, bytes)) return true
  }
  shape = SHAPES + oldest * shapeBytes
  store<i32>(shape, -1)
  if (!sort() || !assign()) return false
  chain()
  store<i32>(shape, span.count, COUNT)
  memory.copy(shape + NUMBERS, KNOWN, bytes)
  oldest = (oldest + 1) % shapesMax
  return true
}

/** False when there is an attribute twice. */
function sort(): bool {
  const order = shape + ORDER
  for (let i = 0; i < span.count; i++) {
    const rank = rankAt(i)
    let at = i
    for (; at > 0; at--) {
      const before = load<i32>(order + 4 * (at - 1))
      const other = rankAt(before)
      if (other == rank) return false
      if (other < rank) break
      store<i32>(order + 4 * at, before)
    }
    store<i32>(order + 4 * at, i)
  }
  return true
}

/** Looks for claims and salts; false when a claim is not there that must be. */
function assign(): bool {
  memory.fill(shape + SALTS, 0xff, 4 * slotsMax)
  let required = 0
  let touched = 0
  let texts = 0
  for (let place = 0; place < span.count; place++) {
    const known = knownAt(place)
    const slot = word(known, SLOT)
    if (slot >= 0) touched |= 1 << slot
    if (word(known, IS_SALT) != 0) store<i32>(shape + SALTS + 4 * slot, place)
    const claim = word(known, CLAIM)
    if (claim < 0) continue
    if (claim < requiredClaims) required++
    if (claim == idClaim) store<i32>(shape, place, ID_PLACE)
    if (claim == numberClaim) store<i32>(shape, place, NUMBER_PLACE)
    if (word(known, TYPE) != stringType) continue
    store<i32>(shape + CLAIM_PLACES + 8 * texts, claim)
    store<i32>(shape + CLAIM_PLACES + 8 * texts, place, 4)
    texts++
  }
  store<i32>(shape, touched, TOUCHED)
  store<i32>(shape, texts, CLAIM_COUNT)
  return required == requiredClaims
}

/** Attributes of one slot after the other, and those of none, each in order; without salts. */
function chain(): void {
  memory.fill(shape + FIRST, 0xff, 4 * (slotsMax + 1))
  for (let i = 0; i < span.count; i++) {
    const known = knownAt(load<i32>(shape + ORDER + 4 * i))
    if (word(known, IS_SALT) != 0) continue
    const slot = word(known, SLOT)
    const list = 4 * (slot < 0 ? slotsMax : slot)
    const last = load<i32>(LAST + list)
    const isFirst = load<i32>(shape + FIRST + list) < 0
    store<i32>(isFirst ? shape + FIRST + list : shape + NEXT_OF_SLOT + 4 * last, i)
    store<i32>(LAST + list, i)
    store<i32>(shape + NEXT_OF_SLOT + 4 * i, -1)
  }
}

@inline
export function knownAt(place: i32): usize {
  return attributeAt(load<i32>(KNOWN + 4 * place))
}

function rankAt(place: i32): i32 {
  return word(knownAt(place), RANK)
}
