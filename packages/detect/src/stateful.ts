// Detectors that are not Sigma rules, for what they know of the past fits no correlation: each is a
// check with bounded state. Here is what they have in common: their rules' text, the snapshot, and
// suspicions that wait. See stateful.test.ts.
import { hash } from 'node:crypto'
import { jcs, type JsonValue } from '@grantlog/record'
import { DetectError } from './codes.ts'
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

/** What is found in most events. */
export const nothing: readonly Found[] = Object.freeze([])

/** What is certain at once. */
export function found(rest: Omit<Found, 'settle'>): Found {
  return { ...rest, settle: null }
}

/** The same one, however many checks keep it of an event: events are looked at in batches. */
export function refOf(event: AuditEvent): Ref {
  const at = (event.index ?? 0) % latest.length
  if (latest[at]?.event === event) return latest[at].ref
  const ref: Ref = [event.id, event.index]
  latest[at] = { event, ref }
  return ref
}

const latest: ({ readonly event: AuditEvent; readonly ref: Ref } | null)[] = Array.from(
  { length: 256 },
  () => null,
)

/** A detector of one check. */
export function detectorOf(check: Check): Detector {
  const rules = check.rules.map(nameOf)
  let waiting: Waiting[] = []
  // A property: a variable would make a new number of each time.
  const clock = { nowMs: 0 }
  let letGo = 0
  const told = ({ found: what, at, atMs }: Omit<Waiting, 'dueMs'>): Detection => ({
    ...{ rule: rules[what.rule]!, atMs, group: what.group },
    records: [...what.before, at].map(([id, index]) => ({ id, index })),
    ...{ count: what.count, words: what.words },
  })
  const settled = (): readonly Detection[] => {
    const due = waiting.filter(({ dueMs }) => dueMs <= clock.nowMs)
    if (due.length === 0) return noDetections
    waiting = waiting.filter(({ dueMs }) => dueMs > clock.nowMs)
    return due.filter((one) => check.holds?.(one.found.settle!) ?? true).map(told)
  }
  const certain = (looked: readonly Found[], event: AuditEvent): readonly Detection[] => {
    if (looked.length === 0) return noDetections
    const said: Detection[] = []
    for (const one of looked) {
      const item = { found: one, at: refOf(event), atMs: event.atMs }
      if (one.settle === null) said.push(told(item))
      else if (waiting.length < MAX_SETTLING) {
        waiting.push({ ...item, dueMs: clock.nowMs + SETTLE_MS })
      } else letGo++
    }
    return said
  }
  return {
    rules,
    ...(check.holds === undefined && check.events !== undefined ? { events: check.events } : {}),
    take(given) {
      const event = timely(given)
      // A clock that is ahead must not make the others' records late.
      const { atMs, receivedMs } = event
      const nowMs = atMs < receivedMs ? atMs : receivedMs
      if (nowMs > clock.nowMs) clock.nowMs = nowMs
      const looked = check.look(event)
      if (looked.length === 0 && waiting.length === 0) return noDetections
      const said = certain(looked, event)
      const due = waiting.length === 0 ? noDetections : settled()
      return due.length === 0 ? said : [...due, ...said]
    },
    snapshot: () => ({
      clockMs: clock.nowMs,
      waiting,
      entities: mapValues(check.entities, (entities) => entities.snapshot()),
    }),
    restore(snapshot) {
      const state = snapshot as unknown as State
      const unknown = Object.keys(state.entities).find((name) => !(name in check.entities))
      if (unknown !== undefined) {
        throw new DetectError('SNAPSHOT_MALFORMED', `of another version: it has \`${unknown}\``)
      }
      for (const [name, entities] of Object.entries(check.entities)) {
        entities.restore(state.entities[name] ?? {})
      }
      clock.nowMs = state.clockMs
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
