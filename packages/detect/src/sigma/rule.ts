// One document of a rule file as a rule, a correlation or a filter (Sigma specification 2.1.0).
// What is wrong is told with its place; the rest of the document is read all the same.
import { type Level, levels } from '../detection.ts'
import { MAX_SELECTIONS } from '../limits.ts'
import { type Condition, parseCondition } from './condition.ts'
import { type Correlation, parseCorrelation } from './correlation.ts'
import { isMap, parseSelection } from './detection.ts'
import type { RuleDocument } from './document.ts'
import { type Findings, type Path, Trouble } from './fault.ts'
import { allOf, anyOf, type Expression } from './syntax.ts'

/** What rules, correlations and filters have alike. */
export interface Meta {
  /** Lower-case hex; null: it has none, which a rule that finds nothing by itself may. */
  readonly id: string | null
  /** What correlations call it. */
  readonly name: string | null
  readonly title: string
  readonly level: Level
  /** ATT&CK ids of its tags. */
  readonly attack: readonly string[]
  readonly references: readonly string[]
  readonly falsePositives: readonly string[]
  /** Fields that are worth a look, Sigma's `fields`: what a finding is about. */
  readonly fields: readonly string[]
}

export interface Logsource {
  readonly product: string | null
  readonly category: string | null
  readonly service: string | null
}

export type Parsed = { readonly meta: Meta; readonly document: RuleDocument } & (
  | { readonly kind: 'rule'; readonly logsource: Logsource; readonly expression: Expression }
  | { readonly kind: 'correlation'; readonly correlation: Correlation }
  | {
      readonly kind: 'filter'
      readonly logsource: Logsource
      readonly expression: Expression
      /** Ids or names; null: all rules of the log source. */
      readonly rules: readonly string[] | null
    }
)

/** Null: it is in trouble, which the document's findings tell. */
export function parseRule(document: RuleDocument): Parsed | null {
  const { findings, value } = document
  const { faults } = findings
  if (faults.length > 0) return null
  const parsed = findings.attempt(() => {
    if (!isMap(value)) throw new Trouble('RULE_INVALID', [], 'a rule is a map')
    const meta = metaOf(value, findings)
    if (value['correlation'] !== undefined) {
      const correlation = parseCorrelation(value['correlation'], ['correlation'])
      return { kind: 'correlation', meta, document, correlation } as const
    }
    if (value['detection'] === undefined && value['filter'] === undefined) {
      throw new Trouble('RULE_INVALID', [], 'neither `detection` nor `correlation` nor `filter`')
    }
    const logsource = logsourceOf(value['logsource'])
    if (value['filter'] !== undefined)
      return { ...filterOf(value, findings), meta, logsource, document }
    const expression = expressionOf(value['detection'], ['detection'], findings, [])
    return { kind: 'rule', meta, document, logsource, expression } as const
  })
  return faults.length > 0 ? null : parsed
}

function filterOf(value: Readonly<Record<string, unknown>>, findings: Findings) {
  const filter = value['filter']
  const path = ['filter', 'rules']
  const expression = expressionOf(filter, ['filter'], findings, ['rules'])
  const rules = (filter as Readonly<Record<string, unknown>>)['rules']
  if (rules === undefined || (typeof rules === 'string' && rules.toLowerCase() === 'any')) {
    return { kind: 'filter', expression, rules: null } as const
  }
  return { kind: 'filter', expression, rules: textsOf(rules, path) } as const
}

/** Search identifiers and a condition; a list of conditions: any of them. */
function expressionOf(
  value: unknown,
  path: Path,
  findings: Findings,
  others: readonly string[],
): Expression {
  if (!isMap(value)) throw new Trouble('RULE_INVALID', path, `\`${path.join('.')}\` is a map`)
  const names = Object.keys(value).filter(
    (name) => !['condition', 'timeframe', ...others].includes(name),
  )
  if (value['timeframe'] !== undefined) {
    throw new Trouble('RULE_INVALID', [...path, 'timeframe'], '`timeframe` is of Sigma 1', {
      fix: 'Write a correlation with a timespan.',
    })
  }
  if (names.length > MAX_SELECTIONS) {
    throw new Trouble('RULE_TOO_LARGE', path, `more than ${MAX_SELECTIONS} search identifiers`)
  }
  const selections = new Map<string, Expression>()
  for (const name of names) {
    const at = [...path, name]
    const selection = findings.attempt(() => parseSelection(value[name], at))
    // A name that is in trouble is a name all the same: the condition may use it.
    selections.set(name, selection ?? allOf([]))
  }
  const { condition } = value
  if (condition === undefined) throw new Trouble('RULE_CONDITION', path, '`condition` is missing')
  const texts = textsOf(condition, [...path, 'condition'])
  const conditions = texts.map((text, i): Condition => {
    const at = Array.isArray(condition) ? [...path, 'condition', i] : [...path, 'condition']
    return parseCondition(text, selections, at)
  })
  const used = new Set(conditions.flatMap((one) => [...one.used]))
  for (const name of names.filter((one) => !used.has(one))) {
    findings.warn('RULE_UNUSED', [...path, name], `the condition does not name \`${name}\``)
  }
  return anyOf(conditions.map((one) => one.expression))
}

function metaOf(value: Readonly<Record<string, unknown>>, findings: Findings): Meta {
  const title = textOf(value['title'], ['title'], 256)
  const id = findings.attempt(() => idOf(value['id']))
  const level = findings.attempt(() => levelOf(value['level']))
  const list = (key: string): readonly string[] =>
    findings.attempt(() => ((value[key] ?? null) === null ? [] : textsOf(value[key], [key]))) ?? []
  const attack = list('tags').flatMap((tag) => {
    const [, technique] = /^attack\.(t\d{4}(?:\.\d{3})?)$/.exec(tag.toLowerCase()) ?? []
    return technique === undefined ? [] : [technique.toUpperCase()]
  })
  const [references, falsePositives] = [list('references'), list('falsepositives')]
  const name = value['name'] === undefined ? null : textOf(value['name'], ['name'], 256)
  const fields = list('fields')
  return {
    ...{ id, name, title, level: level ?? 'medium' },
    ...{ attack, references, falsePositives, fields },
  }
}

const uuid = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/

function idOf(value: unknown): string | null {
  if (value === undefined) return null
  const id = typeof value === 'string' ? value.toLowerCase() : ''
  if (uuid.test(id)) return id
  throw new Trouble('RULE_INVALID', ['id'], '`id` is no UUID', {
    fix: 'Make one with `uuidgen`, and keep it for as long as the rule means the same.',
  })
}

function levelOf(value: unknown): Level {
  if (value === undefined) return 'medium'
  const level = levels.find((one) => one === value)
  if (level !== undefined) return level
  throw new Trouble('RULE_INVALID', ['level'], `\`level\` is one of ${levels.join(', ')}`)
}

function logsourceOf(value: unknown): Logsource {
  if (!isMap(value)) throw new Trouble('RULE_INVALID', ['logsource'], '`logsource` is a map')
  const part = (key: string): string | null => {
    const one = value[key]
    return (one ?? null) === null ? null : textOf(one, ['logsource', key], 256)
  }
  return { product: part('product'), category: part('category'), service: part('service') }
}

/** A text of at most so many characters. Throws Trouble: RULE_INVALID. */
function textOf(value: unknown, path: Path, most: number): string {
  if (typeof value === 'string' && value !== '' && value.length <= most) return value
  const what = value === undefined ? 'is missing' : `is a text of at most ${most} characters`
  throw new Trouble('RULE_INVALID', path, `\`${path.join('.')}\` ${what}`)
}

/** A list of texts, or one. Throws Trouble: RULE_INVALID. */
export function textsOf(value: unknown, path: Path): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (list.length > 0 && list.every((one) => typeof one === 'string')) return list
  throw new Trouble('RULE_INVALID', path, `\`${path.join('.')}\` is a list of texts`)
}
