// base64url of hashes (RFC 4648, 5), sixteen characters at a time: comparing with it in place, and
// writing it.

const GROUPS: usize = memory.data<u8>([2, 1, 0, 16, 5, 4, 3, 16, 8, 7, 6, 16, 11, 10, 9, 16], 16)

/** Whether the b64u of a hash of 32 bytes stands there: 43 characters. */
export function isBase64urlOf(hash: usize, at: usize): bool {
  const first = v128.xor(characters(v128.load(hash)), v128.load(at))
  const second = v128.xor(characters(v128.load(hash + 12)), v128.load(at + 16))
  const last = v128.eq<u8>(characters(v128.load_zero<u64>(hash + 24)), v128.load(at + 32))
  if (v128.any_true(v128.or(first, second))) return false
  // Eight bytes are eleven characters.
  return (i8x16.bitmask(last) & 0x7ff) == 0x7ff
}

/** Writes the b64u of a hash of 32 bytes: 43 characters, and five bytes behind them. */
export function writeBase64url(hash: usize, to: usize): void {
  v128.store(to, characters(v128.load(hash)))
  v128.store(to, characters(v128.load(hash + 12)), 16)
  v128.store(to, characters(v128.load_zero<u64>(hash + 24)), 32)
}

/** The characters of the first twelve bytes. */
@inline
function characters(bytes: v128): v128 {
  // Of three bytes, which are 24 bits, each six become a byte.
  const groups = i8x16.swizzle(bytes, v128.load(GROUPS))
  const first = v128.and(v128.shr<u32>(groups, 18), i32x4.splat(0x3f))
  const second = v128.and(v128.shr<u32>(groups, 4), i32x4.splat(0x3f00))
  const third = v128.and(v128.shl<u32>(groups, 10), i32x4.splat(0x3f0000))
  const fourth = v128.and(v128.shl<u32>(groups, 24), i32x4.splat(0x3f000000))
  const sextets = v128.or(v128.or(first, second), v128.or(third, fourth))
  // A to Z, a to z, 0 to 9, - and _: from one to the next the distance to its character changes.
  let text = v128.add<u8>(sextets, i8x16.splat(0x41))
  text = v128.add<u8>(text, step(v128.gt<u8>(sextets, i8x16.splat(25)), 6))
  text = v128.add<u8>(text, step(v128.gt<u8>(sextets, i8x16.splat(51)), -75))
  text = v128.add<u8>(text, step(v128.gt<u8>(sextets, i8x16.splat(61)), -13))
  return v128.add<u8>(text, step(v128.gt<u8>(sextets, i8x16.splat(62)), 49))
}

@inline
function step(mask: v128, distance: i8): v128 {
  return v128.and(mask, i8x16.splat(distance))
}
