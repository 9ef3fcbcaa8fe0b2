// `grantlog reconcile` as a process of its own, at a lower priority, so that no acknowledgement of
// a receiver waits for it: by a schedule, or because somebody asked on the page.
import { type ChildProcess, spawn } from 'node:child_process'
import { setPriority } from 'node:os'
import { CliError } from './errors.ts'
import { nameOf } from './options.ts'

/** What to compare: a service with its access logs; none: its streams only. */
export interface Reconciled {
  readonly service: string
  readonly accessLogs: readonly string[]
}

export interface ReconcileResult {
  readonly code: number
  /** What it printed, as far as it is kept. */
  readonly report: string
  /** The code of an error; null for a run that came to a result. */
  readonly error: string | null
}

/** Characters of a report that are kept: its lists are bounded. */
const reportMax: number = 16 * 1024 * 1024
/** Characters of other output: an error is shorter. */
const errorMax = 4_096

/** Lower than the receiver's own, where the system lets us. */
const priority = 10

/** `SERVICE=PATH[,PATH]`. Errors: USAGE. */
export function reconciledOf(text: string): Reconciled {
  const equals = text.indexOf('=')
  const [service, paths] = equals < 0 ? [text, ''] : [text.slice(0, equals), text.slice(equals + 1)]
  if (service === '') throw new CliError('USAGE', '--reconcile is SERVICE=PATH[,PATH]')
  const accessLogs = paths.split(',').filter((path) => path !== '')
  return { service: nameOf(service), accessLogs }
}

/** The text that `reconciledOf` reads. */
export function reconciledText({ accessLogs, service }: Reconciled): string {
  return `${service}=${accessLogs.join(',')}`
}

/** Starts one; `done` never rejects. `of` null: the streams of all. */
export function startReconcile(
  of: Reconciled | null,
  args: readonly string[],
): { readonly child: ChildProcess; readonly done: Promise<ReconcileResult> } {
  const { promise, resolve } = Promise.withResolvers<ReconcileResult>()
  const service = of === null ? [] : ['--service', of.service]
  const paths = (of?.accessLogs ?? []).flatMap((path) => ['--access-log', path])
  const own = [process.argv[1] ?? '', 'reconcile', '--json', ...service, ...paths, ...args]
  const child = spawn(process.execPath, [...process.execArgv, ...own], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  lower(child)
  let report = ''
  let output = ''
  // A process that could not be made has no streams.
  child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    // What is longer is no report that anybody reads, and no JSON any more.
    if (report.length < reportMax) report += chunk
  })
  child.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    output = `${output}${chunk}`.slice(0, errorMax)
  })
  child.once('error', ({ message }) => resolve({ code: -1, report, error: message }))
  child.once('close', (code) => resolve({ code: code ?? -1, report, error: errorIn(output, code) }))
  return { child, done: promise }
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
