import { afterEach, expect, test } from '@jest/globals'
import { LOOP_DELAY_WINDOW_MS, LOOP_REST_SHARE } from '../limits.ts'
import { type ProcessWatch, watchProcess } from './process.ts'

const everyMs = 1_000
let watch: ProcessWatch
let uptimeMs = 0
let share = 0
afterEach(() => watch.close())

function start(): ProcessWatch {
  ;[uptimeMs, share] = [0, 0]
  watch = watchProcess({ everyMs, uptimeMs: () => uptimeMs, busyShare: () => share })
  return watch
}
const lookAfter = (ms: number): void => {
  uptimeMs += ms
  watch.look()
}
/** Nothing else runs meanwhile. */
function block(ms: number): void {
  const end = performance.now() + ms
  while (performance.now() < end);
}
/** Its timers go on meanwhile. */
async function pause(ms: number): Promise<void> {
  const end = performance.now() + ms
  while (performance.now() < end) await turn()
}
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

test('where nothing is done a look that is late tells, for one window or two', () => {
  start()
  lookAfter(everyMs)
  lookAfter(everyMs + 400)
  expect(watch.status.loopDelayMaxS).toBeCloseTo(0.4)
  for (let ms = 0; ms < LOOP_DELAY_WINDOW_MS; ms += everyMs) lookAfter(everyMs)
  expect(watch.status.loopDelayMaxS).toBeCloseTo(0.4)
  for (let ms = 0; ms < LOOP_DELAY_WINDOW_MS; ms += everyMs) lookAfter(everyMs)
  expect(watch.status.loopDelayMaxS).toBeCloseTo(0)
})

test('where something is done each turn that is late tells', async () => {
  start()
  share = LOOP_REST_SHARE
  lookAfter(everyMs)
  // Its timer tells from its second turn on.
  do {
    await turn()
    block(120)
  } while (watch.status.loopDelayMaxS < 0.05)
  expect(watch.status.loopDelayP99S).toBeGreaterThan(0)
})

test('the time in which nothing was done is no delay', async () => {
  start()
  // Its timer has to have been on.
  await pause(200)
  lookAfter(everyMs)
  await pause(2_000)
  share = 1
  lookAfter(everyMs)
  await pause(200)
  // No machine is so busy.
  expect(watch.status.loopDelayMaxS).toBeLessThan(1.9)
})

test('how busy the loop is it knows by itself', () => {
  watch = watchProcess({ everyMs, uptimeMs: () => 0 })
  watch.look()
  expect(watch.status.loopDelayMaxS).toBeGreaterThanOrEqual(0)
})
