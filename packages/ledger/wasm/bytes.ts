// Bytes that are compared and copied in steps of sixteen; the receiver's module has these, too.

/** Sixteen at a time, the last ones again when they are no whole sixteen. */
@inline
export function isSame(a: usize, b: usize, length: i32): bool {
  if (length < 16) {
    // What is behind the ends does not count.
    const equal = i8x16.bitmask(v128.eq<u8>(v128.load(a), v128.load(b)))
    const wanted = (1 << length) - 1
    return (equal & wanted) == wanted
  }
  const last = length - 16
  for (let i = 0; i < last; i += 16) if (!areSame(a + i, b + i)) return false
  return areSame(a + last, b + last)
}

@inline
function areSame(a: usize, b: usize): bool {
  return !v128.any_true(v128.xor(v128.load(a), v128.load(b)))
}

/**
 * Sixteen at a time; a little is written behind the end. For short texts: V8 calls out of the
 * module for `memory.copy`.
 */
@inline
export function copy(to: usize, from: usize, length: i32): void {
  for (let i = 0; i < length; i += 16) v128.store(to + i, v128.load(from + i))
}
