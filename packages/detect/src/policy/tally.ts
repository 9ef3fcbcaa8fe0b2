// What of the sightings is told: when a series begins, when a threshold is passed, and when it has
// grown tenfold. See detector.test.ts.
import type { Detection, RuleName } from '../detection.ts'
import type { AuditEvent } from '../event.ts'
import { deniedMax } from './limits.ts'
import type { Sighting } from './look.ts'
import type { PolicyRule } from './rules.ts'
import type { Window, Windows } from './windows.ts'

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
