// Of many who look at events, those who may find something in this one: by values of a few fields,
// in a table that is filled as events come. See selector.test.ts.

/** Somebody who looks at events. */
export interface Bounded<T> {
  readonly of: T
  /** For each field the values that an event must have one of; null: any, and none. */
  readonly bounds: readonly (ReadonlySet<string> | null)[]
}

/**
 * Values of one field that are told apart; a field with more of them bounds nobody. Numbers of five
 * such fields are one safe integer.
 */
export const MAX_BOUND_VALUES = 1_000

/** Lists that are kept; who sends every combination of values makes them be made again. */
export const MAX_LISTS = 1_000

/**
 * Gives those whose bounds an event keeps, in their order. `valueOf` reads a field, by its place in
 * `bounds`.
 */
export function selectorOf<T, Event>(
  all: readonly Bounded<T>[],
  valueOf: (event: Event, field: number) => string | undefined,
): (event: Event) => readonly T[] {
  const fields = Math.max(0, ...all.map(({ bounds }) => bounds.length))
  const known = Array.from({ length: fields }, (_, field) => numbered(all, field))
  const lists = new Map<number, readonly T[]>()

  function listFor(event: Event): readonly T[] {
    const admits = ({ bounds }: Bounded<T>): boolean =>
      bounds.every((bound, field) => {
        if (bound === null || known[field]!.size === 0) return true
        const value = valueOf(event, field)
        return value !== undefined && bound.has(value)
      })
    return all.filter(admits).map(({ of }) => of)
  }

  return (event) => {
    let key = 0
    for (let field = 0; field < fields; field++) {
      const numbers = known[field]!
      const value = numbers.size === 0 ? undefined : valueOf(event, field)
      // Values that nobody names are one: strangers cannot make the table grow.
      const number = value === undefined ? 0 : (numbers.get(value) ?? 0)
      key = key * (MAX_BOUND_VALUES + 1) + number
    }
    let list = lists.get(key)
    if (list === undefined) {
      if (lists.size >= MAX_LISTS) lists.clear()
      list = listFor(event)
      lists.set(key, list)
    }
    return list
  }
}

/** The values of a field that somebody names, from 1 on; none where they are too many. */
function numbered<T>(all: readonly Bounded<T>[], field: number): ReadonlyMap<string, number> {
  const values = new Set(all.flatMap(({ bounds }) => [...(bounds[field] ?? [])]))
  if (values.size > MAX_BOUND_VALUES) return new Map()
  return new Map(Array.from(values, (value, at) => [value, at + 1]))
}
