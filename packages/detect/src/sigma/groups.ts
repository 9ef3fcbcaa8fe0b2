// The groups of one correlation, bounded in number and in their events: those that were touched
// longest ago make way (generations.ts). One that nothing came for is forgotten, by the receiver's
// time: it is as if it was not there, and its room is free at the second turn after that. See
// bounded.test.ts.
import { isObject, type JsonValue } from '@grantlog/record'
import { DetectError } from '../codes.ts'
import { Generations } from '../generations.ts'
import { LATE_ALLOWANCE_MS, MAX_GROUP_EVENTS } from '../limits.ts'
import type { Held } from './measure.ts'

/** What one group holds. */
export interface Group {
  readonly key: string
  /** The values of group-by, in its order. */
  readonly values: readonly string[]
  /** The first record since the group is there: what stands for a value that is personal. */
  readonly firstId: string
  /** The receiver's time of its newest event, Unix ms. */
  touchedMs: number
  /** The end of the window it last fired for; null: it did not. */
  firedMs: number | null
  /** The generation in which it was young last; null: it is not kept yet. */
  turn: number | null
  /** By time. */
  held: Held[]
}

export interface GroupLimits {
  readonly groups: number
  readonly events: number
  readonly timespanMs: number
}

export class Groups {
  readonly #limits: GroupLimits
  /** How long a group is known when nothing comes for it, ms. */
  readonly #knownMs: number
  readonly #groups: Generations<Group>
  #nowMs = 0
  /** Which generation is young, and since when: what is old was touched before that. */
  #turn = 0
  #turnedMs = 0
  #events = 0
  #youngEvents = 0
  /** Groups and events that were let go for lack of room. */
  evicted = 0
  /** Events that came when their group was too far on for them to count. */
  late = 0

  constructor(limits: GroupLimits) {
    this.#limits = limits
    this.#knownMs = limits.timespanMs + LATE_ALLOWANCE_MS
    this.#groups = new Generations(limits.groups, (gone) => this.#letGo(gone))
  }

  get size(): number {
    return this.#groups.size
  }

  /** Adds an event to its group, and gives the group; null: the event is too late to count. */
  add(key: string, held: Held, made: Pick<Group, 'values'> & { receivedMs: number }): Group | null {
    this.#nowMs = made.receivedMs
    // All that is old is forgotten.
    if (this.#isForgotten(this.#turnedMs)) this.#groups.turn()
    const known = this.#known(key)
    const newest = known?.held.at(-1)?.atMs ?? held.atMs
    const oldest = Math.max(newest, held.atMs) - this.#knownMs
    if (held.atMs < oldest) {
      this.late++
      return null
    }
    const group = known ?? newGroup(key, held, made)
    group.touchedMs = made.receivedMs
    this.#makeYoung(group)
    this.#insert(group, held)
    if (group.held[0]!.atMs < oldest) {
      this.#drop(
        group,
        group.held.findIndex((one) => one.atMs >= oldest),
      )
    }
    if (group.held.length > MAX_GROUP_EVENTS) {
      this.#drop(group, 1)
      this.evicted++
    }
    // Where one group has more than half of all events, the others are no half.
    if (this.#events > this.#limits.events && group.turn === this.#turn) this.#groups.turn()
    return group
  }

  #isForgotten(touchedMs: number): boolean {
    return touchedMs + this.#knownMs < this.#nowMs
  }

  #known(key: string): Group | undefined {
    const group = this.#groups.peek(key)
    if (group === undefined || !this.#isForgotten(group.touchedMs)) return group
    this.#remove(group)
    return undefined
  }

  /** With room for one more event in half of all. */
  #makeYoung(group: Group): void {
    const half = this.#limits.events / 2
    if (group.turn === this.#turn && this.#youngEvents < half) return
    this.#remove(group)
    if (this.#youngEvents > 0 && this.#youngEvents + group.held.length >= half) this.#groups.turn()
    group.turn = this.#turn
    this.#count(group, group.held.length)
    // This may be a turn, too.
    this.#groups.set(group.key, group)
  }

  /** If it is there. */
  #remove(group: Group): void {
    if (group.turn === null) return
    this.#groups.delete(group.key)
    this.#count(group, -group.held.length)
  }

  #count({ turn }: Group, events: number): void {
    this.#events += events
    if (turn === this.#turn) this.#youngEvents += events
  }

  #letGo(gone: ReadonlyMap<string, Group>): void {
    for (const { held, touchedMs } of gone.values()) {
      this.#events -= held.length
      if (!this.#isForgotten(touchedMs)) this.evicted++
    }
    this.#turn++
    this.#turnedMs = this.#nowMs
    this.#youngEvents = 0
  }

  /** Behind all that are not later. An event that matched twice is one, with both rules. */
  #insert(group: Group, one: Held): void {
    const { held } = group
    if (held.length === 0) {
      // An empty list that grows has room for sixteen: most groups stay alone.
      group.held = [one]
      this.#count(group, 1)
      return
    }
    let at = held.length
    while (at > 0 && isAfter(held[at - 1]!, one)) at--
    const same = held[at - 1]
    if (same !== undefined && same.seq === one.seq && same.atMs === one.atMs) {
      held[at - 1] = { ...same, slots: same.slots | one.slots, value: both(same.value, one.value) }
    } else {
      held.splice(at, 0, one)
      this.#count(group, 1)
    }
  }

  #drop(group: Group, count: number): void {
    group.held.splice(0, count)
    this.#count(group, -count)
  }

  snapshot(): JsonValue {
    const groups = this.#groups.snapshot(({ firedMs, firstId, held, touchedMs, values }) => {
      const events = held.map(({ atMs, id, index, seq, slots, value }) => {
        return [atMs, seq, id, index, slots, Array.isArray(value) ? [...value] : value]
      })
      return [[...values], firstId, touchedMs, firedMs, events] as JsonValue
    })
    return { groups, turnedMs: this.#turnedMs }
  }

  /** Throws DetectError: SNAPSHOT_MALFORMED. */
  restore(snapshot: JsonValue | undefined): void {
    if (Array.isArray(snapshot)) this.#restoreList(snapshot)
    else {
      const { groups = {}, turnedMs = 0 } = objectOf(snapshot ?? {})
      this.#groups.restore(groups, groupOf)
      this.#turnedMs = numberOf(turnedMs)
    }
    this.#events = 0
    this.#youngEvents = 0
    this.evicted = 0
    this.late = 0
    for (const [key, group] of this.#groups) {
      group.turn = this.#groups.isYoung(key) ? this.#turn : this.#turn - 1
      this.#count(group, group.held.length)
    }
  }

  /** Of an earlier version: in the order in which they were touched. */
  #restoreList(list: readonly JsonValue[]): void {
    this.#groups.restore({}, groupOf)
    for (const [name, ...row] of list.map(listOf)) {
      const key = textOf(name)
      this.#groups.set(key, groupOf(row, key))
    }
  }
}

function newGroup(
  key: string,
  held: Held,
  { receivedMs, values }: Pick<Group, 'values'> & { receivedMs: number },
): Group {
  const { id: firstId } = held
  return { key, values, firstId, touchedMs: receivedMs, firedMs: null, turn: null, held: [] }
}

function isAfter(one: Held, other: Held): boolean {
  return one.atMs > other.atMs || (one.atMs === other.atMs && one.seq > other.seq)
}

function both(one: Held['value'], other: Held['value']): Held['value'] {
  if (!Array.isArray(one) || !Array.isArray(other)) return one ?? other
  return [...new Set([...(one as string[]), ...(other as string[])])]
}

// --- reading a snapshot --------------------------------------------------------------------------

export function malformed(what: string): DetectError {
  return new DetectError('SNAPSHOT_MALFORMED', what)
}

function listOf(value: unknown): readonly JsonValue[] {
  if (Array.isArray(value)) return value as readonly JsonValue[]
  throw malformed('a list is missing')
}

function objectOf(value: JsonValue): { readonly [name: string]: JsonValue } {
  if (isObject(value)) return value
  throw malformed('an object is missing')
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value
  throw malformed('a text is missing')
}

export function numberOf(value: unknown): number {
  if (typeof value === 'number') return value
  throw malformed('a number is missing')
}

const orNull = <T>(value: unknown, read: (value: unknown) => T): T | null =>
  value === null ? null : read(value)

function groupOf(value: JsonValue, key: string): Group {
  const [values, firstId, touchedMs, firedMs, held] = listOf(value)
  return {
    ...{ key, turn: null },
    values: listOf(values).map(textOf),
    firstId: textOf(firstId),
    touchedMs: numberOf(touchedMs),
    firedMs: orNull(firedMs, numberOf),
    held: listOf(held).map(heldOf),
  }
}

function heldOf(one: JsonValue): Held {
  const [atMs, seq, id, index, slots, value] = listOf(one)
  return {
    atMs: numberOf(atMs),
    seq: numberOf(seq),
    id: textOf(id),
    index: orNull(index, numberOf),
    slots: numberOf(slots),
    value: Array.isArray(value) ? value.map(textOf) : orNull(value, numberOf),
  }
}
