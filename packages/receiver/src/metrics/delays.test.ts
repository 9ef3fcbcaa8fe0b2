import { expect, test } from '@jest/globals'
import { MAX_LOG_LOOKS } from '../limits.ts'
import { watchDelays } from './delays.ts'

function watched() {
  const place = { nextFrame: 10, size: 100, published: 100, behind: 0 }
  let at = 0
  const delays = watchDelays(
    () => place,
    () => at,
  )
  const pass = (seconds: number): void => {
    at += seconds * 1_000
    delays.look()
  }
  delays.look()
  return { place, delays, pass }
}

test('a sink is as late as the oldest commit that it has not got', () => {
  const { delays, pass, place } = watched()
  expect(delays.behindS(0)).toBe(0)
  pass(60)
  Object.assign(place, { nextFrame: 12, behind: 2 })
  pass(5)
  Object.assign(place, { nextFrame: 15, behind: 5 })
  pass(5)
  expect([3, 4, 5].map((commits) => delays.behindS(commits))).toEqual([0, 5, 5])
  Object.assign(place, { behind: 1 })
  pass(5)
  expect([1, 5].map((commits) => delays.behindS(commits))).toEqual([5, 5])
  Object.assign(place, { behind: 0 })
  pass(5)
  expect(delays.behindS(0)).toBe(0)
})

test('what no checkpoint covers waits from when it was seen until it is covered', () => {
  const { delays, pass, place } = watched()
  pass(60)
  place.size = 110
  pass(1)
  expect(delays.checkpointS).toBe(0)
  pass(9)
  expect(delays.checkpointS).toBe(9)
  place.published = 105
  pass(1)
  expect(delays.checkpointS).toBe(0)
  pass(1)
  place.published = 110
  pass(1)
  expect(delays.checkpointS).toBe(0)
})

test('a lag of many looks is still known, and memory is not', () => {
  const { delays, pass, place } = watched()
  for (let i = 0; i < 10 * MAX_LOG_LOOKS; i++) {
    place.nextFrame++
    place.behind++
    pass(1)
  }
  expect(delays.behindS(place.behind)).toBe(10 * MAX_LOG_LOOKS - 1)
  expect(delays.looks).toBeLessThanOrEqual(MAX_LOG_LOOKS)
})
