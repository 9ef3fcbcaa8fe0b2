// Loaded into the receiver before its own code: how long its event loop does not come round. Each
// SIGUSR2 replaces the file that LOOP_DELAY_FILE names by the figures since the one before.
import { renameSync, writeFileSync } from 'node:fs'
import { monitorEventLoopDelay } from 'node:perf_hooks'

export interface LoopDelay {
  readonly p99Ms: number
  readonly maxMs: number
}

const resolutionMs = 1
const file = process.env.LOOP_DELAY_FILE!
const histogram = monitorEventLoopDelay({ resolution: resolutionMs })
histogram.enable()
process.on('SIGUSR2', () => {
  // What it counts is the time between two looks.
  const late = (ns: number): number => Math.max(0, ns / 1e6 - resolutionMs)
  const figures: LoopDelay = { p99Ms: late(histogram.percentile(99)), maxMs: late(histogram.max) }
  writeFileSync(`${file}.new`, JSON.stringify(figures))
  renameSync(`${file}.new`, file)
  histogram.reset()
})
