// The access policy as a detector: what each record shows is counted by whom it is about and in
// which hour, and told when it begins, when a threshold is passed, and when it has grown tenfold.
// The same records in the same order tell the same, also from a snapshot on. See detector.test.ts.
import type { JsonValue, Policy } from '@grantlog/record'
import type { Detection, Detector, RuleName } from '../detection.ts'
import type { AuditEvent } from '../event.ts'
import { accessOf } from './access.ts'
import { deniedMax } from './limits.ts'
import { createLook, type Sighting } from './look.ts'
import { createPrivileged } from './privileged.ts'
import { createRights } from './rights.ts'
import { type PolicyRule, rulesOf } from './rules.ts'
import { createTrail, type IsKnownPolicy } from './trail.ts'
import { createWindows, type Window } from './windows.ts'

export interface PolicyDetectorOptions {
  /**
   * Whether the log had a policy with a hash before a record. To be the same at a restart and in a
   * replay it goes by places in the log, not by what is known now. Default: all are known.
   */
  readonly isKnown?: IsKnownPolicy
}

export interface PolicyDetector extends Detector {
  /** Records let in at a restricted route of which the policy asks for what is not known. */
  readonly unjudged: () => number
}

export function policyDetector(
  policy: Policy,
  { isKnown = () => true }: PolicyDetectorOptions = {},
): PolicyDetector {
  const rules = rulesOf(policy)
  const look = createLook(policy)
  const tests = [createRights(policy), createPrivileged(policy), createTrail(policy, isKnown)]
  const windows = createWindows()
  let unjudged = 0

  function count(sighting: Sighting, event: AuditEvent): Detection[] {
    const key = JSON.stringify([sighting.rule, ...sighting.group])
    const { atMs, id, index } = event
    const window = windows.count(key, { atMs, id, index, bytes: sighting.amount?.bytes ?? 0 })
    return tellings(sighting, window).map(({ rule, words }) => ({
      rule: rules.get(rule)!,
      atMs,
      group: sighting.group,
      records: [...window.records],
      count: window.count,
      words,
    }))
  }

  return {
    rules: [...rules.values()] satisfies readonly RuleName[],
    take: (event) => {
      const seen = look(event)
      const { isUnjudged, sighting } = accessOf(seen)
      if (isUnjudged) unjudged++
      const sightings = sighting === null ? [] : [sighting]
      for (const test of tests) sightings.push(...test(seen))
      return sightings.flatMap((one) => count(one, event))
    },
    unjudged: () => unjudged,
    snapshot: () => ({ unjudged, of: windows.snapshot() }),
    restore: (snapshot) => {
      const { of, unjudged: before } = snapshot as { of: JsonValue; unjudged: number }
      unjudged = before
      windows.restore(of)
    },
    health: () => ({ held: windows.size(), evicted: windows.evicted(), errors: new Map() }),
  }
}

interface Telling {
  readonly rule: PolicyRule
  readonly words: string
}

/** What is said of a sighting now that it was counted. */
function tellings(sighting: Sighting, window: Window): Telling[] {
  const { rule, words } = sighting
  const told: Telling[] = []
  if (isPowerOfTen(window.count)) told.push({ rule, words: `${timesOf(window.count)} ${words}` })
  if (rule === 'denied' && window.count === deniedMax) {
    told.push({ rule: 'denied_repeatedly', words: `${timesOf(window.count)} ${words}` })
  }
  if (sighting.amount !== undefined) told.push(...tooMuch(sighting, window))
  return told
}

/** Thresholds that this record passed: of one answer each time, of the hour once. */
function tooMuch({ amount, words }: Sighting, window: Window): Telling[] {
  const { bytes, of } = amount!
  if (of === null) return []
  const { bytesMax, bytesPerHourMax, perHourMax } = of
  const rule = 'privileged_too_much'
  const told: Telling[] = []
  const once = (name: string, isPassed: boolean, said: string): void => {
    if (!isPassed || window.told.includes(name)) return
    window.told.push(name)
    told.push({ rule, words: said })
  }
  if (bytesMax !== null && bytes > bytesMax) {
    told.push({ rule, words: `${bytes} bytes in one action ${words}, more than ${bytesMax}` })
  }
  const { bytes: sum, count } = window
  const hour = 'in an hour, more than'
  once(
    'bytes',
    bytesPerHourMax !== null && sum > bytesPerHourMax,
    `${sum} bytes in actions ${words} ${hour} ${bytesPerHourMax}`,
  )
  once(
    'count',
    perHourMax !== null && count > perHourMax,
    `${count} actions ${words} ${hour} ${perHourMax}`,
  )
  return told
}

function timesOf(count: number): string {
  return count === 1 ? 'Once' : `${count} times in an hour`
}

function isPowerOfTen(count: number): boolean {
  return /^10*$/.test(String(count))
}
