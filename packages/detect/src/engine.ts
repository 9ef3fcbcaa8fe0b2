// All detectors as one: each is asked of the events that it looks at, and one that throws harms no
// other. It knows neither files nor clocks. See engine.test.ts.
import type { JsonValue } from '@grantlog/record'
import { DetectError } from './codes.ts'
import { type Detection, type Detector, noDetections, type RuleName } from './detection.ts'
import type { AuditEvent } from './event.ts'
import { FIELD } from './field.ts'
import { MAX_EVENT_DETECTIONS } from './limits.ts'
import { text } from './reading.ts'
import { selectorOf } from './selector.ts'

export interface EngineOptions {
  /** By a name that stays the same: a snapshot has each detector's under it. */
  readonly detectors: Readonly<Record<string, Detector>>
  /** Hears of the first error of each detector, and of what could not be restored. */
  readonly onError?: (detector: string, error: unknown) => void
}

/** Counts of everything that stopped nothing. */
export interface EngineHealth {
  readonly events: number
  readonly detections: number
  /** Of one event more than MAX_EVENT_DETECTIONS; they are gone. */
  readonly dropped: number
  readonly held: number
  readonly evicted: number
  /** Times that an event came too late for a correlation. */
  readonly late: number
  /** Errors by rule id. */
  readonly errors: ReadonlyMap<string, number>
  /** Matches by rule id that lacked a field. */
  readonly missing: ReadonlyMap<string, number>
  /** Times that a detector threw as a whole, by its name. */
  readonly thrown: ReadonlyMap<string, number>
}

export interface Engine {
  readonly rules: readonly RuleName[]
  /** Events in order of the log. The same events give the same detections, in the same order. */
  take(event: AuditEvent): readonly Detection[]
  /** The detections of each, as `take` gives them of one after the other. */
  takeAll(events: readonly AuditEvent[]): readonly (readonly Detection[])[]
  snapshot(): JsonValue
  /**
   * A detector that cannot be restored begins anew, and `onError` hears of it. Throws DetectError
   * SNAPSHOT_MALFORMED for what is no engine's snapshot.
   */
  restore(snapshot: JsonValue): void
  health(): EngineHealth
}

export function createEngine({ detectors, onError = () => undefined }: EngineOptions): Engine {
  const all = Object.entries(detectors).map(([name, detector]) => ({ name, detector }))
  const asking = createAsking(all, onError)
  let [events, detections, dropped] = [0, 0, 0]
  /** Asked for each second, also where nothing comes; null: something came. */
  let told: EngineHealth | null = null

  function takeAll(given: readonly AuditEvent[]): readonly (readonly Detection[])[] {
    events += given.length
    told = null
    return asking.askAll(given).map(bounded)
  }

  function bounded(found: readonly Detection[]): readonly Detection[] {
    const over = found.length - MAX_EVENT_DETECTIONS
    if (over > 0) dropped += over
    const told = over > 0 ? sharedByRule(found, MAX_EVENT_DETECTIONS) : found
    detections += told.length
    return told
  }

  function restore(snapshot: JsonValue): void {
    if (typeof snapshot !== 'object' || snapshot === null || Array.isArray(snapshot)) {
      throw new DetectError('SNAPSHOT_MALFORMED', 'not of an engine')
    }
    told = null
    const parts = snapshot as { readonly [name: string]: JsonValue }
    for (const { name, detector } of all) {
      const part = Object.hasOwn(parts, name) ? parts[name] : undefined
      if (part === undefined) continue
      try {
        detector.restore(part)
      } catch (error) {
        onError(name, error)
      }
    }
  }

  function health(): EngineHealth {
    return (told ??= summedUp())
  }

  function summedUp(): EngineHealth {
    const parts = all.map(({ detector }) => detector.health())
    return {
      ...{ events, detections, dropped },
      held: parts.reduce((sum, { held }) => sum + held, 0),
      evicted: parts.reduce((sum, { evicted }) => sum + evicted, 0),
      late: parts.reduce((sum, { late = 0 }) => sum + late, 0),
      errors: summed(parts.map(({ errors }) => errors)),
      missing: summed(parts.map(({ missing }) => missing ?? new Map<string, number>())),
      thrown: new Map(asking.thrown),
    }
  }

  return {
    rules: all.flatMap(({ detector }) => detector.rules),
    take: (event) => takeAll([event])[0]!,
    takeAll,
    snapshot: () =>
      Object.fromEntries(all.map(({ name, detector }) => [name, detector.snapshot()])),
    restore,
    health,
  }
}

/**
 * The first of each rule, then the second of each, until there are so many; in their order. A rule
 * that finds the same in hundreds of groups takes nothing from the others.
 */
function sharedByRule(found: readonly Detection[], max: number): readonly Detection[] {
  const counts = new Map<string, number>()
  const turns = found.map(({ rule }, at) => {
    const turn = counts.get(rule.id) ?? 0
    counts.set(rule.id, turn + 1)
    return { at, turn }
  })
  const first = turns.toSorted((a, b) => a.turn - b.turn || a.at - b.at).slice(0, max)
  return first.toSorted((a, b) => a.at - b.at).map(({ at }) => found[at]!)
}

const boundFields = [FIELD.AUDIT_ACTION, FIELD.OAUTH_ROLE, FIELD.AUDIT_OUTCOME]

interface Named {
  readonly name: string
  readonly detector: Detector
}

interface Asking {
  /** Times that a detector threw, by its name. */
  readonly thrown: ReadonlyMap<string, number>
  /** What all find of each event, in their order. */
  askAll(events: readonly AuditEvent[]): readonly (readonly Detection[])[]
}

function createAsking(
  all: readonly Named[],
  onError: (detector: string, error: unknown) => void,
): Asking {
  const askedOf = askedOfEach(all)
  const thrown = new Map<string, number>()

  function ask({ detector, name }: Named, event: AuditEvent): readonly Detection[] {
    try {
      return detector.take(event)
    } catch (error) {
      if (!thrown.has(name)) onError(name, error)
      thrown.set(name, (thrown.get(name) ?? 0) + 1)
      return noDetections
    }
  }

  return {
    thrown,
    // Detector by detector: no one knows of another, and its code and what it knows of the few who
    // are in these events are in the processor's caches from the second one on.
    askAll(events) {
      const asked = events.map(askedOf)
      /** Of each event, how many of those have been asked. */
      const done = events.map(() => 0)
      const found = events.map(() => noDetections)
      for (const [place, one] of all.entries()) {
        for (let at = 0; at < events.length; at++) {
          if (asked[at]![done[at]!] !== place) continue
          done[at]!++
          const more = ask(one, events[at]!)
          if (more.length > 0) found[at] = [...found[at]!, ...more]
        }
      }
      return found
    },
  }
}

/** Who is to be asked of an event, by their places, in order. */
function askedOfEach(all: readonly Named[]): (event: AuditEvent) => readonly number[] {
  const setOf = (values?: readonly string[]): ReadonlySet<string> | null =>
    values === undefined ? null : new Set(values)
  const bounded = all.map(({ detector }, of) => {
    const { actions, outcomes, roles } = detector.events ?? {}
    return { of, bounds: [setOf(actions), setOf(roles), setOf(outcomes)] }
  })
  return selectorOf(bounded, (event: AuditEvent, field) => text(event, boundFields[field]!))
}

function summed(maps: readonly ReadonlyMap<string, number>[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>()
  for (const [key, count] of maps.flatMap((map) => [...map])) {
    sums.set(key, (sums.get(key) ?? 0) + count)
  }
  return sums
}
