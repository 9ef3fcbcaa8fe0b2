// From what a detection says to a function that an event is asked with. See compile.test.ts.
import type { AttributeValue } from '@grantlog/record'
import { cidrMatcher } from './cidr.ts'
import { matcherOf, mapTexts, plainOf } from './pattern.ts'
import type { FieldTable, Probe, Values } from './probe.ts'
import { regexMatcher } from './regex.ts'
import type { CompareOperator, Expression, FieldHow, Test } from './syntax.ts'

export type Predicate = (probe: Probe) => boolean

/** A test of a field's values, of which one is enough; undefined: the field is not there. */
type ValuesTest = (values: Values | undefined, probe: Probe) => boolean

export function compile(expression: Expression, table: FieldTable): Predicate {
  switch (expression.op) {
    case 'and': {
      return every(expression.of.map((one) => compile(one, table)))
    }
    case 'or':
      return compileOr(expression.of, table)
    case 'not': {
      const inner = compile(expression.of, table)
      return (probe) => !inner(probe)
    }
    case 'atLeast': {
      const parts = expression.of.map((one) => compile(one, table))
      return (probe) => parts.filter((part) => part(probe)).length >= expression.n
    }
    case 'test': {
      const { field } = expression
      const test = compileTest(expression.test, table)
      if (field === null) return (probe) => test(probe.everything(), probe)
      const number = table.numberOf(field)
      return (probe) => test(probe.values(number), probe)
    }
  }
}

/** Values of one field without wildcards become one set: a list of thousands is one look-up. */
function compileOr(of: readonly Expression[], table: FieldTable): Predicate {
  const sets = new Map<string, { readonly field: string; readonly words: Set<string> }>()
  const rest: Expression[] = []
  for (const one of of) {
    const word = wordOf(one)
    if (word === null) rest.push(one)
    else {
      const key = JSON.stringify([word.field, word.cased])
      const set = sets.get(key) ?? { field: word.field, words: new Set<string>() }
      sets.set(key, set)
      set.words.add(word.text)
    }
  }
  const lookUps = Array.from(sets, ([key, { field, words }]): Predicate => {
    const number = table.numberOf(field)
    const [, cased] = JSON.parse(key) as [string, boolean]
    const isOne = (text: string): boolean => words.has(text)
    const test = cased ? someText(isOne) : someLower(isOne)
    return (probe) => test(probe.values(number), probe)
  })
  const parts = [...lookUps, ...rest.map((one) => compile(one, table))]
  return parts.length === 1 ? parts[0]! : some(parts)
}

/** Loops, for these are asked most of all: `every` and `some` cost as much as what they ask. */
function every(parts: readonly Predicate[]): Predicate {
  return (probe) => {
    for (const part of parts) if (!part(probe)) return false
    return true
  }
}

function some(parts: readonly Predicate[]): Predicate {
  return (probe) => {
    for (const part of parts) if (part(probe)) return true
    return false
  }
}

function wordOf(
  expression: Expression,
): { readonly field: string; readonly text: string; readonly cased: boolean } | null {
  if (expression.op !== 'test' || expression.field === null) return null
  const { field, test } = expression
  if (test.is !== 'text') return null
  const text = plainOf(test.pattern)
  if (text === null) return null
  return { field, text: test.cased ? text : text.toLowerCase(), cased: test.cased }
}

function compileTest(test: Test, table: FieldTable): ValuesTest {
  switch (test.is) {
    case 'text': {
      const { cased, pattern } = test
      const matches = matcherOf(cased ? pattern : mapTexts(pattern, (text) => text.toLowerCase()))
      return cased ? someText(matches) : someLower(matches)
    }
    case 'regex':
      return someText(regexMatcher(test.source, test.flags))
    case 'cidr':
      return someText(cidrMatcher(test.network) ?? (() => false))
    case 'null':
      return (values) => values === undefined
    case 'exists':
      return (values) => (values !== undefined) === test.exists
    case 'boolean': {
      const text = String(test.value)
      return (values) => values?.lower.includes(text) === true
    }
    case 'number': {
      const text = String(test.value)
      return (values) =>
        values?.texts.some((one) => one === text || numberOf(one) === test.value) === true
    }
    case 'compare': {
      const compare = comparing(test.operator, test.value)
      return (values) => {
        for (const one of values?.raw ?? []) {
          const number = numberOf(one)
          if (number !== null && compare(number)) return true
        }
        return false
      }
    }
    case 'field': {
      const other = table.numberOf(test.name)
      const holds = relations[test.how]
      return (values, probe) => {
        const others = probe.values(other)
        if (values === undefined || others === undefined) return false
        const [these, those] = test.cased
          ? [values.texts, others.texts]
          : [values.lower, others.lower]
        for (const one of these) for (const of of those) if (holds(one, of)) return true
        return false
      }
    }
  }
}

function someText(matches: (text: string) => boolean): ValuesTest {
  return (values) => values !== undefined && isAny(values.texts, matches)
}

function someLower(matches: (text: string) => boolean): ValuesTest {
  return (values) => values !== undefined && isAny(values.lower, matches)
}

function isAny(texts: readonly string[], matches: (text: string) => boolean): boolean {
  for (const text of texts) if (matches(text)) return true
  return false
}

const relations: Readonly<Record<FieldHow, (one: string, of: string) => boolean>> = {
  equals: (one, of) => one === of,
  startswith: (one, of) => one.startsWith(of),
  endswith: (one, of) => one.endsWith(of),
  contains: (one, of) => one.includes(of),
}

function comparing(operator: CompareOperator, limit: number): (value: number) => boolean {
  switch (operator) {
    case 'lt':
      return (value) => value < limit
    case 'lte':
      return (value) => value <= limit
    case 'gt':
      return (value) => value > limit
    case 'gte':
      return (value) => value >= limit
  }
}

/** A number, or a text that is one as JSON writes it; null: neither. */
export function numberOf(value: AttributeValue): number | null {
  if (typeof value === 'bigint') return Number(value)
  if (typeof value !== 'string') return null
  return /^-?(0|[1-9]\d*)(\.\d+)?([eE][-+]?\d+)?$/.test(value) ? Number(value) : null
}
