// Changes to the text of a query: what facets, charts and dialogs write into it. Each keeps the
// rest of the text as the reader wrote it. See edit.test.ts.
import { type Term, type TermValue, termsOf } from './terms.ts'

/** Times as they are written, `-24h` or ISO 8601; '' is open. */
export interface TimeRange {
  readonly after: string
  readonly before: string
}

const plain = /^[^\s"(),*\\<>][^\s"(),*\\]*$/

/**
 * A value as it is written behind a field. Line ends, which a line of input cannot hold, become a
 * `*`, and so does all else there that would need quotes: it finds the value, perhaps others too.
 */
export function valueText(value: string): string {
  if (/[\r\n]/.test(value)) return value.replace(/^[<>]|[\s"(),*\\]+/g, '*')
  const isPlain = plain.test(value) && !value.includes('..')
  return isPlain ? value : `"${value.replace(/["\\]/g, '\\$&')}"`
}

export function termText(field: string, values: readonly string[], isNot = false): string {
  return `${isNot ? '-' : ''}${field}:${values.map(valueText).join(',')}`
}

/** Whether the query asks for the value, against it, or says nothing of it. */
export function standOf(query: string, field: string, value: string): 'in' | 'out' | null {
  const found = plainTerms(query).find((term) => holds(term, field, value))
  return found === undefined ? null : found.isNot ? 'out' : 'in'
}

/** Asks for the value as well; a second one of the same field widens. Once more takes it back. */
export function toggleFilter(query: string, field: string, value: string): string {
  if (standOf(query, field, value) === 'in') return removeValue(query, field, value)
  const rest = removeValue(query, field, value)
  const same = plainTerms(rest).find((term) => term.field === field && !term.isNot)
  return same === undefined
    ? addTerm(rest, termText(field, [value]))
    : replaceTerm(rest, same, `${rest.slice(same.from, same.to)},${valueText(value)}`)
}

/** Asks for the value alone, of what is asked for already: as a count beside it says. */
export function narrowTo(query: string, field: string, value: string): string {
  const wide = plainTerms(query).find((term) => !term.isNot && holds(term, field, value))
  const own = termText(field, [value])
  return wide === undefined ? addTerm(query, own) : replaceTerm(query, wide, own)
}

/** Asks for records without the value. Once more takes it back. */
export function toggleExclude(query: string, field: string, value: string): string {
  const rest = removeValue(query, field, value)
  if (standOf(query, field, value) === 'out') return rest
  return addTerm(rest, termText(field, [value], true))
}

/**
 * What is there already stays one term: an OR in it goes into parentheses. A query in JSON gets the
 * term as JSON.
 */
export function addTerm(query: string, term: string): string {
  const text = query.trim()
  if (text === '') return term
  if (isJson(text)) return `{"all":[${text},${termsOf(term).map(jsonOf).join(',')}]}`
  const hasOr = termsOf(text).some(({ isOr }) => isOr)
  return `${hasOr ? `(${text})` : text} ${term}`
}

function isJson(query: string): boolean {
  return query.trimStart().startsWith('{')
}

/** As the server takes it; of a term that is written here, and so has a field. */
function jsonOf({ field, isNot, values }: Term): string {
  const tests = values.map(({ text, isQuoted }) =>
    !isQuoted && text.includes('*') ? { like: text } : { is: text },
  )
  const query = { field, tests }
  return JSON.stringify(isNot ? { not: query } : query)
}

function removeValue(query: string, field: string, value: string): string {
  const term = plainTerms(query).find((one) => holds(one, field, value))
  if (term === undefined) return query
  const left = term.values.filter((one) => one.text !== value && !matches(one, value))
  const text = left.map((one) => (one.isQuoted ? valueText(one.text) : one.text)).join(',')
  return replaceTerm(query, term, text === '' ? '' : `${term.isNot ? '-' : ''}${field}:${text}`)
}

export function timeRangeOf(query: string): TimeRange {
  const terms = plainTerms(query)
  const of = (name: string): string =>
    terms.find(({ field, isNot }) => field === name && !isNot)?.values[0]?.text ?? ''
  return { after: of('after'), before: of('before') }
}

export function withTimeRange(query: string, { after, before }: TimeRange): string {
  const parts = [withoutTimeRange(query)]
  if (after !== '') parts.push(termText('after', [after]))
  if (before !== '') parts.push(termText('before', [before]))
  return parts.filter((part) => part !== '').reduce(addTerm, '')
}

export function withoutTimeRange(query: string): string {
  const terms = plainTerms(query).filter(({ field }) => field === 'after' || field === 'before')
  return terms.toReversed().reduce((text, term) => replaceTerm(text, term, ''), query)
}

/** Without its filter on a field: what else there would be to choose. */
export function withoutField(query: string, name: string): string {
  const terms = plainTerms(query).filter(({ field, isNot }) => field === name && !isNot)
  return terms.toReversed().reduce((text, term) => replaceTerm(text, term, ''), query)
}

/** Whether the query asks for certain values of a field. */
export function hasField(query: string, name: string): boolean {
  return plainTerms(query).some(({ field, isNot }) => field === name && !isNot)
}

/** A chart's range as times of the language. */
export function timeRangeFrom(fromMs: number, toMs: number): TimeRange {
  const iso = (ms: number): string => new Date(Math.round(ms)).toISOString().replace('.000Z', 'Z')
  return { after: iso(fromMs), before: iso(toMs) }
}

/** Terms that all must hold; none when an OR stands between them. */
function plainTerms(query: string): readonly Term[] {
  if (isJson(query)) return []
  const terms = termsOf(query)
  return terms.some(({ isOr }) => isOr) ? [] : terms
}

function holds(term: Term, field: string, value: string): boolean {
  return term.field === field && term.values.some((one) => matches(one, value))
}

function matches(one: TermValue, value: string): boolean {
  return one.text === value || (!one.isQuoted && one.text === valueText(value))
}

function replaceTerm(query: string, { from, to }: Term, text: string): string {
  const [before, after] = [query.slice(0, from).trimEnd(), query.slice(to).trimStart()]
  return [before, text, after].filter((part) => part !== '').join(' ')
}
