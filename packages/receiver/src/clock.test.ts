import { expect, test } from '@jest/globals'
import { watchClock } from './clock.ts'
import type { LogEvent } from './flow.ts'
import { CLOCK_JUMP_MS } from './limits.ts'

test('a clock that is set is told once for each time; one that drifts is not', () => {
  const events: LogEvent[] = []
  let [now, uptimeMs] = [1_790_000_000_000, 5_000]
  const clock = watchClock({
    now: () => now,
    uptimeMs: () => uptimeMs,
    log: (event) => events.push(event),
  })
  const pass = (ms: number, byMs: number): void => {
    now += ms + byMs
    uptimeMs += ms
    clock.look()
  }
  pass(1_000, 0)
  pass(1_000, CLOCK_JUMP_MS - 1)
  expect(clock.status).toEqual({ jumps: 0, lastJumpMs: 0 })
  pass(1_000, 1)
  pass(1_000, 0)
  pass(1_000, -3_600_000)
  pass(86_400_000, 0)
  expect(events).toEqual([
    { code: 'CLOCK_JUMPED', level: 'warn', byMs: CLOCK_JUMP_MS },
    { code: 'CLOCK_JUMPED', level: 'warn', byMs: -3_600_000 },
  ])
  expect(clock.status).toEqual({ jumps: 2, lastJumpMs: -3_600_000 })
})
