// Values with wildcards: `*` for any characters, `?` for one, `\` before either for itself (Sigma
// specification 2.1.0, "Escape Character"). See pattern.test.ts.

/** A part: text, or a wildcard. */
export type Part = string | { readonly wild: '*' | '?' }

/** Parts in order; neither two texts nor two `*` beside each other, no empty text. */
export type Pattern = readonly Part[]

export const many: Part = { wild: '*' }
const single: Part = { wild: '?' }

export const isMany = (part: Part | undefined): boolean =>
  typeof part === 'object' && part.wild === '*'

/** A value as it is written in a rule. */
export function parsePattern(value: string): Pattern {
  const parts: Part[] = []
  let text = ''
  const end = (): void => {
    if (text !== '') parts.push(text)
    text = ''
  }
  for (let at = 0; at < value.length; at++) {
    const [one = '', next] = [value[at], value[at + 1]]
    if (one === '\\' && (next === '*' || next === '?' || next === '\\')) {
      text += next
      at++
    } else if (one === '*' || one === '?') {
      end()
      if (one === '?' || !isMany(parts.at(-1))) parts.push(one === '*' ? many : single)
    } else text += one
  }
  end()
  return parts
}

/** The text of a pattern without wildcards; null: it has some. */
export function plainOf(pattern: Pattern): string | null {
  if (pattern.length === 0) return ''
  const [only] = pattern
  return pattern.length === 1 && typeof only === 'string' ? only : null
}

/** Each text replaced; wildcards stay. */
export function mapTexts(pattern: Pattern, change: (text: string) => string): Pattern {
  return pattern.map((part) => (typeof part === 'string' ? change(part) : part))
}

/** With `*` before or behind it, where there is none. */
export function opened(
  pattern: Pattern,
  { before, behind }: { readonly before: boolean; readonly behind: boolean },
): Pattern {
  const start = before && !isMany(pattern[0]) ? [many] : []
  const end = behind && !isMany(pattern.at(-1) ?? start.at(-1)) ? [many] : []
  return [...start, ...pattern, ...end]
}

/** A function that says whether a text is what the pattern says. Both in the same case. */
export function matcherOf(pattern: Pattern): (text: string) => boolean {
  const plain = plainOf(pattern)
  if (plain !== null) return (text) => text === plain
  if (pattern.every(isMany)) return () => true
  const texts = pattern.filter((part) => typeof part === 'string')
  const [first = '', ...others] = texts
  if (others.length === 0 && !pattern.some((part) => part === single)) {
    const [before, behind] = [isMany(pattern[0]), isMany(pattern.at(-1))]
    if (before && behind) return (text) => text.includes(first)
    return before ? (text) => text.endsWith(first) : (text) => text.startsWith(first)
  }
  return segmented(pattern)
}

/**
 * What stands between two `*` is looked for from left to right, each at its first place: later
 * places would leave less for those that follow. The last segment is looked for at the end.
 */
function segmented(pattern: Pattern): (text: string) => boolean {
  const segments: Pattern[] = [[]]
  for (const part of pattern) {
    if (isMany(part)) segments.push([])
    else (segments.at(-1) as Part[]).push(part)
  }
  const [head = [], ...middle] = segments
  const tail = middle.pop()
  return (text) => {
    let at = ended(head, text, 0)
    if (at < 0) return false
    if (tail === undefined) return at === text.length
    for (const segment of middle) {
      at = found(segment, text, at)
      if (at < 0) return false
    }
    return endsAt(tail, text, at)
  }
}

/** Where a segment that begins at `at` ends; -1: it does not begin there. */
function ended(segment: Pattern, text: string, at: number): number {
  for (const part of segment) {
    if (typeof part !== 'string') {
      if (at >= text.length) return -1
      // One character may be two units.
      at += (text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1
    } else if (text.startsWith(part, at)) at += part.length
    else return -1
  }
  return at
}

/** Where a segment ends that begins at `from` or later; -1: nowhere. */
function found(segment: Pattern, text: string, from: number): number {
  for (let at = from; at <= text.length; at++) {
    const end = ended(segment, text, at)
    if (end >= 0) return end
  }
  return -1
}

/** Whether the text ends with the segment, from `from` on. */
function endsAt(segment: Pattern, text: string, from: number): boolean {
  if (segment.length === 0) return true
  for (let at = text.length; at >= from; at--) {
    if (ended(segment, text, at) === text.length) return true
  }
  return false
}
