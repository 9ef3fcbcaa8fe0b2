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
