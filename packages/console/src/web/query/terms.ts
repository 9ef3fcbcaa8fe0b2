// The text of a query in terms, each with its place, for editing it. More lenient than the server's
// parser, which says what is wrong: half a query is edited, too. See terms.test.ts.

/** A term on the top level; in parentheses it is one, and has no field. */
export interface Term {
  readonly from: number
  readonly to: number
  readonly isNot: boolean
  /** As written, in lower case; '' of a bare word, a group or an operator. */
  readonly field: string
  readonly values: readonly TermValue[]
  readonly isOr: boolean
}

export interface TermValue {
  /** Without quotes. */
  readonly text: string
  readonly isQuoted: boolean
}

const space = /\s+/y
const fieldName = /[A-Za-z][\w.]*:/y
const quotedForm = /"((?:[^"\\]|\\[^])*)("|$)/y
const wordForm = /[^\s"(),]+/y

function matchAt(form: RegExp, text: string, at: number): RegExpExecArray | null {
  form.lastIndex = at
  return form.exec(text)
}

export function termsOf(text: string): Term[] {
  const terms: Term[] = []
  let at = 0
  while (at < text.length) {
    at += matchAt(space, text, at)?.[0].length ?? 0
    if (at >= text.length) break
    const term = termAt(text, at)
    terms.push(term)
    at = term.to
  }
  return terms
}

function termAt(text: string, from: number): Term {
  let at = from
  const isNot = text[at] === '-' && /[^\s]/.test(text[at + 1] ?? ' ')
  if (isNot) at++
  if (text[at] === '(') {
    return { from, to: endOfGroup(text, at), isNot, field: '', values: [], isOr: false }
  }
  const name = matchAt(fieldName, text, at)
  at += name?.[0].length ?? 0
  const { values, to } = valuesAt(text, at)
  const field = name === null ? '' : name[0].slice(0, -1).toLowerCase()
  const isOr = field === '' && !isNot && text.slice(from, to) === 'OR'
  return { from, to: Math.max(to, from + 1), isNot, field, values, isOr }
}

function valuesAt(text: string, from: number): { values: TermValue[]; to: number } {
  const values: TermValue[] = []
  let at = from
  for (;;) {
    const quotes = matchAt(quotedForm, text, at)
    const found = quotes ?? matchAt(wordForm, text, at)
    if (found === null) break
    const isQuoted = quotes !== null
    const inside = isQuoted ? (quotes[1] ?? '').replace(/\\([^])/g, '$1') : found[0]
    values.push({ text: inside, isQuoted })
    at += found[0].length
    if (text[at] !== ',') break
    at++
  }
  return { values, to: at }
}

function endOfGroup(text: string, from: number): number {
  let depth = 0
  for (let at = from; at < text.length; at++) {
    if (text[at] === '"') at += (matchAt(quotedForm, text, at)?.[0].length ?? 1) - 1
    else if (text[at] === '(') depth++
    else if (text[at] === ')' && --depth === 0) return at + 1
  }
  return text.length
}
