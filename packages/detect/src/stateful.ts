// Detectors that are not Sigma rules, for what they know of the past fits no correlation: each is a
// check with bounded state. Here is what they have in common: their rules' text, the snapshot, and
// suspicions that wait. See stateful.test.ts.
import { hash } from 'node:crypto'
import { jcs, type JsonValue } from '@grantlog/record'
import {
  type Detection,
  type Detector,
  type DetectorHealth,
  type EventBounds,
  type Level,
  noDetections,
  type RuleName,
} from './detection.ts'
import type { Stored } from './entities.ts'
import type { AuditEvent } from './event.ts'
import { timely } from './timely.ts'

/** What a Sigma file says of its rule, of a rule that is code. */
export type CodedRule = {
  /** A UUID in lower-case hex. */
  readonly id: string
  /** The row of the specification that it is for. */
  readonly row: number
  readonly title: string
  readonly description: string
  readonly level: Level
  readonly attack: readonly string[]
  readonly references: readonly string[]
  /** Attributes without which it cannot see anything. */
  readonly needs: readonly string[]
  readonly falsePositives: readonly string[]
}

/** A record, as a state keeps it. */
export type Ref = readonly [id: string, index: number | null]

/** What a check has found; the event that it looked at is the last record, and told by its time. */
export type Found = {
  /** Its place in `rules`. */
  readonly rule: number
  readonly group: readonly (readonly [name: string, value: string])[]
  /** Records before the event that show it. */
  readonly before: readonly Ref[]
  readonly count: number
  readonly words: string
  /**
   * What `holds` is asked in a while. Records of two processes come in any order: that one is
   * missing is known only when it had time to come. null: it is certain.
   */
  readonly settle: string | null
}

/** A detector's own part. Everything it knows is in `entities`. */
export interface Check {
  readonly rules: readonly CodedRule[]
  readonly entities: Readonly<Record<string, Stored>>
  /** It need not be asked of others; left out: it is asked of all. */
  readonly events?: EventBounds
  look(event: AuditEvent): readonly Found[]
  /** Whether a suspicion holds still. Who has any is asked of all events: time goes on by each. */
  holds?(settle: string): boolean
}

/** How long a suspicion waits for a record that is late, ms: batches are sent each second. */
export const SETTLE_MS = 30_000

/** Suspicions that wait at once; more are let go. */
export const MAX_SETTLING = 1_000

type Waiting = { readonly dueMs: number; readonly found: Found; readonly at: Ref; atMs: number }

/** What is certain at once. */
export function found(rest: Omit<Found, 'settle'>): Found {
  return { ...rest, settle: null }
}

export function refOf({ id, index }: AuditEvent): Ref {
  return [id, index]
}

/** A detector of one check. */
export function detectorOf(check: Check): Detector {
  const rules = check.rules.map(nameOf)
  let waiting: Waiting[] = []
  let clockMs = 0
  let letGo = 0
  const told = ({ found: what, at, atMs }: Omit<Waiting, 'dueMs'>): Detection => ({
    ...{ rule: rules[what.rule]!, atMs, group: what.group },
    records: [...what.before, at].map(([id, index]) => ({ id, index })),
    ...{ count: what.count, words: what.words },
  })
  const settled = (): readonly Detection[] => {
    const due = waiting.filter(({ dueMs }) => dueMs <= clockMs)
    if (due.length === 0) return noDetections
    waiting = waiting.filter(({ dueMs }) => dueMs > clockMs)
    return due.filter((one) => check.holds?.(one.found.settle!) ?? true).map(told)
  }
  const certain = (looked: readonly Found[], event: AuditEvent): readonly Detection[] => {
    if (looked.length === 0) return noDetections
    const said: Detection[] = []
    for (const one of looked) {
      const item = { found: one, at: refOf(event), atMs: event.atMs }
      if (one.settle === null) said.push(told(item))
      else if (waiting.length < MAX_SETTLING) waiting.push({ ...item, dueMs: clockMs + SETTLE_MS })
      else letGo++
    }
    return said
  }
  return {
    rules,
    ...(check.holds === undefined && check.events !== undefined ? { events: check.events } : {}),
    take(given) {
      const event = timely(given)
      // A clock that is ahead must not make the others' records late.
      clockMs = Math.max(clockMs, Math.min(event.atMs, event.receivedMs))
      const said = certain(check.look(event), event)
      const due = waiting.length === 0 ? noDetections : settled()
      return due.length === 0 ? said : [...due, ...said]
    },
    snapshot: () => ({
      clockMs,
      waiting,
      entities: mapValues(check.entities, (entities) => entities.snapshot()),
    }),
    restore(snapshot) {
      const state = snapshot as unknown as State
      for (const [name, entities] of Object.entries(check.entities)) {
        entities.restore(state.entities[name] ?? {})
      }
      clockMs = state.clockMs
      waiting = [...state.waiting]
    },
    health: () => healthOf(check, letGo),
  }
}

interface State {
  readonly clockMs: number
  readonly waiting: readonly Waiting[]
  readonly entities: Readonly<Record<string, JsonValue>>
}

/** Errors are counted by whoever asks many detectors. */
function healthOf({ entities }: Check, letGo: number): DetectorHealth {
  const all = Object.values(entities)
  const sum = (of: (one: Stored) => number): number =>
    all.reduce((total, one) => total + of(one), 0)
  return {
    held: sum(({ size }) => size),
    evicted: letGo + sum(({ evicted }) => evicted),
    errors: new Map(),
  }
}

function nameOf(rule: CodedRule): RuleName {
  const { id, title, level, attack, references } = rule
  return { id, title, level, attack, references, hash: hash('sha256', jcs(rule), 'base64url') }
}

function mapValues<T, U>(
  of: Readonly<Record<string, T>>,
  make: (value: T) => U,
): Record<string, U> {
  return Object.fromEntries(Object.entries(of).map(([name, value]) => [name, make(value)]))
}
