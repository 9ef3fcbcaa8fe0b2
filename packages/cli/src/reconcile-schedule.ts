// Comparisons at an interval, while the receiver runs: `grantlog reconcile --since-last` as a
// process of its own, so that no acknowledgement waits for it. What it finds is handed over and
// told by the receiver. See test/crash/reconcile.test.ts.
import type { ChildProcess } from 'node:child_process'
import type { ReceiverEvent } from './log-codes.ts'
import { type Reconciled, startReconcile } from './reconcile-process.ts'

export interface ScheduleOptions {
  readonly data: string
  readonly scheduled: readonly Reconciled[]
  readonly everyMs: number
  /** Further arguments of each run. */
  readonly args: readonly string[]
  readonly log: (event: ReceiverEvent) => void
}

export interface Schedule {
  /** Ends a run under way; the next one covers its period. */
  stop(): Promise<void>
}

/** Milliseconds that a timer can wait; more would be none. */
const timerMax: number = 2 ** 31 - 1

/** The first run is one interval after the start: until then records come that waited for us. */
export function startSchedule(options: ScheduleOptions): Schedule {
  const { everyMs, log, scheduled } = options
  const args = ['--since-last', '--data', options.data, ...options.args]
  let child: ChildProcess | undefined
  let running: Promise<void> | undefined
  let isStopped = false

  async function runAll(): Promise<void> {
    for (const one of scheduled) {
      if (isStopped) return
      const started = startReconcile(one, args)
      child = started.child
      const { code, error } = await started.done
      if (!isStopped && error !== null) {
        log({ code: 'RECONCILE_FAILED', level: 'error', service: one.service, exit: code, error })
      }
    }
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
