// Sigma rules as a detector: each event is asked with the rules that could match it, and what
// matches goes on to correlations. See detector.test.ts.
import type { JsonValue } from '@grantlog/record'
import {
  type Detection,
  type Detector,
  type DetectorHealth,
  noDetections,
  type RuleName,
} from '../detection.ts'
import type { AuditEvent } from '../event.ts'
import { MAX_GROUPS, MAX_HELD_EVENTS } from '../limits.ts'
import { selectorOf } from '../selector.ts'
import { timely } from '../timely.ts'
import { boundOf } from './bound.ts'
import { compile, type Predicate } from './compile.ts'
import { Correlator, type Fired, type Happening, type Input } from './correlate.ts'
import { Decisions } from './decisions.ts'
import type { RuleText } from './document.ts'
import type { Fault } from './fault.ts'
import { isPersonalField } from './fields.ts'
import { malformed, numberOf } from './groups.ts'
import { FieldTable, Probe } from './probe.ts'
import { type BaseRule, type LoadedRule, loadRules } from './rule-set.ts'

/** Of which events a finding is, where a rule names no `fields`: of a client and user. */
const usualFields = ['oauth.client.id', 'user.hash']
/**
 * Of an event that has neither, as with a forged token: where it was. Else all that nobody can be
 * named for would be one finding, and something harmless would hide something else for an hour.
 */
const placeFields = [
  ...['audit.producer.service', 'http.route'],
  ...['ledger.stream.kid', 'ledger.refusals.sender'],
]

/**
 * Fields by whose values an event finds the few rules that it must be asked with: rules name them
 * often, and an event has one value of each.
 */
const boundFields = ['audit.action', 'audit.outcome', 'oauth.role', 'oauth.error.reason']

/** A detector that also says what was wrong with its rules; those are not in force. */
export interface SigmaDetector extends Detector {
  readonly faults: readonly Fault[]
  readonly warnings: readonly Fault[]
  /** Those in force, silent ones too. */
  readonly loaded: readonly LoadedRule[]
}

export interface SigmaOptions {
  /** Groups that all correlations hold together. */
  readonly groupsMax?: number
  /** Events that all correlations hold together. */
  readonly eventsMax?: number
}

/** A rule of one event at work, and the correlations that its matches go on to. */
interface Asked {
  readonly rule: BaseRule
  readonly matches: Predicate
  readonly feeds: readonly Feed[]
}

const noRules: readonly Asked[] = []

interface Feed {
  readonly correlator: number
  readonly slot: number
}

/** A detector of these files. A file in trouble stops no other: see `faults`. */
export function sigmaDetector(
  texts: readonly RuleText[],
  options: SigmaOptions = {},
): SigmaDetector {
  const { faults, rules, warnings } = loadRules(texts)
  const work = new Work(rules, options)
  return {
    faults,
    warnings,
    loaded: rules,
    rules: rules.filter(({ emits }) => emits).map(({ name }) => name),
    take: (event) => work.take(event),
    snapshot: () => work.snapshot(),
    restore: (snapshot) => work.restore(snapshot),
    health: () => work.health(),
  }
}

class Work {
  readonly #decisions: Decisions<Asked>
  readonly #select: (probe: Probe) => readonly Asked[]
  readonly #correlators: readonly Correlator[]
  /** Of each correlator, those that it feeds. */
  readonly #feeds: readonly (readonly Feed[])[]
  readonly #table = new FieldTable()
  readonly #probe = new Probe(this.#table)
  readonly #errors = new Map<string, number>()
  /** Events so far. */
  #seq = 0
  /** The receiver's time, which never goes back. */
  #nowMs = 0

  constructor(rules: readonly LoadedRule[], options: SigmaOptions) {
    const correlations = rules.filter((rule) => rule.kind === 'correlation')
    const share = Math.max(1, correlations.length)
    const limits = {
      groups: Math.floor((options.groupsMax ?? MAX_GROUPS) / share),
      events: Math.floor((options.eventsMax ?? MAX_HELD_EVENTS) / share),
    }
    this.#correlators = correlations.map((rule) => {
      const isFollowed = correlations.some(({ sources }) => sources.includes(rule))
      return new Correlator(rule, this.#table, { ...limits, isFollowed })
    })
    const feedsOf = (rule: LoadedRule): Feed[] =>
      correlations.flatMap(({ sources }, correlator) => {
        const slot = sources.indexOf(rule)
        return slot < 0 ? [] : [{ correlator, slot }]
      })
    this.#feeds = correlations.map(feedsOf)
    const asked = rules.filter((rule) => rule.kind === 'rule')
    const bounded = asked.map((rule) => ({
      of: { rule, matches: compile(rule.expression, this.#table), feeds: feedsOf(rule) },
      bounds: boundFields.map((field) => boundOf(rule.expression, field)),
    }))
    this.#decisions = new Decisions(
      bounded.map(({ of }) => ({ of, expression: of.rule.expression })),
      this.#table,
    )
    const numbers = boundFields.map((field) => this.#table.numberOf(field))
    this.#select = selectorOf(
      bounded,
      (probe: Probe, field) => probe.values(numbers[field]!)?.lower[0],
    )
  }

  take(given: AuditEvent): readonly Detection[] {
    this.#nowMs = Math.max(this.#nowMs, given.receivedMs)
    const event = receivedAt(timely(given), this.#nowMs)
    this.#probe.look(event)
    const seq = this.#seq++
    const matched = this.#matched(event)
    return matched.length === 0 ? noDetections : this.#found(matched, event, seq)
  }

  /** What rules that match find, by themselves and together with other events. */
  #found(matched: readonly Asked[], event: AuditEvent, seq: number): readonly Detection[] {
    const happening: Happening = { event, seq, probe: this.#probe }
    const only = onlyFeed(matched)
    if (only !== null && this.#feeds[only.correlator]!.length === 0) {
      const input = { slot: only.slot, atMs: event.atMs, fired: null }
      return this.#correlatedAlone(this.#correlators[only.correlator]!, input, happening)
    }
    const detections: Detection[] = []
    /** By correlator. */
    const inputs: Input[][] = []
    for (const { feeds, rule } of matched) {
      if (rule.emits) detections.push(detectionOf(rule, event))
      feed(inputs, feeds, { atMs: event.atMs, fired: null })
    }
    // Each after those that feed it.
    for (let i = 0; i < inputs.length; i++) {
      if (inputs[i] === undefined) continue
      const correlator = this.#correlators[i]!
      for (const fired of this.#correlated(correlator, inputs[i]!, happening)) {
        const { atMs, detection } = fired
        if (correlator.rule.emits && detection !== null) detections.push(detection)
        feed(inputs, this.#feeds[i]!, { atMs, fired })
      }
    }
    return detections
  }

  /** A rule that throws is one of those that are asked, so that it is known which it was. */
  #matched(event: AuditEvent): readonly Asked[] {
    try {
      return this.#decisions.decide(event, this.#probe) ?? this.#askEach()
    } catch {
      return this.#askEach()
    }
  }

  /** Most events match nothing: until one does, nothing is made. */
  #askEach(): readonly Asked[] {
    let matched = noRules
    for (const asked of this.#select(this.#probe)) {
      try {
        if (asked.matches(this.#probe)) matched = [...matched, asked]
      } catch {
        this.#count(asked.rule.name)
      }
    }
    return matched
  }

  /** Nearly all that matches: it goes to one correlation, and no further. */
  #correlatedAlone(
    correlator: Correlator,
    input: Input,
    happening: Happening,
  ): readonly Detection[] {
    const fired = this.#correlated(correlator, [input], happening)
    if (fired.length === 0 || !correlator.rule.emits) return noDetections
    return fired.flatMap(({ detection }) => detection ?? [])
  }

  /** A rule that throws misses this event, and is counted. */
  #correlated(
    correlator: Correlator,
    inputs: readonly Input[],
    happening: Happening,
  ): readonly Fired[] {
    try {
      return correlator.take(inputs, happening)
    } catch {
      this.#count(correlator.rule.name)
      return []
    }
  }

  #count({ id }: RuleName): void {
    this.#errors.set(id, (this.#errors.get(id) ?? 0) + 1)
  }

  health(): DetectorHealth {
    const missing = this.#correlators.map(({ missing, rule }) => [rule.name.id, missing] as const)
    return {
      held: this.#correlators.reduce((sum, { held }) => sum + held, 0),
      evicted: this.#correlators.reduce((sum, { evicted }) => sum + evicted, 0),
      late: this.#correlators.reduce((sum, { late }) => sum + late, 0),
      errors: new Map(this.#errors),
      missing: new Map(missing.filter(([, count]) => count > 0)),
    }
  }

  snapshot(): JsonValue {
    const rules = this.#correlators.map((one) => [one.rule.name.hash, one.snapshot()] as const)
    return { version: 1, seq: this.#seq, nowMs: this.#nowMs, rules: Object.fromEntries(rules) }
  }

  /** A rule that was another then begins anew. Throws DetectError: SNAPSHOT_MALFORMED. */
  restore(snapshot: JsonValue): void {
    if (!isObject(snapshot) || snapshot['version'] !== 1) throw malformed('not of version 1')
    const { nowMs, rules, seq } = snapshot
    if (!isObject(rules)) throw malformed('its rules are missing')
    this.#seq = numberOf(seq)
    this.#nowMs = numberOf(nowMs)
    for (const one of this.#correlators) one.restore(rules[one.rule.name.hash])
  }
}

/** Null: they tell something themselves, or go to none or to more correlations. */
function onlyFeed(matched: readonly Asked[]): Feed | null {
  const [asked] = matched
  const isOne = matched.length === 1 && !asked!.rule.emits && asked!.feeds.length === 1
  return isOne ? asked!.feeds[0]! : null
}

function feed(inputs: Input[][], feeds: readonly Feed[], what: Omit<Input, 'slot'>): void {
  const { atMs, fired } = what
  for (const { correlator, slot } of feeds) (inputs[correlator] ??= []).push({ slot, atMs, fired })
}

function isObject(value: unknown): value is { readonly [name: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** The receiver's clock may be put back; groups are let go by one that never goes back. */
function receivedAt(event: AuditEvent, nowMs: number): AuditEvent {
  return event.receivedMs === nowMs ? event : { ...event, receivedMs: nowMs }
}

function fieldsFor({ attributes }: AuditEvent): readonly string[] {
  return usualFields.some((field) => attributes.get(field) !== undefined)
    ? usualFields
    : placeFields
}

function detectionOf({ meta, name }: BaseRule, event: AuditEvent): Detection {
  const { atMs, attributes, id, index } = event
  const fields = meta.fields.length > 0 ? meta.fields : fieldsFor(event)
  const group = fields.flatMap((field): [string, string][] => {
    const value = attributes.get(field)
    if (value === undefined) return []
    return [[field, isPersonalField(field) ? `record:${id}` : String(value)]]
  })
  return { rule: name, atMs, group, records: [{ id, index }], count: 1, words: name.title }
}
