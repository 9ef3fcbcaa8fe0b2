// Pure functions that are asked again and again with the same few texts: what they said is kept, a
// bounded number of answers. See remembered.test.ts.

/**
 * The same function; `max` answers are kept at most, and then it begins anew. What it is asked with
 * stays in memory for as long.
 */
export function remembered<T extends {} | null>(
  max: number,
  of: (text: string) => T,
): (text: string) => T {
  const answers = new Map<string, T>()
  return (text) => {
    const known = answers.get(text)
    if (known !== undefined) return known
    const answer = of(text)
    if (answers.size >= max) answers.clear()
    answers.set(text, answer)
    return answer
  }
}

/**
 * The same of two texts, one under the other: a text made of both would cost more to make, and to
 * look for, than the answer often does.
 */
export function rememberedOfTwo<T extends {} | null>(
  max: number,
  of: (one: string, other: string) => T,
): (one: string, other: string) => T {
  const answers = new Map<string, Map<string, T>>()
  let size = 0
  return (one, other) => {
    let under = answers.get(one)
    const known = under?.get(other)
    if (known !== undefined) return known
    const answer = of(one, other)
    if (size >= max) {
      answers.clear()
      size = 0
      under = undefined
    }
    if (under === undefined) {
      under = new Map()
      answers.set(one, under)
    }
    under.set(other, answer)
    size++
    return answer
  }
}
