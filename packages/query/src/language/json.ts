// A query as JSON: what the text of the language means, for programs. Checked like the text. See
// json.test.ts.
import { MAX_QUERY_DEPTH, MAX_QUERY_TERMS } from '../limits.ts'
import { type HasWord, requireField, requireHas, requireTest } from './check.ts'
import type { Query, Test } from './query.ts'
import { type Place, syntax } from './syntax.ts'

interface Counted {
  terms: number
  readonly place: Place
  readonly hasWord: HasWord
}

/**
 * `{"all": […]}`, `{"any": […]}`, `{"not": …}`, `{"text": "…"}` or `{"field": "client", "tests":
 * [{"is": "web"}]}`. Throws QuerySyntaxError, which is about the whole text.
 */
export function queryFromJson(text: string, hasWord: HasWord): Query {
  const place = { at: 0, length: text.length }
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    const why = error instanceof Error ? error.message : ''
    throw syntax('QUERY_SYNTAX', `no JSON: ${why}`, place)
  }
  return queryIn(json, 0, { terms: 0, place, hasWord })
}

function queryIn(json: unknown, depth: number, counted: Counted): Query {
  const { place } = counted
  if (depth > MAX_QUERY_DEPTH) {
    throw syntax('QUERY_TOO_LONG', `nested over ${MAX_QUERY_DEPTH} deep`, place)
  }
  if (!isObject(json)) throw syntax('QUERY_SYNTAX', 'a query is an object', place)
  const names = Object.keys(json).toSorted().join()
  const parts = (list: unknown): Query[] => {
    if (!Array.isArray(list)) throw syntax('QUERY_SYNTAX', `${names}: is a list`, place)
    return list.map((one) => queryIn(one, depth + 1, counted))
  }
  if (names === 'all') return { all: parts(json.all) }
  if (names === 'any') return { any: parts(json.any) }
  if (names === 'not') return { not: queryIn(json.not, depth + 1, counted) }
  if (names === 'text' && typeof json.text === 'string') {
    count(counted)
    return { text: json.text }
  }
  if (names === 'field,tests' && typeof json.field === 'string' && Array.isArray(json.tests)) {
    return termOf(json.field, json.tests, counted)
  }
  throw syntax(
    'QUERY_SYNTAX',
    `\`${names}\` is none of all, any, not, text, field with tests`,
    place,
  )
}

function termOf(name: string, tests: readonly unknown[], counted: Counted): Query {
  const { hasWord, place } = counted
  const field = requireField({ ...place, kind: 'field', text: name })
  count(counted)
  const read = tests.map((json): Test => {
    count(counted)
    const test = testIn(json, name, place)
    if ('has' in test) return requireHas(field, place)
    // As the text would be: so it is checked by the same rules.
    if ('is' in test)
      return requireTest(field, { ...place, kind: 'value', text: test.is, quoted: true }, hasWord)
    if ('like' in test)
      return requireTest(field, { ...place, kind: 'value', text: test.like }, hasWord)
    const { above, below, from, to } = test
    for (const [sign, edge] of [
      ['>', above],
      ['>=', from],
      ['<', below],
      ['<=', to],
    ] as const) {
      if (edge !== undefined)
        requireTest(field, { ...place, kind: 'value', text: `${sign}${edge}` }, hasWord)
    }
    return test
  })
  if (read.length === 0) throw syntax('QUERY_VALUE_INVALID', `${name}: no tests`, place)
  return { field: field.name, tests: read }
}

function testIn(json: unknown, name: string, place: Place): Test {
  const malformed = (): Error =>
    syntax('QUERY_VALUE_INVALID', `${name}: a test is is, like, has or a range of texts`, place)
  if (!isObject(json)) throw malformed()
  const entries = Object.entries(json)
  const names = entries
    .map(([key]) => key)
    .toSorted()
    .join()
  if (names === 'has' && json.has === true) return { has: true }
  if (!entries.every(([, value]) => typeof value === 'string')) throw malformed()
  const isRange = entries.every(([key]) => ['above', 'from', 'to', 'below'].includes(key))
  if (names === 'is' || names === 'like' || (isRange && entries.length > 0)) return json as Test
  throw malformed()
}

function count(counted: Counted): void {
  counted.terms++
  if (counted.terms > MAX_QUERY_TERMS) {
    throw syntax('QUERY_TOO_LONG', `over ${MAX_QUERY_TERMS} terms and values`, counted.place)
  }
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json)
}
