// Bundles with something changed, the same in every run.

export interface Damage<B> {
  /** Whose members are put in place of its own. */
  readonly other: B
  readonly texts: readonly (keyof B)[]
  readonly counts: readonly (keyof B)[]
  /** In place of its own. */
  readonly openings: readonly object[]
  readonly random: () => number
}

/** One member changed: a character, a digit, a cut, another's, or nothing at all. */
export function damaged<B extends object>(of: B, damage: Damage<B>): B {
  const { counts, openings, other, random, texts } = damage
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const name = pick([...texts, ...counts, 'openings' as keyof B])
  const value: unknown = of[name]
  if (typeof value === 'number') return { ...of, [name]: pick([value + 1, value - 1, other[name]]) }
  if (typeof value !== 'string') return { ...of, [name]: pick([value, ...openings]) }
  const at = Math.floor(random() * value.length)
  const changed = [
    value.slice(0, at) + pick([...'AQZaz019-_{}":,. \n']) + value.slice(at + 1),
    value.slice(0, at) + value.slice(at + 1),
    value.slice(0, at) + value[at] + value.slice(at),
    value.slice(0, at),
    value.replace(/\d/, (digit) => String((Number(digit) + 1) % 10)),
    other[name],
  ]
  return { ...of, [name]: pick(changed) }
}

/** mulberry32. */
export function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}
