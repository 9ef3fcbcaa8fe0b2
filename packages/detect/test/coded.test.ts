// Guarantee: each rule that is code finds what it is for and nothing in its near misses, finds the
// same over a restart, and says no address and no user agent, nor keeps one.
import { describe, expect, test } from '@jest/globals'
import type { JsonValue } from '@grantlog/record'
import { codedDetectors, codedRules } from '../src/coded.ts'
import type { Detection, Detector } from '../src/detection.ts'
import type { AuditEvent } from '../src/event.ts'
import { behaviourCases } from './coded/behaviour.ts'
import { type Case, type Step } from './coded/cases.ts'
import { elsewhereCases } from './coded/elsewhere.ts'
import { protocolCases } from './coded/protocol.ts'
import { eventWith, startMs } from './events.ts'

const cases = [...protocolCases, ...elsewhereCases, ...behaviourCases]
const named = cases.map((one): [string, Case] => [`${one.detector} ${one.rule}`, one])

function events(steps: readonly Step[]): AuditEvent[] {
  // What comes late comes then: no sooner than what is before it.
  let receivedMs = 0
  return steps.map(([atS, attributes, receivedS = atS], at) => {
    const atMs = startMs + 1_000 * atS
    receivedMs = Math.max(receivedMs, startMs + 1_000 * receivedS)
    return eventWith(attributes, { atMs, receivedMs, id: `id-${at}`, index: at })
  })
}

function detector({ detector: name }: Case): Detector {
  return codedDetectors()[name]!
}

const isOf =
  ({ rule }: Case) =>
  (detection: Detection) =>
    detection.rule.id.endsWith(rule)

function detectionsOf(one: Case, steps: readonly Step[]): Detection[] {
  const fresh = detector(one)
  return events(steps).flatMap((event) => fresh.take(event))
}

describe.each(named)('%s', (_, one) => {
  test('finds what it is for', () => {
    const found = detectionsOf(one, one.fires).filter(isOf(one))
    expect(found.length).toBeGreaterThan(0)
    if (one.words !== undefined)
      expect(found.map(({ words }) => words)).toContainEqual(expect.stringMatching(one.words))
    for (const { records } of found) expect(records.length).toBeGreaterThan(0)
  })

  test.each(Object.keys(one.silent))('not: %s', (name) => {
    expect(detectionsOf(one, one.silent[name]!).filter(isOf(one))).toEqual([])
  })

  test('finds the same over a restart', () => {
    const whole = detectionsOf(one, one.fires)
    const all = events(one.fires)
    const cuts = new Set(
      [0, 1, all.length >> 1, all.length - 2, all.length - 1].filter((at) => at >= 0),
    )
    for (const cut of cuts) {
      const before = detector(one)
      const first = all.slice(0, cut).flatMap((event) => before.take(event))
      const after = detector(one)
      after.restore(JSON.parse(JSON.stringify(before.snapshot())) as JsonValue)
      const rest = all.slice(cut).flatMap((event) => after.take(event))
      expect([...first, ...rest]).toEqual(whole)
    }
  })

  test.each(Object.keys(one.silent))('not over a restart either: %s', (name) => {
    const all = events(one.silent[name]!)
    const before = detector(one)
    const first = all.slice(0, -1).flatMap((event) => before.take(event))
    const after = detector(one)
    after.restore(JSON.parse(JSON.stringify(before.snapshot())) as JsonValue)
    const found = [...first, ...after.take(all.at(-1)!)]
    expect(found.filter(isOf(one))).toEqual([])
  })

  test('a snapshot stays what it was, whatever comes after it', () => {
    const all = events(one.fires)
    const going = detector(one)
    const restored = detector(one)
    for (const event of all.slice(0, -1)) going.take(event)
    const snapshot = going.snapshot()
    const written = JSON.stringify(snapshot)
    restored.restore(snapshot)
    for (const each of [going, restored]) each.take(all.at(-1)!)
    expect(JSON.stringify(snapshot)).toBe(written)
    expect(restored.snapshot()).toEqual(going.snapshot())
  })

  test('neither says nor keeps where somebody was, and by what', () => {
    const fresh = detector(one)
    const found = events(one.fires).flatMap((event) => fresh.take(event))
    const said = JSON.stringify([found, fresh.snapshot()])
    expect(said).not.toMatch(/192\.0\.2\.|203\.0\.113|198\.51\.100|curl|Firefox|Mozilla/)
  })
})

test('each rule that is code has a case', () => {
  const tested = new Set(cases.map(({ rule }) => rule))
  const untested = codedRules.filter(({ id }) => ![...tested].some((end) => id.endsWith(end)))
  expect(untested.map(({ title }) => title)).toEqual([])
})

test('events without anything in them are nothing to any of them', () => {
  for (const one of Object.values(codedDetectors())) {
    expect(one.take(eventWith({}))).toEqual([])
    expect(one.take(eventWith({ 'oauth.role': 'authorization_server' }))).toEqual([])
  }
})
