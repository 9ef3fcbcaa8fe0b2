// The system's clocks and timers.
import { performance } from 'node:perf_hooks'
import { setTimeout as wait } from 'node:timers/promises'
import type { Timing } from '../outage.ts'

export function systemTiming(now: () => number = Date.now): Timing {
  return { now, uptimeMs: () => performance.now(), random: Math.random, sleep }
}

async function sleep(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => undefined)
}
