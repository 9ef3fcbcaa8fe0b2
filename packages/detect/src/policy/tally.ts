// What of the sightings is told: when a series begins, when a threshold is passed, and when it has
// grown tenfold. See detector.test.ts.
import type { Detection, RuleName } from '../detection.ts'
import type { AuditEvent } from '../event.ts'
import { timely } from '../timely.ts'
import { deniedMax } from './limits.ts'
import type { Sighting } from './look.ts'
import type { PolicyRule } from './rules.ts'
import type { Window, Windows } from './windows.ts'

const nothing = { bytes: 0, rows: 0 }

/** Counts what a record shows, and gives what is to be told of it. */
export function tell(
  sighting: Sighting,
  event: AuditEvent,
  {
    rules,
    windows,
  }: { readonly rules: ReadonlyMap<PolicyRule, RuleName>; readonly windows: Windows },
): Detection[] {
  const key = JSON.stringify([sighting.rule, ...sighting.group])
  const { atMs, id, index } = timely(event)
  const { bytes, rows } = sighting.amount ?? nothing
  const window = windows.count(key, { atMs, id, index, bytes, rows })
  return tellings(sighting, window).map(({ rule, words }) => ({
    rule: rules.get(rule)!,
    atMs,
    group: sighting.group,
    records: [...window.records],
    count: window.count,
    words,
  }))
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
  const { of } = amount!
  if (of === null) return []
  const rule = 'privileged_too_much'
  const told: Telling[] = []
  const inOne = (unit: 'bytes' | 'rows', max: number | null): void => {
    const moved = amount![unit]
    if (max === null || moved <= max) return
    told.push({ rule, words: `${moved} ${unit} in one action ${words}, more than ${max}` })
  }
  const inAnHour = (name: 'bytes' | 'rows' | 'count', max: number | null, what: string): void => {
    if (max === null || window[name] <= max || window.told.includes(name)) return
    window.told.push(name)
    const hour = `in an hour, more than ${max}`
    told.push({ rule, words: `${window[name]} ${what} ${words} ${hour}` })
  }
  inOne('bytes', of.bytesMax)
  inOne('rows', of.rowsMax)
  inAnHour('bytes', of.bytesPerHourMax, 'bytes in actions')
  inAnHour('rows', of.rowsPerHourMax, 'rows in actions')
  inAnHour('count', of.perHourMax, 'actions')
  return told
}

function timesOf(count: number): string {
  return count === 1 ? 'Once' : `${count} times in an hour`
}

function isPowerOfTen(count: number): boolean {
  return /^10*$/.test(String(count))
}
