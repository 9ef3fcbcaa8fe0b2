// SHA-256 (FIPS 180-4) of four short messages at a time: the nodes of a Merkle tree (RFC 9162,
// 2.1.1), leaves and openings, of which Node would hash each with a call of its own, at three times
// the cost of hashing. Of longer ones Node's is the faster. See src/merkle.test.ts and
// src/leaf-hashes.test.ts.

/** The 64 constants, and the words of the message schedule with them, of four messages each. */
const K: usize = memory.data<u32>([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
], 16)
const FIRST: usize = memory.data<u32>([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
], 16)
const REVERSED: usize = memory.data<u8>([3, 2, 1, 0, 7, 6, 5, 4, 11, 10, 9, 8, 15, 14, 13, 12], 16)
const WORDS: usize = memory.data(16 * 64, 16)
const STATE: usize = memory.data(16 * 8, 16)

/** H(0x01 ‖ left ‖ right) of four pairs of 64 bytes, one behind the other; 32 bytes for each. */
export function nodes(pairs: usize, to: usize): void {
  begin()
  for (let word = 0; word < 16; word += 4) takeWords(pairs + 4 * word, 64, word)
  first(0x01000000)
  compress()
  // The last byte, the one that ends a message, and its length in bits.
  for (let pair = 0; pair < 4; pair++) {
    store<u32>(WORDS + 4 * pair, ((<u32>load<u8>(pairs + 64 * pair + 63)) << 24) | 0x800000)
  }
  pad(1, 65)
  compress()
  finish(to)
}

/** H(0x00 ‖ digest) of four digests of 32 bytes. */
export function leaves(digests: usize, to: usize): void {
  begin()
  takeWords(digests, 32, 0)
  takeWords(digests + 16, 32, 4)
  first(0)
  for (let digest = 0; digest < 4; digest++) {
    const last: u32 = load<u8>(digests + 32 * digest + 31)
    store<u32>(WORDS + 16 * 8 + 4 * digest, (last << 24) | 0x800000)
  }
  pad(9, 33)
  compress()
  finish(to)
}

/** Of each of four messages: where it begins, and its bytes. */
export const MESSAGES: usize = memory.data(4 * 8, 16)
/** The end of each, padded: one block or two. */
const ENDS: usize = memory.data(4 * 128, 16)
const endBytes: usize = 128
const blockBytes: usize = 64

/** H of as many as four messages of any length; 32 bytes for each, one behind the other. */
export function messages(count: i32, to: usize): void {
  let most: usize = 0
  for (let lane = 0; lane < count; lane++) {
    padEnd(lane)
    const blocks = blocksOf(lane)
    if (blocks > most) most = blocks
  }
  begin()
  for (let block: usize = 0; block < most; block++) {
    const a = blockAt(0, block), b = blockAt(1, block), c = blockAt(2, block), d = blockAt(3, block)
    for (let word = 0; word < 16; word += 4) takeBlocks(a, b, c, d, word)
    compress()
    for (let lane = 0; lane < count; lane++) {
      if (blocksOf(lane) == block + 1) digest(lane, to + 32 * lane)
    }
  }
}

@inline
function lengthOf(lane: i32): usize {
  return load<u32>(MESSAGES + 8 * lane, 4)
}

/** With what ends it. */
@inline
function blocksOf(lane: i32): usize {
  return (lengthOf(lane) + 8) / blockBytes + 1
}

/** A block of a message; of one that has no more, whatever is there. */
@inline
function blockAt(lane: i32, block: usize): usize {
  const whole = lengthOf(lane) / blockBytes
  if (block < whole) return load<u32>(MESSAGES + 8 * lane) + blockBytes * block
  return ENDS + endBytes * lane + (block > whole ? blockBytes : 0)
}

function padEnd(lane: i32): void {
  const length = lengthOf(lane)
  const rest = length % blockBytes
  const end = ENDS + endBytes * lane
  memory.fill(end, 0, endBytes)
  memory.copy(end, load<u32>(MESSAGES + 8 * lane) + length - rest, rest)
  store<u8>(end + rest, 0x80)
  const last = end + (rest < 56 ? blockBytes : endBytes) - 8
  store<u64>(last, bswap<u64>(8 * <u64>length))
}

@inline
function takeBlocks(a: usize, b: usize, c: usize, d: usize, word: i32): void {
  const reversed = v128.load(REVERSED), at = 4 * word
  const first = i8x16.relaxed_swizzle(v128.load(a + at), reversed)
  const second = i8x16.relaxed_swizzle(v128.load(b + at), reversed)
  const third = i8x16.relaxed_swizzle(v128.load(c + at), reversed)
  const fourth = i8x16.relaxed_swizzle(v128.load(d + at), reversed)
  transposed(WORDS + 16 * word, first, second, third, fourth)
}

function digest(lane: i32, to: usize): void {
  for (let i: usize = 0; i < 8; i++) {
    store<u32>(to + 4 * i, bswap<u32>(load<u32>(STATE + 16 * i + 4 * lane)))
  }
}

function begin(): void {
  for (let i = 0; i < 8; i++) v128.store(STATE + 16 * i, v128.load32_splat(FIRST + 4 * i))
}

/** Four words from a byte before a place on, of four messages that lie so many bytes apart. */
@inline
function takeWords(from: usize, step: usize, word: i32): void {
  const reversed = v128.load(REVERSED)
  const a = i8x16.relaxed_swizzle(v128.load(from - 1), reversed)
  const b = i8x16.relaxed_swizzle(v128.load(from + step - 1), reversed)
  const c = i8x16.relaxed_swizzle(v128.load(from + 2 * step - 1), reversed)
  const d = i8x16.relaxed_swizzle(v128.load(from + 3 * step - 1), reversed)
  transposed(WORDS + 16 * word, a, b, c, d)
}

/** The first word of each, in whose first byte the message's own begins. */
@inline
function first(byte: i32): void {
  const rest = v128.and(v128.load(WORDS), i32x4.splat(0x00ffffff))
  v128.store(WORDS, v128.or(rest, i32x4.splat(byte)))
}

/** Zeros from a word on, and the length of a message of so many bytes. */
@inline
function pad(word: i32, bytes: i32): void {
  for (let i = word; i < 15; i++) v128.store(WORDS + 16 * i, i32x4.splat(0))
  v128.store(WORDS + 16 * 15, i32x4.splat(8 * bytes))
}

@inline
function transposed(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab = v128.shuffle<i32>(a, b, 0, 4, 1, 5), cd = v128.shuffle<i32>(c, d, 0, 4, 1, 5)
  const abHigh = v128.shuffle<i32>(a, b, 2, 6, 3, 7), cdHigh = v128.shuffle<i32>(c, d, 2, 6, 3, 7)
  v128.store(to, v128.shuffle<i64>(ab, cd, 0, 2))
  v128.store(to + 16, v128.shuffle<i64>(ab, cd, 1, 3))
  v128.store(to + 32, v128.shuffle<i64>(abHigh, cdHigh, 0, 2))
  v128.store(to + 48, v128.shuffle<i64>(abHigh, cdHigh, 1, 3))
}

/** Digests, in the order of the messages. */
function finish(to: usize): void {
  for (let half: usize = 0; half < 2; half++) {
    const from = STATE + 64 * half
    transposed(
      WORDS,
      v128.load(from),
      v128.load(from, 16),
      v128.load(from, 32),
      v128.load(from, 48),
    )
    for (let i: usize = 0; i < 4; i++) {
      const digest = i8x16.relaxed_swizzle(v128.load(WORDS + 16 * i), v128.load(REVERSED))
      v128.store(to + 32 * i + 16 * half, digest)
    }
  }
}

@inline
function rotated(word: v128, bits: i32): v128 {
  return v128.or(v128.shr<u32>(word, bits), v128.shl<u32>(word, 32 - bits))
}

@inline
function add(a: v128, b: v128): v128 {
  return v128.add<i32>(a, b)
}

@inline
function xor(a: v128, b: v128): v128 {
  return v128.xor(a, b)
}

function expand(): void {
  for (let at = WORDS + 16 * 16; at < WORDS + 16 * 64; at += 16) {
    const early = v128.load(at - 16 * 15), late = v128.load(at - 16 * 2)
    const s0 = xor(xor(rotated(early, 7), rotated(early, 18)), v128.shr<u32>(early, 3))
    const s1 = xor(xor(rotated(late, 17), rotated(late, 19)), v128.shr<u32>(late, 10))
    const before = add(v128.load(at - 16 * 16), v128.load(at - 16 * 7))
    v128.store(at, add(add(before, s0), s1))
  }
}

/** What is added to h in a round; e, f and g are its words of these names. */
@inline
function chosen(round: usize, e: v128, f: v128, g: v128, h: v128): v128 {
  const sum = xor(xor(rotated(e, 6), rotated(e, 11)), rotated(e, 25))
  const choice = xor(g, v128.and(e, xor(f, g)))
  const word = add(v128.load(WORDS + 16 * round), v128.load32_splat(K + 4 * round))
  return add(add(add(h, sum), choice), word)
}

@inline
function majority(a: v128, b: v128, c: v128): v128 {
  const sum = xor(xor(rotated(a, 2), rotated(a, 13)), rotated(a, 22))
  return add(sum, xor(v128.and(a, b), v128.and(c, xor(a, b))))
}

/** One block of each: eight rounds at a time, after which each word has its name again. */
function compress(): void {
  expand()
  let a = v128.load(STATE), b = v128.load(STATE, 16)
  let c = v128.load(STATE, 32), d = v128.load(STATE, 48)
  let e = v128.load(STATE, 64), f = v128.load(STATE, 80)
  let g = v128.load(STATE, 96), h = v128.load(STATE, 112)
  for (let round: usize = 0; round < 64; round += 8) {
    h = chosen(round, e, f, g, h), d = add(d, h), h = add(h, majority(a, b, c))
    g = chosen(round + 1, d, e, f, g), c = add(c, g), g = add(g, majority(h, a, b))
    f = chosen(round + 2, c, d, e, f), b = add(b, f), f = add(f, majority(g, h, a))
    e = chosen(round + 3, b, c, d, e), a = add(a, e), e = add(e, majority(f, g, h))
    d = chosen(round + 4, a, b, c, d), h = add(h, d), d = add(d, majority(e, f, g))
    c = chosen(round + 5, h, a, b, c), g = add(g, c), c = add(c, majority(d, e, f))
    b = chosen(round + 6, g, h, a, b), f = add(f, b), b = add(b, majority(c, d, e))
    a = chosen(round + 7, f, g, h, a), e = add(e, a), a = add(a, majority(b, c, d))
  }
  save(0, a), save(16, b), save(32, c), save(48, d)
  save(64, e), save(80, f), save(96, g), save(112, h)
}

@inline
function save(at: usize, word: v128): void {
  v128.store(STATE + at, add(v128.load(STATE + at), word))
}
