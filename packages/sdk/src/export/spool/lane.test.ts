// Guarantee: a disk that does not answer is left alone until it does; a service whose event loop is
// busy, so that answers are heard late, has no such disk.
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { createLane } from './lane.ts'

beforeEach(() => void jest.useFakeTimers())
afterEach(() => void jest.useRealTimers())

const timeoutMs = 10_000
const hung = expect.objectContaining({ code: 'SPOOL_UNAVAILABLE' })

/** A lane, a call that is on its way until it is answered, and how that call went. */
function started() {
  let idleMs = 500
  let answer = (): void => undefined
  const lane = createLane(timeoutMs, () => idleMs)
  const outcome = lane
    .run(() => new Promise<void>((resolve) => (answer = resolve)))
    .then(() => 'done')
    .catch((error: unknown) => error)
  /** The event loop turns for that long, and waits for a part of it. */
  const pass = async (ms: number, idle: number): Promise<void> => {
    await jest.advanceTimersByTimeAsync(0)
    idleMs += idle
    await jest.advanceTimersByTimeAsync(ms)
  }
  return { lane, outcome, pass, answer: () => answer() }
}

test('a call may take as long as the limit, and no longer', async () => {
  const slow = started()
  await slow.pass(timeoutMs, timeoutMs - 1)
  expect(slow.lane.isStuck()).toBe(false)
  slow.answer()
  expect(await slow.outcome).toBe('done')

  const over = started()
  await over.pass(timeoutMs, timeoutMs)
  expect(over.lane.isStuck()).toBe(true)
  expect(await over.outcome).toEqual(hung)
})

test('nothing else is asked of a disk that hangs, until it answers', async () => {
  const { lane, outcome, pass, answer } = started()
  await pass(timeoutMs, timeoutMs)
  expect(await outcome).toEqual(hung)
  const asked = jest.fn(async () => undefined)
  await expect(lane.run(asked)).rejects.toEqual(hung)
  expect(asked).not.toHaveBeenCalled()
  answer()
  await pass(0, 0)
  await lane.run(asked)
  expect(asked).toHaveBeenCalledTimes(1)
})

test('a busy event loop is no slow disk, for a minute', async () => {
  const { lane, pass, outcome } = started()
  await pass(59_000, 0)
  expect(lane.isStuck()).toBe(false)
  await pass(1_000, 0)
  expect(await outcome).toEqual(hung)
})
