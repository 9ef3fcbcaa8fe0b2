// Detection beside a receiver: a process of its own at the lowest priority, so that no
// acknowledgement waits for a rule. It is started again when it ends; records are taken meanwhile,
// and looked at then. See test/findings.test.ts.
import { type ChildProcess, fork } from 'node:child_process'
import type { ChannelStatus } from '@grantlog/detect'
import { detectMetrics } from './detect-metrics.ts'
import type { ReceiverEvent } from './log-codes.ts'

/** What `grantlog detect` says to the process that started it. */
export interface DetectMessage {
  readonly log?: ReceiverEvent
  readonly status?: DetectCounts
}

export interface DetectCounts {
  readonly behind: number
  readonly rules: number
  readonly findings: number
  readonly unreadable: number
  readonly events: number
  readonly detections: number
  readonly dropped: number
  readonly held: number
  readonly evicted: number
  readonly errors: number
  readonly channels: readonly ChannelStatus[]
}

export interface DetectProcess {
  /** Its metrics, in Prometheus' format; that it is not there is one of them. */
  readonly metrics: () => Promise<string>
  start(): void
  stop(): Promise<void>
}

/** Between two starts of one that ends by itself, ms: the first, and at most. */
const pauseMs = { first: 1_000, most: 60_000 }
/** One that ran so long begins anew with the first pause. */
const soundMs = 60_000
/** For its last snapshot. */
const killAfterMs = 5_000

export function detectProcess({
  args,
  log,
}: {
  /** Arguments of `grantlog detect`. */
  readonly args: readonly string[]
  readonly log: (event: ReceiverEvent) => void
}): DetectProcess {
  let child: ChildProcess | undefined
  let counts: DetectCounts | undefined
  let pause = pauseMs.first
  let again: NodeJS.Timeout | undefined
  let isStopped = false

  function start(): void {
    const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const
    const startedAt = performance.now()
    let isEnded = false
    const onEnd = (exit: string | number): void => {
      if (isEnded) return
      isEnded = true
      counts = undefined
      if (isStopped) return
      if (performance.now() - startedAt > soundMs) pause = pauseMs.first
      log({ code: 'DETECT_ENDED', level: 'warn', exit, againMs: pause })
      again = setTimeout(start, pause)
      pause = Math.min(pause * 2, pauseMs.most)
    }
    let one: ChildProcess
    try {
      one = fork(process.argv[1] ?? '', ['detect', '--json', ...args], { stdio: [...stdio] })
    } catch (error) {
      // Without memory or file descriptors it throws at once: that must not end the receiver.
      child = undefined
      return onEnd((error as { readonly code?: string }).code ?? 'UNKNOWN')
    }
    child = one
    one.on('message', ({ log: event, status }: DetectMessage) => {
      if (event !== undefined) log(event)
      if (status !== undefined) counts = status
    })
    // A process that could not be made has no exit.
    one.once('error', ({ message }) => onEnd(message))
    one.once('exit', (exit, signal) => onEnd(exit ?? signal ?? ''))
  }

  return {
    metrics: () => detectMetrics(counts),
    start,
    stop: async () => {
      isStopped = true
      clearTimeout(again)
      // One that could not be made has no pid, and never exits.
      if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
      const { promise, resolve } = Promise.withResolvers<void>()
      child.once('exit', () => resolve())
      child.kill('SIGTERM')
      const last = setTimeout(() => child?.kill('SIGKILL'), killAfterMs)
      await promise
      clearTimeout(last)
    },
  }
}
