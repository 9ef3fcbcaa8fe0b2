// Whether a field exists, and whether a value fits it.
import { queryFields, type QueryField } from './fields.ts'
import type { Lexeme } from './lexemes.ts'
import { nearest } from './nearest.ts'
import type { Test } from './query.ts'
import { type Place, syntax } from './syntax.ts'
import { durationOf, numberOf, timeOf } from './values.ts'

/** What people call a field elsewhere. */
const otherNames: ReadonlyMap<string, readonly string[]> = new Map([
  ['ip', ['address']],
  ['sub', ['user']],
  ['path', ['route']],
  ['method', ['route']],
  ['url', ['route']],
  ['latency', ['duration']],
  ['from', ['after']],
  ['since', ['after']],
  ['until', ['before']],
])

/** Throws QUERY_FIELD_UNKNOWN with the fields that are written most alike. */
export function requireField({ at, length, text }: Lexeme): QueryField {
  const name = text.toLowerCase()
  const field = queryFields.get(name)
  if (field !== undefined) return field
  const names = otherNames.get(name) ?? nearest(name, [...queryFields.keys()])
  const hint = names.length > 0 ? `, did you mean ${names.join(' or ')}?` : ''
  const place = { at, length }
  const suggestions = names.map((one) => `${one}:`)
  const what = `${text}${hint} To search for a text with a colon, put it in quotes`
  throw syntax('QUERY_FIELD_UNKNOWN', what, place, suggestions)
}

/** Whether records have a word in a column: then it is taken, though the registry has no such. */
export type HasWord = (column: string, word: string) => boolean

const rangeForm = /^(?:(>=|<=|>|<)(.+)|(.*?)\.\.(.*))$/s

/** Throws QUERY_VALUE_INVALID. */
export function requireTest(field: QueryField, value: Lexeme, hasWord: HasWord): Test {
  const test = testOf(field, value)
  if ('is' in test) requireListed(field, test.is, value, hasWord)
  return test
}

/** Refuses what is not in the closed list of a field, nor in any record. */
function requireListed(field: QueryField, word: string, place: Lexeme, hasWord: HasWord): void {
  const { columns, isClosed, name, values } = field
  if (!isClosed || values.has(word) || columns.some((column) => hasWord(column, word))) return
  const listed = [...values.keys()]
  const meant = nearest(word.toLowerCase(), listed)
  const hint = meant.length > 0 ? `, did you mean ${meant.join(' or ')}?` : ''
  const what = `${name}: \`${word}\` is none of ${listed.join(', ')}${hint}`
  throw syntax('QUERY_VALUE_INVALID', what, place, meant)
}

function testOf(field: QueryField, value: Lexeme): Test {
  const { quoted = false, text } = value
  if (text === '') throw syntax('QUERY_VALUE_INVALID', `${field.name}: an empty value`, value)
  if (quoted) return requireFit(field, { is: text }, value)
  if (text === '*') return requireHas(field, value)
  const range = rangeForm.exec(text)
  if (range !== null && (isOrdered(field) || range[1] !== undefined)) {
    return requireFit(field, rangeOf(range), value)
  }
  if (/(?<!\\)\*/.test(text)) {
    if (field.type === 'word' || field.type === 'list') return { like: text }
    const what = `${field.name}: \`*\` stands only in values of words, this one is found whole`
    throw syntax('QUERY_VALUE_INVALID', what, value)
  }
  return requireFit(field, { is: text.replaceAll('\\*', '*') }, value)
}

/** Each record has a time, and no field of one says when: that is a range. */
export function requireHas(field: QueryField, place: Place): Test {
  if (field.type !== 'time') return { has: true }
  const what = `${field.name}: takes a time, such as -24h; each record has one`
  throw syntax('QUERY_VALUE_INVALID', what, place)
}

const edgeNames: Readonly<Record<string, 'above' | 'from' | 'to' | 'below'>> = {
  '>': 'above',
  '>=': 'from',
  '<': 'below',
  '<=': 'to',
}

function rangeOf([, sign = '', edge = '', from = '', to = '']: RegExpExecArray): Test {
  const name = Object.hasOwn(edgeNames, sign) ? edgeNames[sign] : undefined
  if (name !== undefined) return { [name]: edge }
  return { ...(from === '' ? {} : { from }), ...(to === '' ? {} : { to }) }
}

function isOrdered({ type }: QueryField): boolean {
  return type === 'number' || type === 'duration'
}

/** What each type of field reads, and how it is told. */
const forms: Partial<Record<QueryField['type'], readonly [(text: string) => number, string]>> = {
  number: [numberOf, 'a number'],
  duration: [durationOf, 'a duration, such as 250ms or 2s'],
  time: [(text) => timeOf(text, 0), 'a time, such as 2026-01-31T12:00Z or -24h'],
}

function requireFit(field: QueryField, test: Test, value: Lexeme): Test {
  const texts = Object.values(test).filter((one) => typeof one === 'string')
  const isRange = !('is' in test)
  const { name, type } = field
  if (isRange && type === 'time') {
    const what = `${name}: takes a time alone; use after: and before: for a range`
    throw syntax('QUERY_VALUE_INVALID', what, value)
  }
  const [read, told] = forms[type] ?? (isRange ? [numberOf, 'a number'] : [])
  if (
    read !== undefined &&
    (texts.length === 0 || texts.some((text) => Number.isNaN(read(text))))
  ) {
    throw syntax('QUERY_VALUE_INVALID', `${name}: \`${value.text}\` is not ${told}`, value)
  }
  if (isRange && !isOrdered(field) && type !== 'word') {
    throw syntax('QUERY_VALUE_INVALID', `${name}: has no order; give a value`, value)
  }
  if (type === 'boolean' && 'is' in test && !field.values.has(test.is)) {
    const what = `${name}: is true or false, not \`${value.text}\``
    throw syntax('QUERY_VALUE_INVALID', what, value, ['true', 'false'])
  }
  return test
}
