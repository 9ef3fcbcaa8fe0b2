// What somebody may have meant: the words written most alike.

const MOST = 3

/** At most three of `words`, the most alike first; none when nothing is like it. */
export function nearest(word: string, words: readonly string[]): string[] {
  const allowed = Math.max(1, Math.floor(word.length / 3))
  return words
    .map((one) => [one, one.startsWith(word) ? 0 : distance(word, one)] as const)
    .filter(([, steps]) => steps <= allowed)
    .toSorted((a, b) => a[1] - b[1] || a[0].length - b[0].length)
    .slice(0, MOST)
    .map(([one]) => one)
}

/** Letters to insert, remove or replace (Levenshtein). */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, n) => n)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const replaced = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(replaced, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1))
    }
    row = next
  }
  return row[b.length] ?? 0
}
