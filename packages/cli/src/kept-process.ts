// A process beside the receiver, which does not need it: it is started again when it ends by
// itself, after pauses that get longer. See detect-process.test.ts and test/console.test.ts.
import { type ChildProcess, fork } from 'node:child_process'

export interface KeptProcessOptions {
  /** Arguments of `grantlog`. */
  readonly args: readonly string[]
  /** Of Node, besides those that this process has. */
  readonly execArgv?: readonly string[]
  readonly onMessage: (message: unknown) => void
  /** It ended, or could not be made; it is started again in `againMs`, null: it was stopped. */
  readonly onEnd: (exit: string | number, againMs: number | null) => void
  /** One that ran so long begins anew with the first pause. Default: none does. */
  readonly soundMs?: number
}

export interface KeptProcess {
  start(): void
  /** What runs now does so well: the next pause is the first again. */
  isSound(): void
  stop(): Promise<void>
}

/** Between two starts of one that ends by itself, ms: the first, and at most. */
const pauseMs = { first: 1_000, most: 60_000 }
/** For what it has to write before it goes. */
const killAfterMs = 5_000

export function keptProcess(options: KeptProcessOptions): KeptProcess {
  const { args, execArgv = [], onEnd, onMessage, soundMs = Infinity } = options
  let child: ChildProcess | undefined
  let pause = pauseMs.first
  let again: NodeJS.Timeout | undefined
  let isStopped = false

  function start(): void {
    const stdio = ['ignore', 'ignore', 'inherit', 'ipc'] as const
    const startedAt = performance.now()
    let isEnded = false
    const ended = (exit: string | number): void => {
      if (isEnded) return
      isEnded = true
      if (isStopped) return onEnd(exit, null)
      if (performance.now() - startedAt > soundMs) pause = pauseMs.first
      onEnd(exit, pause)
      again = setTimeout(start, pause)
      pause = Math.min(pause * 2, pauseMs.most)
    }
    let one: ChildProcess
    try {
      const forked = { stdio: [...stdio], execArgv: [...process.execArgv, ...execArgv] }
      one = fork(process.argv[1] ?? '', args, forked)
    } catch (error) {
      // Without memory or file descriptors it throws at once: that must not end the receiver.
      child = undefined
      return ended((error as { readonly code?: string }).code ?? 'UNKNOWN')
    }
    child = one
    one.on('message', onMessage)
    // A process that could not be made has no exit.
    one.once('error', ({ message }) => ended(message))
    one.once('exit', (exit, signal) => ended(exit ?? signal ?? ''))
  }

  return {
    start,
    isSound: () => void (pause = pauseMs.first),
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
