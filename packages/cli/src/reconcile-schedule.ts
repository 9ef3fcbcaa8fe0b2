// Comparisons at an interval, while the receiver runs: `grantlog reconcile --since-last` as a
// process of its own, so that no acknowledgement waits for it. What it finds is handed over and
// told by the receiver. See test/crash/reconcile.test.ts.
import { type ChildProcess, spawn } from 'node:child_process'
import { setPriority } from 'node:os'
import type { LogEvent } from '@grantlog/receiver'
import { CliError } from './errors.ts'
import { nameOf } from './options.ts'

/** What to compare: a service with its access logs; none: its streams only. */
export interface Scheduled {
  readonly service: string
  readonly accessLogs: readonly string[]
}

export interface ScheduleOptions {
  readonly data: string
  readonly scheduled: readonly Scheduled[]
  readonly everyMs: number
  /** Further arguments of each run. */
  readonly args: readonly string[]
  readonly log: (event: LogEvent) => void
}

export interface Schedule {
  /** Ends a run under way; the next one covers its period. */
  stop(): Promise<void>
}

/** Characters of a run's output that are read: an error is shorter. */
const outputMax = 4_096

/** Milliseconds that a timer can wait; more would be none. */
const timerMax: number = 2 ** 31 - 1

/** Lower than the receiver's own, where the system lets us. */
const priority = 10

/** `SERVICE=PATH[,PATH]`. Errors: USAGE. */
export function scheduledOf(text: string): Scheduled {
  const equals = text.indexOf('=')
  const [service, paths] = equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)]
  if (service === '') throw new CliError('USAGE', '--reconcile is SERVICE=PATH[,PATH]')
  const accessLogs = paths.split(',').filter((path) => path !== '')
  return { service: nameOf(service), accessLogs }
}

/** The first run is one interval after the start: until then records come that waited for us. */
export function startSchedule(options: ScheduleOptions): Schedule {
  const { everyMs, log, scheduled } = options
  let child: ChildProcess | undefined
  let running: Promise<void> | undefined
  let isStopped = false

  async function runAll(): Promise<void> {
    for (const one of scheduled) {
      if (isStopped) return
      const { code, error } = await run(one)
      if (!isStopped && error !== null) {
        log({ code: 'RECONCILE_FAILED', level: 'error', service: one.service, exit: code, error })
      }
    }
  }

  function run({
    accessLogs,
    service,
  }: Scheduled): Promise<{ code: number; error: string | null }> {
    const { promise, resolve } = Promise.withResolvers<{ code: number; error: string | null }>()
    const paths = accessLogs.flatMap((path) => ['--access-log', path])
    const flags = ['--since-last', '--json', '--data', options.data, '--service', service, ...paths]
    const main = process.argv[1] ?? ''
    const args = [...process.execArgv, main, 'reconcile', ...flags, ...options.args]
    child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] })
    lower(child)
    let output = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      output = `${output}${chunk.toString()}`.slice(0, outputMax)
    })
    child.once('error', (error) => resolve({ code: -1, error: error.message }))
    child.once('close', (code) => resolve({ code: code ?? -1, error: errorIn(output, code) }))
    return promise
  }

  const timer = setInterval(
    () => {
      running ??= runAll().finally(() => (running = undefined))
    },
    Math.min(everyMs, timerMax),
  )
  return {
    async stop() {
      isStopped = true
      clearInterval(timer)
      child?.kill('SIGKILL')
      await running
    },
  }
}

function lower({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) setPriority(pid, priority)
  } catch {
    // It has ended, or the system knows no priorities.
  }
}

/** The code of an error that was printed as JSON; null for a run that came to a result. */
function errorIn(output: string, code: number | null): string | null {
  const [, found] = /"code":"([A-Z_]{1,64})"/.exec(output) ?? []
  if (found !== undefined) return found
  return code === 0 || code === 1 || code === 4 ? null : 'UNKNOWN'
}
