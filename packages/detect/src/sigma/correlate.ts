// A correlation at work: what its rules match goes into groups, and a window that fulfils the
// condition fires. See correlate.test.ts.
import { createHash } from 'node:crypto'
import type { AttributeValue, JsonValue } from '@grantlog/record'
import type { Detection } from '../detection.ts'
import type { AuditEvent } from '../event.ts'
import { MAX_DETECTION_RECORDS, MAX_EVENT_GROUPS } from '../limits.ts'
import { numberOf } from './compile.ts'
import { isPersonalField } from './fields.ts'
import { type Group, type GroupLimits, Groups } from './groups.ts'
import { evidenceIn, type Held, isMet, measure } from './measure.ts'
import type { FieldTable, Probe } from './probe.ts'
import type { CorrelationRule } from './rule-set.ts'
import { wordsOf } from './words.ts'

/** One of its rules has matched. */
export interface Input {
  /** Which, by its place in `correlation.rules`. */
  readonly slot: number
  /** Event time, Unix ms; of a correlation the end of its window. */
  readonly atMs: number
  /** Of a correlation the group that it fired for. */
  readonly fired: Fired | null
}

/** A group whose window fulfilled the condition. */
export interface Fired {
  readonly atMs: number
  readonly group: readonly (readonly [name: string, value: string])[]
  /** Null: it was found less than a timespan ago. */
  readonly detection: Detection | null
}

export interface Happening {
  readonly event: AuditEvent
  readonly seq: number
  readonly probe: Probe
}

/** Windows that end later than the event and hold it, of which it may be the last one missing. */
const laterWindows = 64

/** Longer values of a group are told and held as their hash. */
const longest = 256

export interface CorrelatorOptions extends Omit<GroupLimits, 'timespanMs'> {
  /** Whether another correlation is told of each window that fulfils the condition. */
  readonly isFollowed: boolean
}

export class Correlator {
  readonly rule: CorrelationRule
  readonly #groups: Groups
  /** For each of its rules, the numbers of the fields of group-by and of the condition. */
  readonly #groupFields: readonly (readonly number[])[]
  readonly #valueFields: readonly (readonly number[])[]
  /** Which values of group-by may be told. */
  readonly #personal: readonly boolean[]
  readonly #isFollowed: boolean
  /** Matches without a field that is counted or grouped by. */
  missing = 0

  constructor(rule: CorrelationRule, table: FieldTable, options: CorrelatorOptions) {
    const { isFollowed, ...limits } = options
    this.rule = rule
    this.#isFollowed = isFollowed
    const { aliases, fields, groupBy, rules, timespanMs } = rule.correlation
    this.#groups = new Groups({ ...limits, timespanMs })
    const named = (names: readonly string[], name: string): number[] =>
      names.map((one) => table.numberOf(aliases.get(one)?.get(name) ?? one))
    this.#groupFields = rules.map((name) => named(groupBy, name))
    this.#valueFields = rules.map((name) => named(fields, name))
    this.#personal = groupBy.map((name) => {
      const meant = [...(aliases.get(name)?.values() ?? [name])]
      return meant.some(isPersonalField)
    })
  }

  get held(): number {
    return this.#groups.size
  }

  get evicted(): number {
    return this.#groups.evicted
  }

  get late(): number {
    return this.#groups.late
  }

  /** What fires, now that these have matched the same event. */
  take(inputs: readonly Input[], happening: Happening): readonly Fired[] {
    const input = inputs[0]!
    const groups = this.#place(input, happening)
    if (inputs.length > 1 || groups.length > 1) return this.#fireAll(inputs, groups, happening)
    // Nearly all: one match, in one group.
    const group = groups[0]
    const fired = group === undefined ? null : this.#fire(group, input.atMs, happening)
    return fired === null ? nothing : [fired]
  }

  /** `first`: the groups in which the first input has its place already. */
  #fireAll(
    inputs: readonly Input[],
    first: readonly Group[],
    happening: Happening,
  ): readonly Fired[] {
    const touched = new Map<Group, Input>()
    for (const [at, input] of inputs.entries()) {
      const groups = at === 0 ? first : this.#place(input, happening)
      for (const group of groups) touched.set(group, input)
    }
    // Two hashes of one token, while the key is rotated, are one happening.
    const told = new Set<string>()
    return [...touched].flatMap(([group, { atMs, slot }]) => {
      const fired = this.#fire(group, atMs, happening)
      if (fired === null || fired.detection === null) return fired ?? []
      const key = JSON.stringify([slot, fired.detection.records])
      const isTold = told.has(key)
      told.add(key)
      return isTold ? { ...fired, detection: null } : fired
    })
  }

  /** The groups that a match belongs to, with it in them. */
  #place({ atMs, fired, slot }: Input, { event, probe, seq }: Happening): readonly Group[] {
    const { aliases, groupBy, rules } = this.rule.correlation
    const lists = groupBy.map((name, i) => {
      // A correlation below may group by a name of its own.
      const below = aliases.get(name)?.get(rules[slot]!) ?? name
      const known = fired?.group.find(([one]) => one === below)
      if (known !== undefined) return [known[1]]
      return shortenedAll(probe.values(this.#groupFields[slot]![i]!)?.texts ?? [])
    })
    const value = this.#valueOf(slot, probe)
    if (lists.some(({ length }) => length === 0) || value === undefined) {
      this.missing++
      return []
    }
    const { id, index, receivedMs } = event
    const held: Held = { atMs, seq, id, index, slots: 1 << slot, value }
    const placed = combinationsOf(lists).map((values) =>
      this.#groups.add(JSON.stringify(values), held, { values, receivedMs }),
    )
    return placed.filter((group) => group !== null)
  }

  /** What is counted of an event; null: nothing is; undefined: it does not have it. */
  #valueOf(slot: number, probe: Probe): Held['value'] | undefined {
    const { fields, type } = this.rule.correlation
    if (fields.length === 0) return null
    const found = this.#valueFields[slot]!.map((number) => probe.values(number))
    if (type === 'value_count') {
      if (found.includes(undefined)) return undefined
      if (found.length === 1) return found[0]!.texts.map(shortened)
      return [shortened(JSON.stringify(found.map((values) => values!.texts)))]
    }
    const [number] = (found[0]?.raw ?? [])
      .map((one: AttributeValue) => numberOf(one))
      .filter((one) => one !== null)
    return number
  }

  #fire(group: Group, atMs: number, { event }: Happening): Fired | null {
    const { limits, timespanMs } = this.rule.correlation
    for (const endMs of windowEnds(group, atMs, timespanMs)) {
      // Told once for each timespan: what goes on is known by then.
      const isTold = group.firedMs !== null && Math.abs(endMs - group.firedMs) <= timespanMs
      if (isTold && !this.#isFollowed) continue
      const window = windowOf(group.held, endMs - timespanMs, endMs)
      const measured = measure(this.rule.correlation, window)
      if (measured === null || !isMet(limits, measured)) continue
      const values = this.#valuesOf(group)
      if (isTold) return { atMs: endMs, group: values, detection: null }
      group.firedMs = endMs
      return {
        atMs: endMs,
        group: values,
        detection: this.#detect(group, event, { measured, window }),
      }
    }
    return null
  }

  #valuesOf({ values }: Group): Fired['group'] {
    return this.rule.correlation.groupBy.map((name, i) => [name, values[i] ?? ''])
  }

  #detect(
    group: Group,
    event: AuditEvent,
    { measured, window }: { readonly measured: number; readonly window: readonly Held[] },
  ): Detection {
    const { correlation, name } = this.rule
    const count = window.length
    return {
      rule: name,
      atMs: event.atMs,
      group: this.#told(group),
      records: recordsOf(evidenceIn(correlation, window), event),
      count,
      words: wordsOf(name.title, correlation, { measured, count }),
    }
  }

  /** A personal value is told as the first record that had it: who may see that, may see it. */
  #told(group: Group): Detection['group'] {
    return this.rule.correlation.groupBy.map((name, i) => {
      const value = this.#personal[i] === true ? `record:${group.firstId}` : group.values[i]
      return [name, value ?? '']
    })
  }

  snapshot(): JsonValue {
    return this.#groups.snapshot()
  }

  /** Throws DetectError: SNAPSHOT_MALFORMED. */
  restore(snapshot: JsonValue | undefined): void {
    this.#groups.restore(snapshot)
  }
}

const nothing: readonly Fired[] = []

/** One of each list, in their order; the first ones. */
function combinationsOf(lists: readonly (readonly string[])[]): readonly (readonly string[])[] {
  if (lists.every(({ length }) => length === 1)) return [lists.map(([only]) => only!)]
  return lists.reduce<readonly (readonly string[])[]>(
    (all, list) =>
      all.flatMap((some) => list.map((one) => [...some, one])).slice(0, MAX_EVENT_GROUPS),
    [[]],
  )
}

/** The event's own time first, then those of later events whose windows it is in. */
function windowEnds(group: Group, atMs: number, timespanMs: number): readonly number[] {
  if (atMs >= group.held.at(-1)!.atMs) return [atMs]
  const later = group.held
    .map((held) => held.atMs)
    .filter((one) => one > atMs && one <= atMs + timespanMs)
  return [atMs, ...new Set(later)].slice(0, laterWindows)
}

/** The events of a time, both ends included. They are sorted. */
function windowOf(held: readonly Held[], fromMs: number, toMs: number): readonly Held[] {
  const [from, to] = [firstAfter(held, fromMs - 1), firstAfter(held, toMs)]
  return from === 0 && to === held.length ? held : held.slice(from, to)
}

/** The place of the first that is later. */
function firstAfter(held: readonly Held[], atMs: number): number {
  let [low, high] = [0, held.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if (held[middle]!.atMs > atMs) high = middle
    else low = middle + 1
  }
  return low
}

/** The newest, the event that decided it last. */
function recordsOf(held: readonly Held[], { id, index }: AuditEvent): Detection['records'] {
  const others = held.filter((one) => one.id !== id).slice(1 - MAX_DETECTION_RECORDS)
  return [...others.map((one) => ({ id: one.id, index: one.index })), { id, index }]
}

function shortenedAll(values: readonly string[]): readonly string[] {
  return values.every(({ length }) => length <= longest) ? values : values.map(shortened)
}

function shortened(value: string): string {
  if (value.length <= longest) return value
  return `sha256:${createHash('sha256').update(value).digest('base64url')}`
}
