// Correlation rules (Sigma correlation rules specification 2.1.0): what they count, over which
// time, in which groups. See correlation.test.ts.
import {
  MAX_CORRELATED_RULES,
  MAX_GROUP_EVENTS,
  MAX_GROUP_FIELDS,
  MAX_TIMESPAN_MS,
} from '../limits.ts'
import { isMap } from './detection.ts'
import { type Path, Trouble } from './fault.ts'

export const correlationTypes = [
  'event_count',
  'value_count',
  'temporal',
  'temporal_ordered',
  'value_sum',
  'value_avg',
  'value_percentile',
] as const

export type CorrelationType = (typeof correlationTypes)[number]

const operators = ['gt', 'gte', 'lt', 'lte', 'eq', 'neq'] as const

/** A comparison that the count, sum, average or percentile must fulfil. */
export interface Limit {
  readonly operator: (typeof operators)[number]
  readonly value: number
}

export interface Correlation {
  readonly type: CorrelationType
  /** Ids or names of rules, in order. */
  readonly rules: readonly string[]
  readonly groupBy: readonly string[]
  readonly timespanMs: number
  /** All must hold. */
  readonly limits: readonly Limit[]
  /** Whose values are counted; several are counted together. */
  readonly fields: readonly string[]
  /** 0 to 100; of `value_percentile` alone. */
  readonly percentile: number | null
  /** What a name in `groupBy` and `fields` is called in the events of a rule. */
  readonly aliases: ReadonlyMap<string, ReadonlyMap<string, string>>
  /** Whether its rules find something by themselves, too. */
  readonly generate: boolean
}

type Map_ = Readonly<Record<string, unknown>>

/** Throws Trouble. */
export function parseCorrelation(value: unknown, path: Path): Correlation {
  if (!isMap(value)) throw new Trouble('RULE_INVALID', path, '`correlation` is a map')
  const at = (key: string): Path => [...path, key]
  const type = correlationTypes.find((one) => one === value['type'])
  if (type === undefined) {
    const what = `\`type\` is one of ${correlationTypes.join(', ')}`
    throw new Trouble('RULE_INVALID', at('type'), what)
  }
  const rules = names(value['rules'], at('rules'), MAX_CORRELATED_RULES)
  if (rules.length === 0) throw new Trouble('RULE_INVALID', at('rules'), '`rules` names none')
  const groupBy = names(value['group-by'] ?? [], at('group-by'), MAX_GROUP_FIELDS)
  const condition = conditionOf(value, { type, rules, path: at('condition') })
  const generate = value['generate'] ?? false
  if (typeof generate !== 'boolean') {
    throw new Trouble('RULE_INVALID', at('generate'), '`generate` is true or false')
  }
  const aliases = aliasesOf(value['aliases'], rules, at('aliases'))
  const timespanMs = timespanOf(value['timespan'], at('timespan'))
  return { type, rules, groupBy, timespanMs, ...condition, aliases, generate }
}

const units: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 }

function timespanOf(value: unknown, path: Path): number {
  const [, digits = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(String(value)) ?? []
  const ms = Number(digits) * (units[unit] ?? 0)
  if (ms > 0 && ms <= MAX_TIMESPAN_MS) return ms
  const days = MAX_TIMESPAN_MS / 86_400_000
  throw new Trouble('RULE_VALUE', path, '`timespan` is a number and s, m, h or d', {
    fix: `Write for example 90m; at most ${days}d.`,
  })
}

function names(value: unknown, path: Path, most: number): readonly string[] {
  const list: readonly unknown[] = Array.isArray(value) ? value : [value]
  if (!list.every((one) => typeof one === 'string' && one !== '')) {
    throw new Trouble('RULE_INVALID', path, `\`${path.at(-1)}\` is a list of names`)
  }
  if (list.length > most) throw new Trouble('RULE_TOO_LARGE', path, `more than ${most} names`)
  if (new Set(list).size === list.length) return list as readonly string[]
  throw new Trouble('RULE_INVALID', path, 'a name is there twice')
}

interface Conditions {
  readonly type: CorrelationType
  readonly rules: readonly string[]
  readonly path: Path
}

function conditionOf(
  correlation: Map_,
  { path, rules, type }: Conditions,
): Pick<Correlation, 'limits' | 'fields' | 'percentile'> {
  const value = correlation['condition']
  const isTemporal = type.startsWith('temporal')
  if (value === undefined && isTemporal) {
    const limits = [{ operator: 'gte', value: rules.length } as const]
    return { limits, fields: [], percentile: null }
  }
  if (!isMap(value)) {
    const what = `\`condition\` is a map, such as {gte: 10}`
    throw new Trouble('RULE_INVALID', path, what)
  }
  const unknown = Object.keys(value).find(
    (key) => ![...operators, 'field', 'percentile'].includes(key),
  )
  if (unknown !== undefined) {
    const what = `a condition has no \`${unknown}\``
    throw new Trouble('RULE_INVALID', [...path, unknown], what)
  }
  const limits = operators
    .filter((operator) => value[operator] !== undefined)
    .map((operator) => ({ operator, value: number(value[operator], [...path, operator]) }))
  if (limits.length === 0) {
    throw new Trouble('RULE_INVALID', path, `none of ${operators.join(', ')} in it`)
  }
  checkLimits(limits, { path, rules, type })
  const needsField = type.startsWith('value_')
  if (needsField !== (value['field'] !== undefined)) {
    const what = needsField ? '`field` is missing' : `\`${type}\` takes no \`field\``
    throw new Trouble('RULE_INVALID', path, what)
  }
  const fields = needsField ? names(value['field'], [...path, 'field'], MAX_GROUP_FIELDS) : []
  if (fields.length > 1 && type !== 'value_count') {
    throw new Trouble('RULE_INVALID', [...path, 'field'], `\`${type}\` takes one field`)
  }
  return { limits, fields, percentile: percentileOf(value['percentile'], type, path) }
}

function percentileOf(value: unknown, type: CorrelationType, path: Path): number | null {
  if (type !== 'value_percentile') {
    if (value === undefined) return null
    throw new Trouble('RULE_INVALID', path, `\`${type}\` takes no \`percentile\``)
  }
  if (typeof value === 'number' && value >= 0 && value <= 100) return value
  throw new Trouble('RULE_VALUE', path, '`percentile` is a number from 0 to 100', {
    fix: 'Say which: the specification leaves it open. 50 is the median.',
  })
}

/** That the engine holds as many events as the limits ask for, and can tell what they mean. */
function checkLimits(limits: readonly Limit[], { path, rules, type }: Conditions): void {
  if (type === 'temporal_ordered') {
    // Of fewer it would be open which come in order.
    const isAll = limits.every(
      ({ operator, value }) => ['gte', 'eq'].includes(operator) && value === rules.length,
    )
    if (isAll) return
    throw new Trouble('RULE_VALUE', path, '`temporal_ordered` is about all of its rules', {
      fix: 'Leave the condition out.',
    })
  }
  const counts = type === 'event_count' || type === 'value_count'
  const most = type === 'temporal' ? rules.length : counts ? MAX_GROUP_EVENTS - 1 : Infinity
  const over = limits.find(({ value }) => value > most)
  if (over === undefined) return
  throw new Trouble('RULE_VALUE', [...path, over.operator], `larger than ${most}`, {
    fix: type === 'temporal' ? 'It counts rules.' : 'Count over a shorter time, or by more fields.',
  })
}

function number(value: unknown, path: Path): number {
  if (typeof value === 'number' && Number.isFinite(value)) return value
  throw new Trouble('RULE_VALUE', path, `\`${path.at(-1)}\` is a number`)
}

function aliasesOf(value: unknown, rules: readonly string[], path: Path): Correlation['aliases'] {
  if (value === undefined) return new Map()
  if (!isMap(value)) throw new Trouble('RULE_INVALID', path, '`aliases` is a map')
  if (Object.keys(value).length > MAX_GROUP_FIELDS) {
    throw new Trouble('RULE_TOO_LARGE', path, `more than ${MAX_GROUP_FIELDS} aliases`)
  }
  return new Map(
    Object.entries(value).map(([alias, fields]) => {
      const at = [...path, alias]
      if (!isMap(fields)) throw new Trouble('RULE_INVALID', at, 'an alias is a map of rules')
      const entries = Object.entries(fields).map(([rule, field]): [string, string] => {
        if (!rules.includes(rule)) {
          throw new Trouble('RULE_REFERENCE', [...at, rule], `\`rules\` does not name \`${rule}\``)
        }
        if (typeof field === 'string' && field !== '') return [rule, field]
        throw new Trouble('RULE_INVALID', [...at, rule], 'this is the name of a field')
      })
      return [alias, new Map(entries)]
    }),
  )
}
