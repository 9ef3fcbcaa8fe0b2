// The search identifiers of a rule: maps, lists of maps, keywords (Sigma specification 2.1.0,
// "Detection"). See detection.test.ts.
import { MAX_VALUES } from '../limits.ts'
import { type Path, Trouble } from './fault.ts'
import { type FieldKey, parseKey, type Scalar, testsOf } from './modifiers.ts'
import { allOf, anyOf, type Expression } from './syntax.ts'

/** What one search identifier says. Throws Trouble. */
export function parseSelection(value: unknown, path: Path): Expression {
  if (isMap(value)) return mapOf(value, path)
  if (!Array.isArray(value)) return keywordsOf([value], keywords, path)
  const items = bounded(value, path)
  if (items.length === 0) throw new Trouble('RULE_INVALID', path, 'an empty list matches nothing')
  return anyOf(
    items.map((item, i) => {
      const at = [...path, i]
      return isMap(item) ? mapOf(item, at) : keywordsOf([item], keywords, at)
    }),
  )
}

const keywords: FieldKey = { field: null, modifiers: [], isAll: false, isNegated: false }

function mapOf(map: Readonly<Record<string, unknown>>, path: Path): Expression {
  const keys = Object.keys(map)
  if (keys.length === 0) throw new Trouble('RULE_INVALID', path, 'an empty map matches everything')
  bounded(keys, path)
  return allOf(
    keys.map((key) => {
      const at = [...path, key]
      const parsed = parseKey(key, at)
      const values = Array.isArray(map[key]) ? (map[key] as unknown[]) : [map[key]]
      return keywordsOf(values, parsed, at)
    }),
  )
}

/** The values of one field, or keywords. */
function keywordsOf(values: readonly unknown[], key: FieldKey, path: Path): Expression {
  bounded(values, path)
  if (values.length === 0) throw new Trouble('RULE_INVALID', path, 'an empty list matches nothing')
  const isList = values.length > 1
  const each = values.map((value, i): Expression => {
    const at = isList ? [...path, i] : path
    if (!isScalar(value)) {
      throw new Trouble('RULE_INVALID', at, 'a value is a text, a number, true, false or null')
    }
    const tests = testsOf(value, key, at)
    return anyOf(tests.map((test) => ({ op: 'test', field: key.field, test })))
  })
  const linked = key.isAll ? allOf(each) : anyOf(each)
  return key.isNegated ? { op: 'not', of: linked } : linked
}

function bounded<T>(list: readonly T[], path: Path): readonly T[] {
  if (list.length <= MAX_VALUES) return list
  throw new Trouble('RULE_TOO_LARGE', path, `more than ${MAX_VALUES} values`)
}

export function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function isScalar(value: unknown): value is Scalar {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value)
}
