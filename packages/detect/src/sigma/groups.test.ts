// Guarantee: with room enough a group knows what one that is kept by itself would; with less room
// there are never more groups and events than there may be, and what was touched last stays.
import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { LATE_ALLOWANCE_MS } from '../limits.ts'
import { type Group, Groups } from './groups.ts'
import type { Held } from './measure.ts'

const timespanMs = 1_000
const knownMs = timespanMs + LATE_ALLOWANCE_MS

interface Added {
  readonly key: string
  readonly held: Held
  readonly receivedMs: number
}

/** Events one after another, with pauses up to twice the time that a group is known. */
function drawnOf(afterMs: fc.Arbitrary<number>, lateMs: fc.Arbitrary<number>) {
  const key = fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', 'h')
  const steps = fc.array(fc.record({ key, afterMs, lateMs }), { maxLength: 80 })
  return steps.map((drawn): Added[] => {
    let receivedMs = 10 * knownMs
    return drawn.map((one, seq) => {
      receivedMs += one.afterMs
      const at = { atMs: receivedMs - one.lateMs, seq, id: `${seq}`, index: seq }
      return { key: one.key, receivedMs, held: { ...at, slots: 1, value: null } }
    })
  })
}
const pauses = fc.oneof(fc.constantFrom(0, 1, knownMs, knownMs + 1), fc.nat(2 * knownMs))

const add = (groups: Groups, { held, key, receivedMs }: Added): Group | null =>
  groups.add(key, held, { values: [key], receivedMs })

/** A list of its own for each key, and nothing else. */
function modelOf(): (added: Added) => readonly number[] | null {
  const known = new Map<string, { touchedMs: number; events: Held[] }>()
  return ({ held, key, receivedMs }) => {
    const found = known.get(key)
    const isKnown = found !== undefined && found.touchedMs + knownMs >= receivedMs
    const before = isKnown ? found.events : []
    const newest = Math.max(held.atMs, ...before.map(({ atMs }) => atMs))
    if (held.atMs < newest - knownMs) return null
    const events = [...before, held]
      .filter(({ atMs }) => atMs >= newest - knownMs)
      .toSorted((one, other) => one.atMs - other.atMs || one.seq - other.seq)
    known.set(key, { touchedMs: receivedMs, events })
    return events.map(({ seq }) => seq)
  }
}

test('with room enough each group has its events, and is forgotten when it is time', () => {
  fc.assert(
    fc.property(drawnOf(pauses, fc.oneof(fc.constant(0), fc.nat(2 * knownMs))), (drawn) => {
      const groups = new Groups({ groups: 1_000, events: 1_000, timespanMs })
      const model = modelOf()
      for (const one of drawn) {
        const events = add(groups, one)?.held.map(({ seq }) => seq) ?? null
        expect(events).toEqual(model(one))
      }
      expect(groups.evicted).toBe(0)
    }),
    { numRuns: 300, seed: 12 },
  )
})

test('there are never more groups than may be, and the half that was touched last stays', () => {
  const soon = drawnOf(fc.nat(2), fc.constant(0))
  fc.assert(
    fc.property(soon, fc.integer({ min: 1, max: 8 }), (drawn, max) => {
      const groups = new Groups({ groups: max, events: 1_000, timespanMs })
      let touched: string[] = []
      for (const one of drawn) {
        add(groups, one)
        touched = [one.key, ...touched.filter((key) => key !== one.key)]
        const kept = groupsIn(groups).map(([key]) => key)
        expect(kept.length).toBeLessThanOrEqual(max)
        expect(kept).toEqual(expect.arrayContaining(touched.slice(0, Math.ceil(max / 2))))
      }
    }),
    { numRuns: 300, seed: 13 },
  )
})

test('there are never more events than may be, but in the one group that is looked at', () => {
  fc.assert(
    fc.property(drawnOf(pauses, fc.nat(knownMs)), fc.nat(30), (drawn, max) => {
      const groups = new Groups({ groups: 1_000, events: max, timespanMs })
      for (const one of drawn) {
        const looked = add(groups, one)?.held.length ?? 0
        const kept = groupsIn(groups).map(([, [, , , , held]]) => held.length)
        const all = kept.reduce((sum, count) => sum + count, 0)
        expect(all).toBeLessThanOrEqual(Math.max(max, looked))
        if (looked > 0) expect(groupsIn(groups).map(([key]) => key)).toContain(one.key)
      }
    }),
    { numRuns: 300, seed: 14 },
  )
})

test('a snapshot of an earlier version, a list, goes on', () => {
  const groups = new Groups({ groups: 4, events: 1_000, timespanMs })
  const held = [[9, 0, 'first', 0, 1, null]]
  groups.restore([['a', ['a'], 'first', 9, null, held]])
  const group = groups.add('a', heldOf(10), { values: ['a'], receivedMs: 10 })
  expect(group).toMatchObject({ firstId: 'first', held: [{ atMs: 9 }, { atMs: 10 }] })
})

const heldOf = (atMs: number): Held => ({
  ...{ atMs, seq: atMs, id: `${atMs}`, index: atMs, slots: 1, value: null },
})

type Row = readonly [key: string, group: readonly [unknown, unknown, unknown, unknown, unknown[]]]

function groupsIn(groups: Groups): Row[] {
  const { groups: kept } = groups.snapshot() as unknown as {
    readonly groups: { readonly old: Row[]; readonly young: Row[] }
  }
  return [...kept.old, ...kept.young]
}
