// The groups of one correlation, in the order in which they were last touched; bounded. See
// groups.test.ts.
import type { JsonValue } from '@grantlog/record'
import { DetectError } from '../codes.ts'
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
  /** By time. */
  readonly held: Held[]
}

export interface GroupLimits {
  readonly groups: number
  readonly events: number
  readonly timespanMs: number
}

export class Groups {
  readonly #limits: GroupLimits
  readonly #groups = new Map<string, Group>()
  #events = 0
  /** Groups and events that were let go for lack of room. */
  evicted = 0

  constructor(limits: GroupLimits) {
    this.#limits = limits
  }

  get size(): number {
    return this.#groups.size
  }

  /** Adds an event to its group, and gives the group; null: the event is too late to count. */
  add(key: string, held: Held, made: Pick<Group, 'values'> & { receivedMs: number }): Group | null {
    this.#expire(made.receivedMs)
    const known = this.#groups.get(key)
    const newest = known?.held.at(-1)?.atMs ?? held.atMs
    const oldest = Math.max(newest, held.atMs) - this.#limits.timespanMs - LATE_ALLOWANCE_MS
    if (held.atMs < oldest) return null
    const group = known ?? newGroup(key, held, made)
    // Last in the map: it goes last.
    this.#groups.delete(key)
    this.#groups.set(key, group)
    group.touchedMs = made.receivedMs
    this.#insert(group.held, held)
    const gone = group.held.findIndex((one) => one.atMs >= oldest)
    if (gone > 0) this.#drop(group.held, gone)
    if (group.held.length > MAX_GROUP_EVENTS) {
      this.#drop(group.held, 1)
      this.evicted++
    }
    this.#makeRoom()
    return group
  }

  /** Behind all that are not later. An event that matched twice is one, with both rules. */
  #insert(held: Held[], one: Held): void {
    let at = held.length
    while (at > 0 && isAfter(held[at - 1]!, one)) at--
    const same = held[at - 1]
    if (same !== undefined && same.seq === one.seq && same.atMs === one.atMs) {
      held[at - 1] = { ...same, slots: same.slots | one.slots, value: both(same.value, one.value) }
    } else {
      held.splice(at, 0, one)
      this.#events++
    }
  }

  #drop(held: Held[], count: number): void {
    held.splice(0, count)
    this.#events -= count
  }

  /** Those that nothing came for; they stand first. */
  #expire(nowMs: number): void {
    for (const [key, group] of this.#groups) {
      if (group.touchedMs + this.#limits.timespanMs + LATE_ALLOWANCE_MS >= nowMs) return
      this.#remove(key, group)
    }
  }

  #makeRoom(): void {
    for (const [key, group] of this.#groups) {
      const { events, groups } = this.#limits
      if (this.#groups.size <= Math.max(groups, 1) && this.#events <= events) return
      // The newest stays: it is being looked at.
      if (this.#groups.size === 1) return
      this.#remove(key, group)
      this.evicted++
    }
  }

  #remove(key: string, group: Group): void {
    this.#groups.delete(key)
    this.#events -= group.held.length
  }

  snapshot(): JsonValue {
    return [...this.#groups.values()].map(({ firedMs, firstId, held, key, touchedMs, values }) => {
      const events = held.map(({ atMs, id, index, seq, slots, value }) => {
        return [atMs, seq, id, index, slots, Array.isArray(value) ? [...value] : value]
      })
      return [key, [...values], firstId, touchedMs, firedMs, events] as JsonValue
    })
  }

  /** Throws DetectError: SNAPSHOT_MALFORMED. */
  restore(snapshot: JsonValue | undefined): void {
    this.#groups.clear()
    this.#events = 0
    for (const group of listOf(snapshot ?? []).map(groupOf)) {
      this.#groups.set(group.key, group)
      this.#events += group.held.length
    }
  }
}

function newGroup(
  key: string,
  held: Held,
  { receivedMs, values }: Pick<Group, 'values'> & { receivedMs: number },
): Group {
  return { key, values, firstId: held.id, touchedMs: receivedMs, firedMs: null, held: [] }
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

function groupOf(value: JsonValue): Group {
  const [key, values, firstId, touchedMs, firedMs, held] = listOf(value)
  return {
    key: textOf(key),
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
