// The demo's child processes: each is stopped by its own pid, whatever happens to the demo.
import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { createRequire } from 'node:module'
import { createServer } from 'node:net'
import { join } from 'node:path'

export interface Child {
  readonly name: string
  readonly pid: number
  /** What it has printed so far. */
  stdout(): string
  stderr(): string
  /** Its exit code; null after a signal, or when it never started. */
  readonly ended: Promise<number | null>
  /** The first JSON line on stdout with this member; rejects when the process ends before. */
  line<T extends object>(member: keyof T & string): Promise<T>
  /** SIGTERM, after ten seconds SIGKILL. May be called twice. */
  stop(): Promise<void>
}

export interface ChildOptions {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
  readonly onLine?: (line: string) => void
}

export interface Processes {
  start(options: ChildOptions): Child
  /** A `node`. */
  node(name: string, args: readonly string[], options?: Partial<ChildOptions>): Child
  /** Runs `grantlog` to its end. */
  grantlog(
    args: readonly string[],
  ): Promise<{ code: number | null; stdout: string; stderr: string }>
  /** The arguments that start `grantlog`. */
  readonly grantlogMain: string
  stopAll(): Promise<void>
}

const stopMs = 10_000

/** What the user has set for real Grantlog services is none of the demo's. */
function cleanEnv(): Record<string, string> {
  const own = Object.entries(process.env).filter(([name]) => !name.startsWith('GRANTLOG_'))
  return Object.fromEntries(own) as Record<string, string>
}

/** `nodeFlags` are for each `node`; those of this process, if nothing is said. */
export function createProcesses(nodeFlags: readonly string[] = process.execArgv): Processes {
  const running = new Map<number, { kill: (signal: NodeJS.Signals) => void; stop: Child['stop'] }>()
  let isStopping = false
  const entry = createRequire(import.meta.url).resolve('grantlog')
  const grantlogMain = entry.replace(/index\.(js|ts)$/, 'main.$1')

  // The last resort, when the demo itself ends without its clean-up.
  process.on('exit', () => running.forEach(({ kill }) => kill('SIGKILL')))

  function start(options: ChildOptions): Child {
    const { args, command, cwd = join(import.meta.dirname, '..'), env = {}, name } = options
    const stdio = ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe']
    if (isStopping) throw new Error('the demo is being stopped')
    // A group of its own: Ctrl-C in the terminal must not reach it before the demo has its turn.
    const detached = true
    const child = spawn(command, args, { cwd, env: { ...cleanEnv(), ...env }, stdio, detached })
    const ended = whenEnded(child)
    const lines = readLines(child, options.onLine)
    const { pid } = child
    const stop = async (): Promise<void> => {
      child.kill('SIGTERM')
      const timer = setTimeout(() => child.kill('SIGKILL'), stopMs)
      await ended
      clearTimeout(timer)
    }
    if (pid !== undefined) {
      running.set(pid, { kill: (signal) => void child.kill(signal), stop })
      void ended.then(() => running.delete(pid))
    }
    const { line, ...printed } = lines
    const lineWith: Child['line'] = (member) => line(name, member, ended)
    return { name, pid: pid ?? -1, ...printed, ended, line: lineWith, stop }
  }

  const node: Processes['node'] = (name, args, options = {}) =>
    start({ name, command: process.execPath, args: [...nodeFlags, ...args], ...options })

  return {
    start,
    node,
    grantlogMain,
    async grantlog(args) {
      const { ended, stderr, stdout } = node('grantlog', [grantlogMain, ...args])
      return { code: await ended, stdout: stdout(), stderr: stderr() }
    },
    // Producers first, so that the receiver can still take what they have.
    async stopAll() {
      isStopping = true
      for (const { stop } of [...running.values()].toReversed()) await stop()
    },
  }
}

// Below the ports that systems give to whoever asks for any (32,768 and up; macOS 49,152 and up):
// between our look and the child's `listen`, nobody gets one of these by chance.
const portMin = 20_000
const portMax = 32_000

/** A port on which nobody listens now, for a child that must know its own before it starts. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = randomInt(portMin, portMax)
    const server = createServer()
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false))
      server.listen(port, '127.0.0.1', () => resolve(true))
    })
    if (!isFree) continue
    await new Promise((resolve) => server.close(resolve))
    return port
  }
}

function readLines(
  process: ChildProcess,
  onLine: ChildOptions['onLine'],
): {
  stdout: () => string
  stderr: () => string
  line: <T extends object>(
    name: string,
    member: keyof T & string,
    ended: Promise<unknown>,
  ) => Promise<T>
} {
  let stderr = ''
  let stdout = ''
  const listeners = new Set<() => void>()
  process.stderr?.on('data', (chunk: Buffer) => (stderr += chunk))
  process.stdout?.on('data', (chunk: Buffer) => {
    const before = completeLines(stdout).length
    stdout += chunk
    completeLines(stdout)
      .slice(before)
      .forEach((line) => onLine?.(line))
    listeners.forEach((listener) => listener())
  })
  return {
    stdout: () => stdout,
    stderr: () => stderr,
    line: <T extends object>(name: string, member: keyof T & string, ended: Promise<unknown>) =>
      new Promise<T>((resolve, reject) => {
        const look = (): void => {
          const found = completeLines(stdout)
            .map(parse)
            .find((json) => json && member in json)
          if (found) resolve(found as T)
        }
        listeners.add(look)
        look()
        void ended.then(() => reject(new Error(`${name} ended:\n${stderr}${stdout}`)))
      }),
  }
}

function completeLines(text: string): string[] {
  return text.split('\n').slice(0, -1)
}

function parse(line: string): object | null {
  try {
    const json = JSON.parse(line) as unknown
    return typeof json === 'object' ? json : null
  } catch {
    return null
  }
}

/** The exit code; also when it never started. */
function whenEnded(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.once('error', () => resolve(null))
    child.once('close', (code) => resolve(code))
  })
}
