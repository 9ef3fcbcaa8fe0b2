import { expect, test } from '@jest/globals'
import { eventWith } from '../test/events.ts'
import { Clocks } from './clocks.ts'

const from = (service: string, atMs: number, receivedMs: number) =>
  eventWith({ 'audit.producer.service': service }, { atMs, receivedMs })

test('the shortest way that a record had shows how far a clock is off', () => {
  const clocks = new Clocks(4)
  const offsets: number[][] = []
  // One clock is three seconds ahead; batches take up to half a second.
  for (const [took, at] of [200, 30, 480].entries()) {
    offsets.push([
      clocks.learn(from('login', took * 1_000, took * 1_000 + at)),
      clocks.learn(from('api', took * 1_000 + 3_000, took * 1_000 + at)),
    ])
  }
  expect(offsets).toEqual([
    [0, -2_800],
    [0, -2_970],
    [0, -2_970],
  ])
})

test('a clock that is behind shows by records that never come in a second', () => {
  const clocks = new Clocks(2)
  const offsets = [5_480, 5_030, 6_000].map((lagMs) => clocks.learn(from('api', 0, lagMs)))
  expect(offsets).toEqual([5_480, 5_030, 5_030])
  expect(clocks.learn(from('api', 0, 900))).toBe(0)
})
