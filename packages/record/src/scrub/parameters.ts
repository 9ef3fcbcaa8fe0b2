// Values of parameters: `?code=…`, `#access_token=…`, `"refresh_token":"…"`, lists of them and
// lines of a head, also inside a URL that is itself a parameter, where the marks are written `%3F`,
// `%3D`, `%26`, one level deeper `%253D`.
//
// One pass from mark to mark. A name is looked for between its mark and the one before, a value is
// skipped when it was found: each character is looked at a bounded number of times.
import { decodeMarks, encoded } from './encoding.ts'
import type { Secrecy, SecretNames } from './names.ts'
import { isRandomId } from './random-text.ts'
import { REDACTED } from './redacted.ts'

/** What stands between a name and its value: `=`, `%3D`, or `:` in the dump of an object. */
const marks = new RegExp(`[=:]|\\\\u003d|${encoded('3d|3a')}`, 'gi')
const colon = /(?::|3a)$/i

/** A name and its percent encoding are not longer; what is before it cannot matter. */
const nameCharsMax = 512

/** Where values end, by the level of their mark: what is encoded deeper belongs to the value. */
const ends = [0, 1, 2, 3, 4].map(
  (level) =>
    new RegExp(`[&#\\s"<>]|\\\\u0026${level === 0 ? '' : `|${encoded('26|23', level)}`}`, 'gi'),
)

/** What a name may be made of, and what may stand between it and its mark. */
const ofName = /[\w$.[\]~-]/
const quote = /\s{0,4}(\\?["'])/y
const encodedQuote = new RegExp(`(${encoded('22|27')})`, 'iy')
const notOfId = /[^\w-]/g
const decoration = /["'\\\s]/
const listOpen = /\s{0,4}\[/y
/** Blanks between a mark and its value, as in a program. */
const blanks = /[ \t]{1,4}/y
/** The rest of a line that may be a header's value: a word, or a cookie. */
const headerLine = /[ \t]{0,4}([^\s=]+=[^\r\n]*|[^\s=]{16,})(?=\r|\n|$)/y

interface Mark {
  /** Of the text between the mark before, or the value before, and this mark. */
  readonly from: number
  readonly at: number
  /** Index behind it. */
  readonly after: number
  readonly text: string
  /** What stands before `from`; empty at the start. */
  readonly boundary: string
}

interface Range {
  readonly start: number
  readonly end: number
}

/** Redacts the values of parameters and members with secret names. Linear in the text's length. */
export function createParameterScrubber(names: SecretNames): (text: string) => string {
  return (text) => {
    const scan = new RegExp(marks)
    const parts: string[] = []
    let kept = 0
    let [from, boundary] = [0, '']
    for (let found = scan.exec(text); found !== null; found = scan.exec(text)) {
      const mark = { from, boundary, at: found.index, after: scan.lastIndex, text: found[0] }
      const secret = secretAt(text, mark, names)
      ;[from, boundary] = [secret?.end ?? mark.after, colon.test(mark.text) ? ':' : '=']
      if (secret === null) continue
      parts.push(text.slice(kept, secret.start), REDACTED)
      kept = scan.lastIndex = secret.end
    }
    return kept === 0 ? text : parts.join('') + text.slice(kept)
  }
}

/** Where the value of a mark is, if it is a secret. */
function secretAt(text: string, mark: Mark, names: SecretNames): Range | null {
  if (mark.from === mark.at) return null
  const { name, before } = nameAt(text, mark)
  const secrecy = names.ofName(name)
  if (secrecy === null) return null
  const isColon = colon.test(mark.text)
  const list = secrecy === 'word' ? null : listAt(text, mark.after)
  if (list !== null) return list
  if (isColon && secrecy === 'header' && (before === '' || before === '\n')) {
    const line = lineAt(text, mark.after)
    if (line !== null) return line
  }
  const isParameter = !isColon && (before === '' || '?&#;='.includes(before))
  const isSure = secrecy !== 'word' || isParameter
  // Without quotes `password: is too short` is a sentence, and so is `cookie=` of a header.
  const isBare = !isColon && secrecy !== 'header'
  const quoted = quotedAt(text, mark.after, isColon)
  const at = behindBlanks(text, mark, secrecy)
  const bare = isBare && (quoted === null || isParameter) ? bareAt(text, at, isSure) : null
  // A quote opens the value of a member, but is a character like others in that of a parameter.
  const value = quoted !== null && quoted.end + 1 >= (bare?.end ?? 0) ? quoted : bare
  if (value === null || value.end === value.start) return null
  return isSure || isRandomId(text.slice(value.start, value.end)) ? value : null
}

/** The decoded name in front of a mark, and the character before it; empty at the start. */
function nameAt(text: string, { from, at, boundary }: Mark): { name: string; before: string } {
  const words = decodeMarks(text.slice(Math.max(from, at - nameCharsMax), at))
  let end = words.length
  while (end > 0 && decoration.test(words[end - 1] ?? '')) end--
  let start = end
  while (start > 0 && ofName.test(words[start - 1] ?? '')) start--
  return { name: words.slice(start, end), before: start > 0 ? (words[start - 1] ?? '') : boundary }
}

/** From the mark to where the value ends; of what may be an id no more than ids are made of. */
function bareAt(text: string, { after, text: mark }: Mark, isSure: boolean): Range {
  const level = mark.startsWith('%') ? (mark.length - 1) / 2 : 0
  const end = isSure ? ends[level] : notOfId
  if (end === undefined) return { start: after, end: text.length }
  end.lastIndex = after
  return { start: after, end: end.exec(text)?.index ?? text.length }
}

/** `access_token = abc`; what is only a word may be compared so. */
function behindBlanks(text: string, mark: Mark, secrecy: Secrecy): Mark {
  if (secrecy !== 'secret' || mark.text !== '=') return mark
  return { ...mark, after: endOf(blanks, text, mark.after) ?? mark.after }
}

/** Index behind what `form` finds there; null: nothing. */
function endOf(form: RegExp, text: string, at: number): number | null {
  const found = new RegExp(form)
  found.lastIndex = at
  return found.test(text) ? found.lastIndex : null
}

/** The inside of a list that opens behind a mark: each of its items is what the name says. */
function listAt(text: string, after: number): Range | null {
  const start = endOf(listOpen, text, after)
  if (start === null) return null
  const next = /\\?["'`]|\]/g
  next.lastIndex = start
  for (let found = next.exec(text); found !== null; found = next.exec(text)) {
    const [mark] = found
    if (mark === ']') return { start, end: found.index }
    const closing = closingFrom(text, next.lastIndex, mark)
    if (closing < 0) break
    next.lastIndex = closing + mark.length
  }
  return { start, end: text.length }
}

/** The value of a header in a head as it is sent; null: it reads like a sentence. */
function lineAt(text: string, after: number): Range | null {
  const line = new RegExp(headerLine)
  line.lastIndex = after
  const [all, value] = line.exec(text) ?? []
  if (all === undefined || value === undefined) return null
  return { start: line.lastIndex - value.length, end: line.lastIndex }
}

/** The inside of quotes that open behind a mark, also of those escaped in JSON, or encoded. */
function quotedAt(text: string, after: number, mayBeEncoded: boolean): Range | null {
  for (const form of mayBeEncoded ? [quote, encodedQuote] : [quote]) {
    const opening = new RegExp(form)
    opening.lastIndex = after
    const [, mark = ''] = opening.exec(text) ?? []
    if (mark === '') continue
    const start = opening.lastIndex
    const closing = closingFrom(text, start, mark)
    return { start, end: closing < 0 ? text.length : closing }
  }
  return null
}

/** Index of the mark that closes what this one opens; -1: none. */
function closingFrom(text: string, start: number, mark: string): number {
  if (mark.length > 1) return text.indexOf(mark, start)
  return closingOf(text, start, mark)
}

function closingOf(text: string, start: number, quote: string): number {
  let at = text.indexOf(quote, start)
  while (at > 0 && text[at - 1] === '\\') at = text.indexOf(quote, at + 1)
  return at
}
