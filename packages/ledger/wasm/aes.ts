// AES-256 (FIPS 197) in counter mode (SP 800-38A, 6.5), by vector permutations: Hamburg,
// "Accelerating AES with Vector Permute Instructions" (2009). Sixteen bytes are looked up at once
// in a table that is one vector, so that neither time nor memory accesses depend on key or text.
// See src/machine.test.ts, which has the vectors of the standards.
//
// A byte is a pair of GF(16): x = low + high·θ with θ² + aθ + a = 0. With n = low² + a·low·high +
// a·high², its norm, 1/x = ((low + a·high) + high·θ) / n. Five look-ups of four bits and additions
// give n / (low + a·high) and n / (low + a·high + a·low); of these, 1/x and all that is linear in
// it is one table each, added up.

const blockBytes: i32 = 16
const roundKeys: i32 = 15
const lastKey: i32 = blockBytes * (roundKeys - 1)
export const scheduleBytes: i32 = blockBytes * roundKeys
/** What the S-box adds: the same for each byte, so it goes with the round keys. */
const sboxConstant: i32 = 0x63

/** Of the sixteen: one over it, and a over it. Nothing is over 0: then a look-up gives 0. */
const OVER: usize = memory.data(16, 16)
const A_OVER: usize = memory.data(16, 16)
const nothing: i32 = 0x80
/** In memory: as a constant it would be made anew at each use. */
const LOW_BITS: usize = memory.data(16, 16)
/** From a byte to its pair, high ‖ low: of the byte's low bits, and of its high ones. */
const PAIR_LOW: usize = memory.data(16, 16)
const PAIR_HIGH: usize = memory.data(16, 16)
/** From the two quotients to the S-box's value: as a byte, as a pair, and the pair of twice it. */
const BYTE_FIRST: usize = memory.data(16, 16)
const BYTE_SECOND: usize = memory.data(16, 16)
const ONCE_FIRST: usize = memory.data(16, 16)
const ONCE_SECOND: usize = memory.data(16, 16)
const TWICE_FIRST: usize = memory.data(16, 16)
const TWICE_SECOND: usize = memory.data(16, 16)

/** Where each byte of a column-wise block comes from, and those one to three below it. */
const SHIFTED: usize = memory.data<u8>([0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11], 16)
const ONE_BELOW: usize = memory.data<u8>([5, 10, 15, 0, 9, 14, 3, 4, 13, 2, 7, 8, 1, 6, 11, 12], 16)
const TWO_BELOW: usize = memory.data<u8>([10, 15, 0, 5, 14, 3, 4, 9, 2, 7, 8, 13, 6, 11, 12, 1], 16)
const THREE_BELOW: usize = memory.data<u8>(
  [15, 0, 5, 10, 3, 4, 9, 14, 7, 8, 13, 2, 11, 12, 1, 6],
  16,
)

/** From a number to its bytes, the highest first. */
const REVERSED: usize = memory.data<u8>([15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0], 16)

/** x⁴ + x + 1, and AES's polynomial. In GF(16), a; in GF(256), GF(16)'s x, and θ. */
const modulus16: i32 = 0x13
const modulus256: i32 = 0x11b
const a: i32 = 2
const x16: i32 = 0x5c
const theta: i32 = 0xb2
makeTables()

/** Writes the round keys of 32 bytes of key; behind the first as `round` takes them. */
export function expandKey(key: usize, schedule: usize): void {
  memory.copy(schedule, key, 32)
  let factor: u32 = 1
  for (let word = 8; word < 4 * roundKeys; word++) {
    const at = schedule + 4 * word
    let value = load<u32>(at - 4)
    if (word % 8 == 0) {
      value = substituted(rotr<u32>(value, 8)) ^ factor
      factor <<= 1
    } else if (word % 8 == 4) value = substituted(value)
    store<u32>(at, load<u32>(at - 32) ^ value)
  }
  const constant = i8x16.splat(<i8>sboxConstant)
  for (let at = blockBytes; at < lastKey; at += blockBytes) {
    v128.store(schedule + at, pairs(v128.xor(v128.load(schedule + at), constant)))
  }
  const last = schedule + lastKey
  v128.store(last, v128.xor(v128.load(last), constant))
}

/** The S-box of four bytes. */
function substituted(word: u32): u32 {
  const pair = pairs(i32x4.splat(<i32>word))
  const bytes = sum(BYTE_FIRST, first(pair), BYTE_SECOND, second(pair))
  return <u32>i32x4.extract_lane(v128.xor(bytes, i8x16.splat(<i8>sboxConstant)), 0)
}

/** Writes text XOR key stream; goes over the end by up to 47 bytes. `nonce`: the first counter. */
export function decipher(schedule: usize, nonce: usize, text: usize, length: i32, to: usize): void {
  let high = bswap<u64>(load<u64>(nonce))
  let low = bswap<u64>(load<u64>(nonce, 8))
  for (let done = 0; done < length; done += 3 * blockBytes) {
    // Several at a time: the steps of one have to wait for each other.
    let one = begun(high, low, schedule)
    if (++low == 0) high++
    let two = begun(high, low, schedule)
    if (++low == 0) high++
    let three = begun(high, low, schedule)
    if (++low == 0) high++
    for (let at = schedule + blockBytes; at < schedule + lastKey; at += blockBytes) {
      const key = v128.load(at)
      one = round(one, key)
      two = round(two, key)
      three = round(three, key)
    }
    const key = v128.load(schedule + lastKey)
    const from = text + done
    v128.store(to + done, v128.xor(ended(one, key), v128.load(from)))
    v128.store(to + done, v128.xor(ended(two, key), v128.load(from, 16)), 16)
    v128.store(to + done, v128.xor(ended(three, key), v128.load(from, 32)), 32)
  }
}

/** A counter with the first round key, as pairs. */
@inline
function begun(high: u64, low: u64, key: usize): v128 {
  const counter = i64x2.replace_lane(i64x2.splat(low), 1, high)
  return pairs(v128.xor(moved(counter, REVERSED), v128.load(key)))
}

/** SubBytes, ShiftRows, MixColumns (2a + 3b + c + d of those below each other), the round key. */
@inline
function round(block: v128, key: v128): v128 {
  const p = first(block), q = second(block)
  const once = sum(ONCE_FIRST, p, ONCE_SECOND, q)
  const twice = sum(TWICE_FIRST, p, TWICE_SECOND, q)
  const ab = v128.xor(moved(twice, SHIFTED), moved(v128.xor(once, twice), ONE_BELOW))
  const cd = v128.xor(moved(once, TWO_BELOW), moved(once, THREE_BELOW))
  return v128.xor(v128.xor(ab, cd), key)
}

/** The last round has no MixColumns, and gives bytes. */
@inline
function ended(block: v128, key: v128): v128 {
  const bytes = sum(BYTE_FIRST, first(block), BYTE_SECOND, second(block))
  return v128.xor(moved(bytes, SHIFTED), key)
}

/** Of pairs: n / (low + a·high). */
@inline
function first(pair: v128): v128 {
  return quotient(lowOf(pair), highOf(pair), v128.xor(lowOf(pair), highOf(pair)))
}

/** And n / (low + a·high + a·low). */
@inline
function second(pair: v128): v128 {
  return quotient(lowOf(pair), v128.xor(lowOf(pair), highOf(pair)), highOf(pair))
}

@inline
function quotient(low: v128, by: v128, plus: v128): v128 {
  return v128.xor(found(OVER, v128.xor(found(OVER, by), found(A_OVER, low))), plus)
}

@inline
function lowOf(bytes: v128): v128 {
  return v128.and(bytes, v128.load(LOW_BITS))
}

@inline
function highOf(bytes: v128): v128 {
  return v128.and(v128.shr<u16>(bytes, 4), v128.load(LOW_BITS))
}

/** What bytes are as pairs. */
@inline
function pairs(bytes: v128): v128 {
  return sum(PAIR_LOW, lowOf(bytes), PAIR_HIGH, highOf(bytes))
}

@inline
function sum(table: usize, at: v128, otherTable: usize, otherAt: v128): v128 {
  return v128.xor(found(table, at), found(otherTable, otherAt))
}

/** What a table has for each byte below 16; 0 for `nothing`, whatever else is in it. */
@inline
function found(table: usize, at: v128): v128 {
  return i8x16.relaxed_swizzle(v128.load(table), at)
}

@inline
function moved(block: v128, places: usize): v128 {
  return i8x16.relaxed_swizzle(block, v128.load(places))
}

function makeTables(): void {
  v128.store(LOW_BITS, i8x16.splat(0x0f))
  for (let n = 0; n < 16; n++) {
    const over = inverse16(n)
    store<u8>(OVER + n, n == 0 ? nothing : over)
    store<u8>(A_OVER + n, n == 0 ? nothing : times(a, over, modulus16))
    store<u8>(PAIR_LOW + n, pairOf(n))
    store<u8>(PAIR_HIGH + n, pairOf(n << 4))
    // With p and q for one over the quotients: 1/x is p + high·θ/n, and a²·high/n is a·p + p + q.
    const half = times(over, inverse16(times(a, a, modulus16)), modulus16)
    const firstPart = (times(half, a, modulus16) ^ half) << 4 | over
    tell(n, BYTE_FIRST, ONCE_FIRST, TWICE_FIRST, firstPart)
    tell(n, BYTE_SECOND, ONCE_SECOND, TWICE_SECOND, half << 4)
  }
}

/** What a part of 1/x, as a pair, adds to the S-box's value. */
function tell(n: i32, byte: usize, once: usize, twice: usize, part: i32): void {
  const inverse = byteOf(part)
  let value = 0
  for (let turn = 0; turn < 5; turn++) value ^= (inverse << turn | inverse >> (8 - turn)) & 0xff
  store<u8>(byte + n, value)
  store<u8>(once + n, pairOf(value))
  store<u8>(twice + n, pairOf(times(2, value, modulus256)))
}

/** Of polynomials over GF(2), modulo one. */
function times(x: i32, y: i32, modulus: i32): i32 {
  const top = modulus == modulus16 ? 16 : 256
  let product = 0
  for (; y != 0; y >>= 1) {
    if (y & 1) product ^= x
    x <<= 1
    if (x & top) x ^= modulus
  }
  return product
}

/** One over it in GF(16); 0 for 0. */
function inverse16(n: i32): i32 {
  let inverse = 0
  while (inverse < 16 && times(n, inverse, modulus16) != 1) inverse++
  return inverse & 15
}

/** The byte that is a pair. */
function byteOf(pair: i32): i32 {
  return in256(pair & 15) ^ times(in256(pair >> 4), theta, modulus256)
}

/** What of GF(16) is in GF(256). */
function in256(n: i32): i32 {
  let value = 0
  for (let bit = 3; bit >= 0; bit--) value = times(value, x16, modulus256) ^ (n >> bit & 1)
  return value
}

function pairOf(byte: i32): i32 {
  let pair = 0
  while (byteOf(pair) != byte) pair++
  return pair
}
