// Guarantee: who says of which events it need not be asked (`events` of a detector) finds nothing
// in them, and learns nothing: all that it found and knows after simulated traffic is the same.
import { beforeAll, describe, expect, test } from '@jest/globals'
import type { AuditEvent, Detection, Detector } from '@grantlog/detect'
import { codedDetectors } from '../../packages/detect/src/coded.ts'
import { tuningSeeds } from './seeds.ts'
import { simulate } from './simulator/simulate.ts'

const small = { days: 20, people: 60, visitsPerDay: 8, attacksOfEachKind: 2 }

let events: readonly AuditEvent[]
beforeAll(() => {
  events = Array.from(simulate({ seed: tuningSeeds[0]!, ...small }), ({ event }) => event)
})

/** With nothing in it of a clock: only who waits has one, and is asked of all. */
function seen(detector: Detector, some: readonly AuditEvent[]): readonly [Detection[], unknown] {
  const found = some.flatMap((event) => [...detector.take(event)])
  const { entities } = detector.snapshot() as { readonly entities: unknown }
  return [found, entities]
}

function within({ actions, outcomes, roles }: NonNullable<Detector['events']>): AuditEvent[] {
  const of = (event: AuditEvent, name: string): string => String(event.attributes.get(name) ?? '')
  return events.filter(
    (event) =>
      (actions?.includes(of(event, 'audit.action')) ?? true) &&
      (roles?.includes(of(event, 'oauth.role')) ?? true) &&
      (outcomes?.includes(of(event, 'audit.outcome')) ?? true),
  )
}

const bounded = Object.entries(codedDetectors()).flatMap(([name, { events: bounds }]) =>
  bounds === undefined ? [] : [[name, bounds] as const],
)

test('most detectors say which events they look at', () => {
  expect(bounded.length).toBeGreaterThan(Object.keys(codedDetectors()).length / 2)
})

describe.each(bounded)('%s', (name, bounds) => {
  test('finds and learns the same of its events as of all', () => {
    const some = within(bounds)
    expect(some.length).toBeGreaterThan(0)
    expect(some.length).toBeLessThan(events.length)
    expect(seen(codedDetectors()[name]!, some)).toEqual(seen(codedDetectors()[name]!, events))
  })
})
