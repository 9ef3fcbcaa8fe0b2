// How the process itself is: its processor time, memory, and how late its event loop is. See
// process.test.ts.
import { monitorEventLoopDelay, performance } from 'node:perf_hooks'
import { LOOP_DELAY_RESOLUTION_MS, LOOP_DELAY_WINDOW_MS, LOOP_REST_SHARE } from '../limits.ts'

export interface ProcessStatus {
  readonly loopDelayP99S: number
  readonly loopDelayMaxS: number
  readonly cpuUserS: number
  readonly cpuSystemS: number
  readonly residentBytes: number
  readonly heapBytes: number
  readonly uptimeS: number
}

export interface ProcessWatch {
  readonly status: ProcessStatus
  /** Delays are those of the last one to two windows: whoever asks takes nothing from others. */
  look(): void
  close(): void
}

export interface ProcessWatchOptions {
  readonly uptimeMs: () => number
  /** Between two looks, ms: a look that comes later was held up. */
  readonly everyMs: number
  /** What of the time since it was asked last the loop was busy, 0 to 1. */
  readonly busyShare?: () => number
}

export function watchProcess(options: ProcessWatchOptions): ProcessWatch {
  const { everyMs, uptimeMs, busyShare = loopShare() } = options
  const delays = monitorEventLoopDelay({ resolution: LOOP_DELAY_RESOLUTION_MS })
  delays.enable()
  let isOn = true
  let before = { p99: 0, max: 0 }
  let since = uptimeMs()
  let lookedAt = since
  /** Of looks, seconds: where nothing is to be done they alone tell. */
  let latest = 0
  /** In seconds, less the timer's own period. */
  const now = (): typeof before => {
    const late = (ns: number): number => Math.max(0, ns / 1e9 - LOOP_DELAY_RESOLUTION_MS / 1e3)
    if (delays.count === 0) return { p99: latest, max: latest }
    return { p99: late(delays.percentile(99)), max: Math.max(late(delays.max), latest) }
  }
  const worst = (): typeof before => {
    const { max, p99 } = now()
    return { p99: Math.max(p99, before.p99), max: Math.max(max, before.max) }
  }
  return {
    get status() {
      const { heapUsed, rss } = process.memoryUsage()
      const { system, user } = process.cpuUsage()
      const { max, p99 } = worst()
      return {
        loopDelayP99S: p99,
        loopDelayMaxS: max,
        cpuUserS: user / 1e6,
        cpuSystemS: system / 1e6,
        residentBytes: rss,
        heapBytes: heapUsed,
        uptimeS: process.uptime(),
      }
    },
    look() {
      const at = uptimeMs()
      latest = Math.max(latest, (at - lookedAt - everyMs) / 1e3)
      lookedAt = at
      // Its own wakings were half of what a receiver takes to which nobody sends.
      const isBusy = busyShare() >= LOOP_REST_SHARE
      if (isOn && !isBusy) delays.disable()
      else if (!isOn && isBusy) {
        // Begun anew: else the time that it was off is the first delay.
        before = worst()
        delays.reset()
        delays.enable()
      }
      isOn = isBusy
      if (at - since < LOOP_DELAY_WINDOW_MS) return
      before = now()
      since = at
      latest = 0
      delays.reset()
    },
    close: () => void delays.disable(),
  }
}

function loopShare(): () => number {
  let last = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, last)
    last = now
    return utilization
  }
}
