// Processes beside a benchmark: some answer lines with lines, others read the ledger all the time.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline'

const flags = ['--conditions=@grantlog/source', '--disable-warning=ExperimentalWarning']
const cli = join(import.meta.dirname, '../../packages/cli/dist/main.js')

const running = new Set<ChildProcess>()
// Whatever ends the benchmark: none of them may go on by itself.
process.on('exit', () => running.forEach((child) => child.kill('SIGKILL')))

export interface Answerer {
  /** What it said when it was ready. */
  readonly first: string
  readonly ask: (line: string) => Promise<string>
  readonly stop: () => Promise<void>
}

/** Starts a script of this folder, and waits for its first line. */
export async function startAnswerer(
  script: string,
  args: readonly string[] = [],
): Promise<Answerer> {
  const path = join(import.meta.dirname, script)
  const child = kept(
    spawn(process.execPath, [...flags, path, ...args], { stdio: ['pipe', 'pipe', 'inherit'] }),
  )
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]()
  const line = async (): Promise<string> => {
    const { done, value } = await lines.next()
    if (done === true) throw new Error(`${script} ended before it answered`)
    return value as string
  }
  return {
    first: await line(),
    ask: (text) => {
      child.stdin!.write(`${text}\n`)
      return line()
    },
    stop: () => killed(child),
  }
}

export interface Readers {
  /** How many of them came to their end. */
  readonly ended: () => number
  readonly stop: () => Promise<void>
}

/** Runs a command of `grantlog` so many times at once, and again whenever one ends. */
export function keepRunning(args: readonly string[], count: number): Readers {
  const children = new Set<ChildProcess>()
  let ended = 0
  let isStopped = false
  let failed: Error | undefined
  function start(): void {
    const child = kept(spawn(process.execPath, [cli, ...args], { stdio: 'ignore' }))
    children.add(child)
    child.once('exit', (code, signal) => {
      children.delete(child)
      if (isStopped) return
      // 3: `verify` found nothing wrong, and has no checkpoint from elsewhere.
      if (code !== 0 && code !== 3) failed ??= new Error(`${args.join(' ')}: ${code ?? signal}`)
      else {
        ended++
        start()
      }
    })
  }
  for (let at = 0; at < count; at++) start()
  return {
    ended: () => ended,
    stop: async () => {
      isStopped = true
      await Promise.all([...children].map(killed))
      if (failed) throw failed
    },
  }
}

function kept(child: ChildProcess): ChildProcess {
  running.add(child)
  child.once('exit', () => running.delete(child))
  return child
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = once(child, 'exit')
  child.kill('SIGKILL')
  await exit
}
