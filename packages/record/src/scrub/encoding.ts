// Percent encoding, also of what was encoded before: a URL that is a parameter of a URL that is a
// parameter has `%253D` for its `=`.

/** How often: beyond that nobody nests URLs, and a pattern must be bounded. */
const levelsMax = 4

/** Pattern of an ASCII character that is encoded up to `levels` times; `hex`: `3d`, or `26|23`. */
export function encoded(hex: string, levels: number = levelsMax): string {
  return `%(?:25){0,${levels - 1}}(?:${hex})`
}

const escapes = new RegExp(encoded('[0-9a-f]{2}'), 'gi')

/** Decodes ASCII, whatever its level, and `&` as some encoders of JSON write it. Never throws. */
export function decodeMarks(text: string): string {
  const ampersands = text.includes('\\u0026') ? text.replaceAll('\\u0026', '&') : text
  if (!ampersands.includes('%')) return ampersands
  return ampersands.replace(escapes, (escape) =>
    String.fromCharCode(Number.parseInt(escape.slice(-2), 16)),
  )
}
