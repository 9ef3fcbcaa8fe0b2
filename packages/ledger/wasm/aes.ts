// AES-256 (FIPS 197) in counter mode (SP 800-38A, 6.5), eight blocks at a time. Bitsliced: of eight
// blocks, SLICES holds bit 0 of each byte in its first 16 bytes, bit 1 in the next, and so on; so
// all is done with ANDs and XORs, and neither time nor memory accesses depend on key or text.
// The order of slices and bytes is that of Käsper and Schwabe, "Faster and Timing-Attack Resistant
// AES-GCM" (2009). See src/audit/machine.test.ts, which has the vectors of the standards.

const blockBytes: i32 = 16
const roundKeys: i32 = 15
export const scheduleBytes: i32 = blockBytes * roundKeys

/** The state of eight blocks. */
const SLICES: usize = memory.data(8 * 16, 16)
/** The round keys of one person, sliced: eight slices each. */
const KEY_SLICES: usize = memory.data(15 * 8 * 16, 16)
/** What the S-box adds: the same for each byte, so it goes with the round keys. */
const sboxConstant: i32 = 0x63

/** Writes the round keys of 32 bytes of key, each but the first with the S-box's constant. */
export function expandKey(key: usize, schedule: usize): void {
  memory.copy(schedule, key, 32)
  let round: u32 = 1
  for (let word = 8; word < 4 * roundKeys; word++) {
    const at = schedule + 4 * word
    let value = load<u32>(at - 4)
    if (word % 8 == 0) {
      value = substituted(rotr<u32>(value, 8)) ^ round
      round <<= 1
    } else if (word % 8 == 4) value = substituted(value)
    store<u32>(at, load<u32>(at - 32) ^ value)
  }
  const constant = i8x16.splat(<i8>sboxConstant)
  for (let at = blockBytes; at < scheduleBytes; at += blockBytes) {
    v128.store(schedule + at, v128.xor(v128.load(schedule + at), constant))
  }
}

/** The S-box of four bytes. */
function substituted(word: u32): u32 {
  const bytes = i32x4.splat(<i32>word)
  const one = i8x16.splat(1)
  for (let bit = 0; bit < 8; bit++) {
    v128.store(SLICES + 16 * bit, v128.and(v128.shr<u8>(bytes, bit), one))
  }
  substitute()
  let result = i8x16.splat(<i8>sboxConstant)
  for (let bit = 0; bit < 8; bit++) {
    const slice = v128.and(v128.load(SLICES + 16 * bit), one)
    result = v128.xor(result, v128.shl<u8>(slice, bit))
  }
  return <u32>i32x4.extract_lane(result, 0)
}

/** Writes text XOR key stream; goes over the end by up to 127 bytes. `nonce`: the first counter. */
export function decipher(schedule: usize, nonce: usize, text: usize, length: i32, to: usize): void {
  sliceKeys(schedule)
  let high = bswap<u64>(load<u64>(nonce))
  let low = bswap<u64>(load<u64>(nonce, 8))
  for (let done = 0; done < length; done += 8 * blockBytes) {
    for (let block = 0; block < 8; block++) {
      store<u64>(SLICES + 16 * block, bswap<u64>(high))
      store<u64>(SLICES + 16 * block, bswap<u64>(low), 8)
      if (++low == 0) high++
    }
    encipher()
    for (let at = 0; at < 8 * blockBytes; at += blockBytes) {
      const plain = v128.xor(v128.load(SLICES + at), v128.load(text + done + at))
      v128.store(to + done + at, plain)
    }
  }
}

/** Of a bit of a round key's byte, its slice has eight: one for each block. */
function sliceKeys(schedule: usize): void {
  for (let round = 0; round < roundKeys; round++) {
    const key = v128.load(schedule + 16 * round)
    const to = KEY_SLICES + 128 * round
    for (let bit = 0; bit < 8; bit++) {
      const mask = v128.shl<u8>(i8x16.splat(1), bit)
      v128.store(to + 16 * bit, v128.eq<u8>(v128.and(key, mask), mask))
    }
  }
}

/** Enciphers the eight blocks in SLICES. */
function encipher(): void {
  transpose()
  addRoundKey(0)
  for (let round = 1; round < roundKeys - 1; round++) {
    substitute()
    shiftAndMix(KEY_SLICES + 128 * round)
  }
  substitute()
  for (let at = 0; at < 128; at += 16) v128.store(SLICES + at, shifted(v128.load(SLICES + at)))
  addRoundKey(roundKeys - 1)
  transpose()
}

function addRoundKey(round: i32): void {
  for (let at = 0; at < 128; at += 16) {
    const key = v128.load(KEY_SLICES + 128 * round + at)
    v128.store(SLICES + at, v128.xor(v128.load(SLICES + at), key))
  }
}

/** Where each byte of a column-wise block comes from; more than one needs no other constant. */
const SHIFTED: usize = memory.data<u8>([0, 5, 10, 15, 4, 9, 14, 3, 8, 13, 2, 7, 12, 1, 6, 11], 16)
const SHIFTED_BELOW: usize = memory.data<u8>(
  [5, 10, 15, 0, 9, 14, 3, 4, 13, 2, 7, 8, 1, 6, 11, 12],
  16,
)
const TWO_BELOW: usize = memory.data<u8>([2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13], 16)

/** ShiftRows. */
@inline
function shifted(slice: v128): v128 {
  return i8x16.relaxed_swizzle(slice, v128.load(SHIFTED))
}

/** ShiftRows, then each byte is the one below it in its column. */
@inline
function shiftedBelow(slice: v128): v128 {
  return i8x16.relaxed_swizzle(slice, v128.load(SHIFTED_BELOW))
}

/** Each byte is the one two below it in its column. */
@inline
function twoBelow(slice: v128): v128 {
  return i8x16.relaxed_swizzle(slice, v128.load(TWO_BELOW))
}

/**
 * ShiftRows, MixColumns and the round key. With b the byte below a, and c = a + b: what comes of a
 * is 2c + b + (c two below). Doubling moves bits up, and the highest to 0, 1, 3 and 4.
 */
function shiftAndMix(key: usize): void {
  const b0 = shiftedBelow(v128.load(SLICES)), c0 = v128.xor(b0, shifted(v128.load(SLICES)))
  const b1 = shiftedBelow(v128.load(SLICES, 16)), c1 = v128.xor(b1, shifted(v128.load(SLICES, 16)))
  const b2 = shiftedBelow(v128.load(SLICES, 32)), c2 = v128.xor(b2, shifted(v128.load(SLICES, 32)))
  const b3 = shiftedBelow(v128.load(SLICES, 48)), c3 = v128.xor(b3, shifted(v128.load(SLICES, 48)))
  const b4 = shiftedBelow(v128.load(SLICES, 64)), c4 = v128.xor(b4, shifted(v128.load(SLICES, 64)))
  const b5 = shiftedBelow(v128.load(SLICES, 80)), c5 = v128.xor(b5, shifted(v128.load(SLICES, 80)))
  const b6 = shiftedBelow(v128.load(SLICES, 96)), c6 = v128.xor(b6, shifted(v128.load(SLICES, 96)))
  const b7 = shiftedBelow(v128.load(SLICES, 112))
  const c7 = v128.xor(b7, shifted(v128.load(SLICES, 112)))
  mixed(key, 0, b0, c0, c7)
  mixed(key, 16, b1, c1, v128.xor(c0, c7))
  mixed(key, 32, b2, c2, c1)
  mixed(key, 48, b3, c3, v128.xor(c2, c7))
  mixed(key, 64, b4, c4, v128.xor(c3, c7))
  mixed(key, 80, b5, c5, c4)
  mixed(key, 96, b6, c6, c5)
  mixed(key, 112, b7, c7, c6)
}

@inline
function mixed(key: usize, at: usize, below: v128, sum: v128, doubled: v128): void {
  const column = v128.xor(v128.xor(doubled, below), twoBelow(sum))
  v128.store(SLICES + at, v128.xor(column, v128.load(key + at)))
}

/** From blocks to slices and back: at each place the 8 × 8 bits are mirrored. */
function transpose(): void {
  for (let i: usize = 0; i < 128; i += 32) swap(SLICES + i, SLICES + i + 16, 1, 0x55)
  for (let i: usize = 0; i < 128; i += 64) {
    swap(SLICES + i, SLICES + i + 32, 2, 0x33)
    swap(SLICES + i + 16, SLICES + i + 48, 2, 0x33)
  }
  for (let i: usize = 0; i < 64; i += 16) swap(SLICES + i, SLICES + i + 64, 4, 0x0f)
}

/** The bits of `a` under the mask, moved up, change places with those of `b`. */
@inline
function swap(a: usize, b: usize, bits: i32, mask: i32): void {
  const first = v128.load(a), second = v128.load(b)
  const moved = v128.shr<u64>(first, bits)
  const change = v128.and(v128.xor(moved, second), i8x16.splat(<i8>mask))
  v128.store(b, v128.xor(second, change))
  v128.store(a, v128.xor(first, v128.shl<u64>(change, bits)))
}

@inline
function xor(a: v128, b: v128): v128 {
  return v128.xor(a, b)
}

@inline
function and(a: v128, b: v128): v128 {
  return v128.and(a, b)
}

/**
 * The S-box of all bytes in SLICES, without its constant: the circuit of Boyar and Peralta, "A
 * depth-16 circuit for the AES S-box" (2011), whose names these are. Bit 7 is x0, and s0.
 */
function substitute(): void {
  const x0 = v128.load(SLICES, 112), x1 = v128.load(SLICES, 96), x2 = v128.load(SLICES, 80)
  const x3 = v128.load(SLICES, 64), x4 = v128.load(SLICES, 48), x5 = v128.load(SLICES, 32)
  const x6 = v128.load(SLICES, 16), x7 = v128.load(SLICES)
  // Linear, in.
  const y14 = xor(x3, x5), y13 = xor(x0, x6), y9 = xor(x0, x3), y8 = xor(x0, x5), t0 = xor(x1, x2)
  const y1 = xor(t0, x7), y4 = xor(y1, x3), y12 = xor(y13, y14), y2 = xor(y1, x0), y5 = xor(y1, x6)
  const y3 = xor(y5, y8), t1 = xor(x4, y12), y15 = xor(t1, x5), y20 = xor(t1, x1)
  const y6 = xor(y15, x7), y10 = xor(y15, t0), y11 = xor(y20, y9), y7 = xor(x7, y11)
  const y17 = xor(y10, y11), y19 = xor(y10, y8), y16 = xor(t0, y11), y21 = xor(y13, y16)
  const y18 = xor(x0, y16)
  // The inverse in GF(2^8).
  const t2 = and(y12, y15), t3 = and(y3, y6), t4 = xor(t3, t2), t5 = and(y4, x7), t6 = xor(t5, t2)
  const t7 = and(y13, y16), t8 = and(y5, y1), t9 = xor(t8, t7), t10 = and(y2, y7)
  const t11 = xor(t10, t7), t12 = and(y9, y11), t13 = and(y14, y17), t14 = xor(t13, t12)
  const t15 = and(y8, y10), t16 = xor(t15, t12), t17 = xor(t4, t14), t18 = xor(t6, t16)
  const t19 = xor(t9, t14), t20 = xor(t11, t16), t21 = xor(t17, y20), t22 = xor(t18, y19)
  const t23 = xor(t19, y21), t24 = xor(t20, y18), t25 = xor(t21, t22), t26 = and(t21, t23)
  const t27 = xor(t24, t26), t28 = and(t25, t27), t29 = xor(t28, t22), t30 = xor(t23, t24)
  const t31 = xor(t22, t26), t32 = and(t31, t30), t33 = xor(t32, t24), t34 = xor(t23, t33)
  const t35 = xor(t27, t33), t36 = and(t24, t35), t37 = xor(t36, t34), t38 = xor(t27, t36)
  const t39 = and(t29, t38), t40 = xor(t25, t39), t41 = xor(t40, t37), t42 = xor(t29, t33)
  const t43 = xor(t29, t40), t44 = xor(t33, t37), t45 = xor(t42, t41), z0 = and(t44, y15)
  const z1 = and(t37, y6), z2 = and(t33, x7), z3 = and(t43, y16), z4 = and(t40, y1)
  const z5 = and(t29, y7), z6 = and(t42, y11), z7 = and(t45, y17), z8 = and(t41, y10)
  const z9 = and(t44, y12), z10 = and(t37, y3), z11 = and(t33, y4), z12 = and(t43, y13)
  const z13 = and(t40, y5), z14 = and(t29, y2), z15 = and(t42, y9), z16 = and(t45, y14)
  const z17 = and(t41, y8)
  // Linear, out.
  const t46 = xor(z15, z16), t47 = xor(z10, z11), t48 = xor(z5, z13), t49 = xor(z9, z10)
  const t50 = xor(z2, z12), t51 = xor(z2, z5), t52 = xor(z7, z8), t53 = xor(z0, z3)
  const t54 = xor(z6, z7), t55 = xor(z16, z17), t56 = xor(z12, t48), t57 = xor(t50, t53)
  const t58 = xor(z4, t46), t59 = xor(z3, t54), t60 = xor(t46, t57), t61 = xor(z14, t57)
  const t62 = xor(t52, t58), t63 = xor(t49, t58), t64 = xor(z4, t59), t65 = xor(t61, t62)
  const t66 = xor(z1, t63), s0 = xor(t59, t63), s6 = xor(t56, t62), s7 = xor(t48, t60)
  const t67 = xor(t64, t65), s3 = xor(t53, t66), s4 = xor(t51, t66), s5 = xor(t47, t65)
  const s1 = xor(t64, s3), s2 = xor(t55, t67)
  v128.store(SLICES, s0, 112)
  v128.store(SLICES, s1, 96)
  v128.store(SLICES, s2, 80)
  v128.store(SLICES, s3, 64)
  v128.store(SLICES, s4, 48)
  v128.store(SLICES, s5, 32)
  v128.store(SLICES, s6, 16)
  v128.store(SLICES, s7)
}
