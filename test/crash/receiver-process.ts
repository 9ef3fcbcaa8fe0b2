// A receiver as its users run it: a process, killed and started again by tests.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const main = join(import.meta.dirname, '../../packages/cli/dist/main.js')

/** How a process is started: under a program that ends by becoming it, or by tracing it. */
export interface Launch {
  readonly prefix: readonly string[]
  readonly env: Readonly<Record<string, string>>
}

/** How a process ended: by itself, or by a signal. */
export interface Ending {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
}

export interface ReceiverOptions {
  readonly args?: readonly string[]
  readonly launch?: Launch
}

export interface ReceiverProcess {
  readonly pid: number
  readonly endpoint: string
  readonly adminEndpoint: string
  readonly logKey: string
  readonly exited: Promise<Ending>
  /** Everything it wrote to stdout and stderr so far. */
  log(): string
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
  /** SIGTERM; resolves with its exit code. */
  stop(): Promise<number | null>
}

/** Starts `grantlog receiver` on free loopback ports; resolves when it says READY. */
export async function startReceiverProcess(
  data: string,
  options: ReceiverOptions = {},
): Promise<ReceiverProcess> {
  const child = spawnReceiver(data, options)
  const exited = endOf(child)
  const lines: string[] = []
  const ready = await readyLine(child, exited, lines)
  return {
    pid: child.pid!,
    endpoint: `http://127.0.0.1:${ready.otlpPort}`,
    adminEndpoint: `http://127.0.0.1:${ready.adminPort}`,
    logKey: ready.logKey,
    exited,
    log: () => lines.join('\n'),
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
    stop: async () => {
      child.kill('SIGTERM')
      return (await exited).code
    },
  }
}

function spawnReceiver(data: string, { args = [], launch }: ReceiverOptions): ChildProcess {
  const ports = args.includes('--port') ? [] : ['--port', '0', '--admin-port', '0']
  const command = [
    ...(launch?.prefix ?? []),
    ...[process.execPath, main, 'receiver', '--data', data, ...ports, '--json', ...args],
  ]
  return spawn(command[0]!, command.slice(1), {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, ...launch?.env },
  })
}

/** Resolves when the process is gone and all that it wrote was read. */
export async function endOf(child: ChildProcess): Promise<Ending> {
  const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]
  return { code, signal }
}

interface ReadyLine {
  readonly code: string
  readonly otlpPort: number
  readonly adminPort: number
  readonly logKey: string
}

/** Its log may be on either stream; both are read to the end so that the process never blocks. */
async function readyLine(
  child: ChildProcess,
  exited: Promise<Ending>,
  seen: string[],
): Promise<ReadyLine> {
  const ready = new Promise<ReadyLine>((resolve) => {
    for (const stream of [child.stdout!, child.stderr!]) {
      createInterface({ input: stream }).on('line', (line) => {
        seen.push(line)
        if (line.includes('"READY"')) resolve(JSON.parse(line) as ReadyLine)
      })
    }
  })
  const died = exited.then((ending) => {
    throw new StartFailed(ending, seen.join('\n'))
  })
  return Promise.race([ready, died])
}

/** The receiver ended before it was ready. */
export class StartFailed extends Error {
  readonly ending: Ending
  readonly log: string

  constructor(ending: Ending, log: string) {
    super(`the receiver ended before it was ready: ${ending.code ?? ending.signal}\n${log}`)
    this.ending = ending
    this.log = log
  }
}
