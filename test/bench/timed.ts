// What a program costs from its start to its end, as the system counts it.
import { spawnSync } from 'node:child_process'

export interface Timed {
  /** Microseconds of CPU, user and system, of it and what it started. */
  readonly cpuUs: number
  /** What it printed, on both streams. */
  readonly output: string
}

/** Runs a program to its end, whatever its exit code. */
export function timed(program: string, args: readonly string[]): Timed {
  // The shell's `time` reads getrusage(2): microseconds, where /proc has hundredths of a second.
  const script = 'TIMEFORMAT="%3U %3S"; time "$@" 2>&1'
  const run = spawnSync('bash', ['-c', script, 'bash', program, ...args], {
    encoding: 'utf8',
    maxBuffer: 1 << 28,
  })
  const [user, system] = run.stderr.trim().split('\n').at(-1)!.split(' ').map(Number)
  if (user === undefined || system === undefined || Number.isNaN(user + system)) {
    throw new Error(`${program} was not timed: ${run.stderr}`)
  }
  return { cpuUs: (user + system) * 1e6, output: run.stdout }
}
