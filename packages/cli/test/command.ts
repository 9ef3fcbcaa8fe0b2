// The command line as its users meet it: a process, started from the sources.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

export interface Result {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly pid: number
  /** The first JSON line on stdout with this code; rejects when the process ends before. */
  event(code: string): Promise<Record<string, unknown>>
  stdout(): string
  /** Resolves with the next output, or the end. */
  more(): Promise<unknown>
  kill(signal: NodeJS.Signals): void
  readonly ended: Promise<Result>
}

/** Nothing beside the receiver but what a test asks for. */
const alone = { GRANTLOG_PRIORITY: 'normal', GRANTLOG_CONSOLE: 'off', GRANTLOG_DETECT: 'off' }
const main = join(import.meta.dirname, '..', 'src', 'main.ts')
const flags = ['--conditions=@grantlog/source', main]

/**
 * Starts `grantlog`; nothing of this process's configuration reaches it. It does not give way to
 * the other tests, which would wait for nothing else.
 */
export function start(args: readonly string[], env: Record<string, string> = {}): Running {
  const { HOME = '/', NODE_COMPILE_CACHE, PATH = '' } = process.env
  const child = spawn(process.execPath, [...flags, ...args], {
    env: { HOME, NODE_COMPILE_CACHE, PATH, ...alone, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const output = collect(child)
  const ended = new Promise<Result>((resolve) => {
    child.once('close', (code) => resolve({ code, ...output.text() }))
  })
  const event = (code: string): Promise<Record<string, unknown>> =>
    new Promise((resolve, reject) => {
      output.onData(() => {
        const found = linesIn(output.text().stdout).find((line) => line.code === code)
        if (found) resolve(found)
      })
      void ended.then(({ stderr }) => reject(new Error(`ended before ${code}: ${stderr}`)))
    })
  return {
    pid: child.pid!,
    event,
    ended,
    stdout: () => output.text().stdout,
    more: () => Promise.race([once(child.stdout, 'data'), ended]),
    kill: (signal) => void child.kill(signal),
  }
}

/** Runs `grantlog` to its end. */
export async function grantlog(
  args: readonly string[],
  env?: Record<string, string>,
): Promise<Result> {
  return start(args, env).ended
}

/** A new folder, and how to remove it. */
export function temporaryFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'grantlog-cli-'))
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** The error of a command that was run with --json. */
export function errorIn({ stderr }: Result): { code: string; title: string; fix: string } {
  return (JSON.parse(stderr) as { error: { code: string; title: string; fix: string } }).error
}

function collect(child: ChildProcess): {
  text: () => { stdout: string; stderr: string }
  onData: (listener: () => void) => void
} {
  let [stdout, stderr] = ['', '']
  const listeners: (() => void)[] = []
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
    listeners.forEach((listener) => listener())
  })
  child.stderr?.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  return {
    text: () => ({ stdout, stderr }),
    onData: (listener) => {
      listeners.push(listener)
      listener()
    },
  }
}

function linesIn(stdout: string): Record<string, unknown>[] {
  return stdout
    .split('\n')
    .slice(0, -1)
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>)
}
