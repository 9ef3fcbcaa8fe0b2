// A query string without what it may carry. Names are told, for they tell what was asked: those
// that stand before a '=', that look like names, and that are short, since all else may be a
// value. Values are told of the parameters that the policy lists, and only harmless ones.
import { queryNameMax, queryParametersMax } from '../limits.ts'
import { other } from './request.ts'

const redacted = 'REDACTED'
const nameForm = /^[A-Za-z_$][\w$.[\]-]*$/
/** A number, or a word with a sign, such as the column to sort by. */
const valueForm = /^(?:\d{1,9}|-?[A-Za-z][A-Za-z_]{0,19})$/

/** What may be told of the query of a request target; null if there is none. */
export function queryOf(target: string, allowed: readonly string[]): string | null {
  const start = target.indexOf('?')
  if (start < 0) return null
  const end = indexOf('#', target, start, target.length)
  const told: string[] = []
  for (let at = start + 1; at < end;) {
    const next = indexOf('&', target, at, end)
    if (told.length === queryParametersMax) return [...told, '...'].join('&')
    if (next > at) told.push(parameterOf(target.slice(at, next), allowed))
    at = next + 1
  }
  return told.join('&') || null
}

/** Where it stands between two places; `end` if it does not. */
function indexOf(char: string, text: string, at: number, end: number): number {
  const found = text.indexOf(char, at)
  return found < 0 || found > end ? end : found
}

function parameterOf(part: string, allowed: readonly string[]): string {
  const equals = part.indexOf('=')
  if (equals < 0) return redacted
  const name = part.slice(0, equals)
  const value = part.slice(equals + 1)
  const isName = name.length <= queryNameMax && nameForm.test(name)
  // Two of them end a text in base64.
  if (!isName || value === '=') return `${other}=${redacted}`
  const isTold = value === '' || (allowed.includes(name) && valueForm.test(value))
  return `${name}=${isTold ? value : redacted}`
}
