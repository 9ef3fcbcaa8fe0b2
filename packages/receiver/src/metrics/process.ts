// How the process itself is: its processor time, memory, and how late its event loop is.
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { LOOP_DELAY_RESOLUTION_MS, LOOP_DELAY_WINDOW_MS } from '../limits.ts'

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

export function watchProcess(uptimeMs: () => number): ProcessWatch {
  const delays = monitorEventLoopDelay({ resolution: LOOP_DELAY_RESOLUTION_MS })
  delays.enable()
  let before = { p99: 0, max: 0 }
  let since = uptimeMs()
  /** In seconds, less the timer's own period. */
  const now = (): typeof before => {
    const late = (ns: number): number => Math.max(0, ns / 1e9 - LOOP_DELAY_RESOLUTION_MS / 1e3)
    if (delays.count === 0) return { p99: 0, max: 0 }
    return { p99: late(delays.percentile(99)), max: late(delays.max) }
  }
  return {
    get status() {
      const { heapUsed, rss } = process.memoryUsage()
      const { system, user } = process.cpuUsage()
      const { max, p99 } = now()
      return {
        loopDelayP99S: Math.max(p99, before.p99),
        loopDelayMaxS: Math.max(max, before.max),
        cpuUserS: user / 1e6,
        cpuSystemS: system / 1e6,
        residentBytes: rss,
        heapBytes: heapUsed,
        uptimeS: process.uptime(),
      }
    },
    look() {
      if (uptimeMs() - since < LOOP_DELAY_WINDOW_MS) return
      before = now()
      since = uptimeMs()
      delays.reset()
    },
    close: () => void delays.disable(),
  }
}
