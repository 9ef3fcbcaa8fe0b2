// A receiver as its users run it: a process, killed and started again by tests.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const main = join(import.meta.dirname, '../../packages/cli/dist/main.js')

/** How a process is started: under a program that becomes it, or that traces it. */
export interface Launch {
  readonly prefix: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

export interface ReceiverProcess {
  readonly pid: number
  readonly endpoint: string
  /** OTLP/gRPC, written as a URL. */
  readonly grpcEndpoint: string
  readonly adminEndpoint: string
  readonly logKey: string
  /** Everything it wrote to stdout and stderr so far. */
  log(): string
  /** SIGKILL; resolves when the process is gone. */
  kill(): Promise<void>
  /** SIGTERM; resolves with its exit code. */
  stop(): Promise<number | null>
  /** Any signal, without waiting. */
  signal(name: NodeJS.Signals): void
  /** Resolves with the exit code; null after a signal. */
  readonly exited: Promise<number | null>
  /** The first such line of its log, once it is there; rejects when it ends before. */
  event(code: string, isIt?: (line: LogLine) => boolean): Promise<LogLine>
}

export type LogLine = Readonly<Record<string, unknown>> & { readonly code: string }

/** Starts `grantlog receiver` on free loopback ports; resolves when it says READY. */
export async function startReceiverProcess(
  data: string,
  args: readonly string[] = [],
  { prefix, env }: Launch = { prefix: [] },
): Promise<ReceiverProcess> {
  const ports = ['--port', '0', '--grpc-port', '0', '--admin-port', '0']
  const own = [main, 'receiver', '--data', data, ...ports, '--json', ...args]
  const [program, ...rest] = [...prefix, process.execPath, ...own] as [string, ...string[]]
  const child = spawn(program, rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    // Findings would be leaves that no test of these counts on.
    env: { ...process.env, GRANTLOG_DETECT: 'off', ...env },
  })
  const exited = once(child, 'exit').then(([code]) => code as number | null)
  const lines: string[] = []
  const ready = await readyLine(child, exited, lines)
  const event: ReceiverProcess['event'] = (code, isIt = () => true) => {
    const find = (): LogLine | undefined =>
      lines
        .filter((line) => line.includes(`"${code}"`))
        .map((line) => JSON.parse(line) as LogLine)
        .find((line) => line.code === code && isIt(line))
    const seen = new Promise<LogLine>((resolve) => {
      const look = (): void => {
        const found = find()
        if (found) resolve(found)
      }
      look()
      // After the reader of lines, which listens since before.
      for (const stream of [child.stdout!, child.stderr!]) stream.on('data', look)
    })
    const died = exited.then(() => find() ?? Promise.reject(new Error(`ended before ${code}`)))
    return Promise.race([seen, died])
  }
  return {
    pid: child.pid!,
    endpoint: `http://127.0.0.1:${ready.otlpPort}`,
    grpcEndpoint: `http://127.0.0.1:${ready.grpcPort}`,
    adminEndpoint: `http://127.0.0.1:${ready.adminPort}`,
    logKey: ready.logKey,
    log: () => lines.join('\n'),
    kill: async () => {
      child.kill('SIGKILL')
      await exited
    },
    stop: async () => {
      child.kill('SIGTERM')
      return exited
    },
    signal: (name) => void child.kill(name),
    exited,
    event,
  }
}

interface ReadyLine {
  readonly code: string
  readonly otlpPort: number
  readonly grpcPort: number
  readonly adminPort: number
  readonly logKey: string
}

/** Its log may be on either stream; both are read to the end so that the process never blocks. */
async function readyLine(
  child: ChildProcess,
  exited: Promise<number | null>,
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
  const died = exited.then((code) => {
    throw new StartFailed(code, seen.join('\n'))
  })
  return Promise.race([ready, died])
}

/** The receiver ended before it was ready. */
export class StartFailed extends Error {
  /** Null after a signal. */
  readonly code: number | null

  constructor(code: number | null, log: string) {
    super(`the receiver ended before it was ready, with ${code}:\n${log}`)
    this.code = code
  }
}
