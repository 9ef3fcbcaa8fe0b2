// The rules of all files as one set: references resolved, filters applied, what is wrong told. A
// rule in trouble is left out; the others are in force. See rule-set.test.ts.
import { createHash } from 'node:crypto'
import { nearest } from '@grantlog/query'
import type { RuleName } from '../detection.ts'
import { MAX_CORRELATION_DEPTH, MAX_RULES } from '../limits.ts'
import type { Correlation } from './correlation.ts'
import { isMap } from './detection.ts'
import { readDocuments, type RuleText } from './document.ts'
import { type Fault, type Path, Trouble } from './fault.ts'
import { fieldNames } from './fields.ts'
import { type Logsource, type Meta, type Parsed, parseRule } from './rule.ts'
import { allOf, type Expression, fieldsOf } from './syntax.ts'

interface Ruled {
  /** As findings name it; of a rule without id its hash stands for it. */
  readonly name: RuleName
  readonly meta: Meta
  readonly file: string
  /** Whether it finds something by itself. */
  readonly emits: boolean
}

/** A rule that looks at one event. */
export interface BaseRule extends Ruled {
  readonly kind: 'rule'
  readonly expression: Expression
}

/** A rule over what other rules match. */
export interface CorrelationRule extends Ruled {
  readonly kind: 'correlation'
  readonly correlation: Correlation
  /** In the order of `correlation.rules`. */
  readonly sources: readonly LoadedRule[]
}

export type LoadedRule = BaseRule | CorrelationRule

export interface RuleSet {
  /** Each after those that it refers to. */
  readonly rules: readonly LoadedRule[]
  readonly faults: readonly Fault[]
  readonly warnings: readonly Fault[]
}

export function loadRules(texts: readonly RuleText[]): RuleSet {
  const files = texts.map(readDocuments)
  const documents = files.flatMap((file) => file.documents)
  const yamlFaults = files.flatMap((file) => (file.documents.length === 0 ? file.faults : []))
  const parsed = documents.map(parseRule).filter((one) => one !== null)
  const rules = new Linker(parsed.slice(0, MAX_RULES)).link()
  const surplus = parsed.slice(MAX_RULES).map(({ document }): Fault => {
    const what = `there are more than ${MAX_RULES} rules`
    const fix = 'Load fewer.'
    return { file: document.file, line: 1, column: 1, code: 'RULE_TOO_LARGE', what, fix }
  })
  return {
    rules,
    faults: [...yamlFaults, ...surplus, ...documents.flatMap(({ findings }) => findings.faults)],
    warnings: documents.flatMap(({ findings }) => findings.warnings),
  }
}

type ParsedRule = Extract<Parsed, { kind: 'rule' }>
type ParsedFilter = Extract<Parsed, { kind: 'filter' }>
type ParsedCorrelation = Extract<Parsed, { kind: 'correlation' }>

class Linker {
  readonly #parsed: readonly Parsed[]
  readonly #byName = new Map<string, Parsed>()
  readonly #silent = new Set<Parsed>()
  readonly #loaded = new Map<Parsed, LoadedRule | null>()
  readonly #order: LoadedRule[] = []

  constructor(parsed: readonly Parsed[]) {
    this.#parsed = parsed
  }

  link(): readonly LoadedRule[] {
    for (const one of this.#parsed) this.#register(one)
    this.#silence()
    for (const one of this.#parsed) if (one.kind === 'filter') this.#checkFilter(one)
    for (const one of this.#parsed) if (one.kind !== 'filter') this.#load(one, 0)
    return this.#order
  }

  #register(one: Parsed): void {
    for (const key of ['id', 'name'] as const) {
      const value = one.meta[key]
      if (value === null) continue
      if (this.#byName.has(value)) {
        const what = `another rule has the ${key} ${value}`
        one.document.findings.fault(new Trouble('RULE_DOUBLE', [key], what))
        this.#loaded.set(one, null)
      } else this.#byName.set(value, one)
    }
  }

  /** Rules of correlations find nothing by themselves, unless one of these generates them. */
  #silence(): void {
    const generating: Parsed[] = []
    for (const one of this.#parsed) {
      if (one.kind !== 'correlation') continue
      const rules = one.correlation.rules.map((name) => this.#find(name)).filter((rule) => !!rule)
      if (one.correlation.generate) generating.push(...rules)
      else for (const rule of rules) this.#silent.add(rule)
    }
    for (const rule of generating) this.#silent.delete(rule)
  }

  #find(name: string): Parsed | undefined {
    return this.#byName.get(name) ?? this.#byName.get(name.toLowerCase())
  }

  #checkFilter(filter: ParsedFilter): void {
    const { document, rules } = filter
    this.#warnOfFields(filter)
    for (const [i, name] of (rules ?? []).entries()) {
      if (this.#find(name) !== undefined) continue
      document.findings.warn('RULE_REFERENCE', ['filter', 'rules', i], 'no rule is called this')
    }
  }

  #load(one: Exclude<Parsed, ParsedFilter>, depth: number): LoadedRule | null {
    const known = this.#loaded.get(one)
    if (known !== undefined) return known
    const { findings } = one.document
    // Found again while it is being loaded, it refers to itself.
    this.#loaded.set(one, null)
    const rule = findings.attempt(() =>
      one.kind === 'rule' ? this.#base(one) : this.#correlation(one, depth),
    )
    this.#loaded.set(one, rule)
    if (rule !== null) this.#order.push(rule)
    return rule
  }

  #base(one: ParsedRule): BaseRule | null {
    const { document, logsource } = one
    if (!isOurs(logsource)) {
      const what = 'this is not `product: grantlog`, `service: audit`'
      document.findings.warn('RULE_LOGSOURCE', ['logsource'], what)
      return null
    }
    const filters = this.#parsed.filter(
      (filter) => filter.kind === 'filter' && this.#isFor(filter, one),
    ) as ParsedFilter[]
    const parts = [one.expression, ...filters.map((filter) => filter.expression)]
    this.#warnOfFields(one)
    const hashed = [document.value, filters.map((filter) => filter.document.value)]
    return { ...this.#ruled(one, hashed), kind: 'rule', expression: allOf(parts) }
  }

  #isFor({ logsource, rules }: ParsedFilter, rule: ParsedRule): boolean {
    const parts = ['product', 'category', 'service'] as const
    const fits = parts.every(
      (part) => logsource[part] === null || logsource[part] === rule.logsource[part],
    )
    return fits && (rules === null || rules.some((name) => this.#find(name) === rule))
  }

  #correlation(one: ParsedCorrelation, depth: number): CorrelationRule {
    const { correlation, document } = one
    if (depth >= MAX_CORRELATION_DEPTH) {
      const what = `more than ${MAX_CORRELATION_DEPTH} correlations above each other, or a circle`
      throw new Trouble('RULE_REFERENCE', ['correlation', 'rules'], what)
    }
    const sources = correlation.rules.map((name, i) => {
      const path = ['correlation', 'rules', i]
      const found = this.#find(name)
      if (found === undefined || found.kind === 'filter') {
        const [meant] = nearest(name, [...this.#byName.keys()])
        const hint = meant === undefined ? '' : `: is it \`${meant}\`?`
        throw new Trouble('RULE_REFERENCE', path, `no rule is called \`${name}\`${hint}`)
      }
      const rule = this.#load(found, depth + 1)
      if (rule !== null) return rule
      throw new Trouble('RULE_REFERENCE', path, `\`${name}\` is not in force, or refers to this`, {
        fix: 'Correct that rule first.',
      })
    })
    this.#warnOfGroups(correlation, sources, document.findings)
    const hashed = [document.value, sources.map(({ name }) => name.hash)]
    return { ...this.#ruled(one, hashed), kind: 'correlation', correlation, sources }
  }

  #ruled(one: Parsed, hashed: unknown): Ruled {
    const { document, meta } = one
    const emits = !this.#silent.has(one)
    if (emits && meta.id === null) {
      throw new Trouble('RULE_INVALID', [], '`id` is missing', {
        fix: 'Give it a UUID: findings are known by it.',
      })
    }
    const hash = createHash('sha256').update(JSON.stringify(hashed)).digest('base64url')
    const { attack, level, references, title } = meta
    const name = { id: meta.id ?? hash, title, level, attack, references, hash }
    return { name, meta, file: document.file, emits }
  }

  #warnOfFields({ document, ...one }: ParsedRule | ParsedFilter): void {
    const top = one.kind === 'rule' ? 'detection' : 'filter'
    for (const field of new Set(fieldsOf(one.expression))) {
      if (isKnown(field)) continue
      const path = pathOf(document.value, top, field)
      document.findings.warn('RULE_FIELD_UNKNOWN', path, ...unknownField(field))
    }
    for (const [i, field] of one.meta.fields.entries()) {
      if (isKnown(field)) continue
      document.findings.warn('RULE_FIELD_UNKNOWN', ['fields', i], ...unknownField(field))
    }
  }

  #warnOfGroups(
    { aliases, fields, groupBy }: Correlation,
    sources: readonly LoadedRule[],
    findings: ParsedCorrelation['document']['findings'],
  ): void {
    const below = new Set(
      sources.flatMap((one) => (one.kind === 'correlation' ? one.correlation.groupBy : [])),
    )
    const check = (field: string, path: Path): void => {
      if (isKnown(field) || aliases.has(field) || below.has(field)) return
      findings.warn('RULE_FIELD_UNKNOWN', path, ...unknownField(field))
    }
    for (const [i, field] of groupBy.entries()) check(field, ['correlation', 'group-by', i])
    for (const field of fields) check(field, ['correlation', 'condition', 'field'])
    for (const [alias, names] of aliases) {
      for (const [rule, field] of names) check(field, ['correlation', 'aliases', alias, rule])
    }
  }
}

function isOurs({ category, product, service }: Logsource): boolean {
  return product === 'grantlog' && category === null && (service === null || service === 'audit')
}

const known = new Set(fieldNames)

function isKnown(field: string): boolean {
  return known.has(field)
}

function unknownField(field: string): [what: string, fix?: string] {
  const [meant] = nearest(field, fieldNames)
  const what = `no record has \`${field}\`, so that it never matches`
  return meant === undefined ? [what] : [what, `Is it \`${meant}\`?`]
}

/** Where in a detection a field stands first. */
function pathOf(value: unknown, top: string, field: string): Path {
  const walk = (node: unknown, path: Path): Path | null => {
    if (Array.isArray(node)) {
      return node.reduce<Path | null>((found, one, i) => found ?? walk(one, [...path, i]), null)
    }
    if (!isMap(node)) return null
    for (const [key, inner] of Object.entries(node)) {
      const found = key.split('|')[0] === field ? [...path, key] : walk(inner, [...path, key])
      if (found !== null) return found
    }
    return null
  }
  return (isMap(value) ? walk(value[top], [top]) : null) ?? [top]
}
