// Values with `*` in them. See values.test.ts.

/** The whole text must match; `*` is any characters, `\*` itself. Linear in the text. */
export function patternOf(like: string): { test(text: string): boolean } {
  const parts = like.split(/(?<!\\)\*+/).map((part) => part.replaceAll('\\*', '*'))
  const [first = '', ...others] = parts
  const last = others.pop()
  return {
    test(text) {
      if (last === undefined) return text === first
      if (!text.startsWith(first) || !text.endsWith(last)) return false
      let at = first.length
      const end = text.length - last.length
      for (const part of others) {
        const found = text.indexOf(part, at)
        if (found < 0) return false
        at = found + part.length
      }
      return at <= end
    },
  }
}
