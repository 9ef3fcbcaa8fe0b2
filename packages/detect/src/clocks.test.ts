import { expect, test } from '@jest/globals'
import { eventWith } from '../test/events.ts'
import { Clocks } from './clocks.ts'

const from = (service: string, atMs: number, receivedMs: number) =>
  eventWith({ 'audit.producer.service': service }, { atMs, receivedMs })

test('the shortest way that a record had shows how far a clock is off', () => {
  const clocks = new Clocks(4)
  // One clock is three seconds ahead; batches take up to half a second.
  for (const [took, at] of [200, 30, 480].entries()) {
    clocks.learn(from('login', took * 1_000, took * 1_000 + at))
    clocks.learn(from('api', took * 1_000 + 3_000, took * 1_000 + at))
  }
  expect(clocks.offsetOf(from('login', 0, 0))).toBe(0)
  expect(clocks.offsetOf(from('api', 0, 0))).toBe(-2_970)
})

test('a clock that is behind shows by records that never come in a second', () => {
  const clocks = new Clocks(2)
  for (const lagMs of [5_480, 5_030]) clocks.learn(from('api', 0, lagMs))
  expect(clocks.offsetOf(from('api', 0, 0))).toBe(5_030)
})

test('of a service that is not known nothing is changed', () => {
  expect(new Clocks(2).offsetOf(from('other', 5, 9))).toBe(0)
})
