// `grantlog reconcile`: records against what else is known of a system's activity, and the result
// sealed. See test/reconcile.test.ts.
import type { Command } from 'commander'
import { openReader } from '@grantlog/ledger'
import { reconcile as compare, type ReconcileReport, type ReconcileState } from '@grantlog/query'
import type { RouteRule } from '@grantlog/record'
import { addDataOption, type DataFlags, dataFolders } from '../data-folder.ts'
import { CliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { collect, durationOf, nameOf, patternOf, timeOf } from '../options.ts'
import { readPolicyFile } from '../policy-file.ts'
import { printReconcile } from '../reconcile-text.ts'
import { keepReport, keepState, lastState, type Kept } from '../reconcile-files.ts'
import { sealReport } from '../reconcile-seal.ts'
import type { SealOutcome } from '../sealing.ts'
import type { Terminal } from '../terminal.ts'

export interface ReconcileFlags extends DataFlags {
  readonly service?: string
  readonly accessLog: readonly string[]
  readonly policy?: string
  readonly audited: readonly string[]
  readonly ignore: readonly string[]
  readonly after?: number
  readonly before?: number
  readonly tolerance?: number
  readonly sinceLast?: boolean
  readonly tail?: number
  readonly seal: boolean
}

export function describeReconcile(command: Command): Command {
  return addDataOption(command)
    .summary('compare records with stream counters and access logs, and seal the result')
    .option('--service <name>', 'audit.producer.service; needed for access logs', nameOf)
    .option(
      '--access-log <path>',
      'a log in combined or common format, with its rotated files, or a folder; may be repeated',
      collect,
      [],
    )
    .option('--policy <file>', 'the policy of the service: requests to its routes are due')
    .option(
      '--audited <route>',
      'due as well: /orders/:id, "POST /x"; may be repeated',
      collect,
      [],
    )
    .option('--ignore <route>', 'not due; may be repeated', collect, [])
    .option('--after <time>', 'only from then on: 2026-01-31T12:00Z, or 2h ago', (text) =>
      timeOf(text),
    )
    .option('--before <time>', 'only until then', (text) => timeOf(text))
    .option('--tolerance <time>', 'how far clocks may be apart (default: 5s)', durationOf)
    .option('--since-last', 'go on where the last such run for this service ended')
    .option(
      '--tail <time>',
      'what is younger is left for the next such run (default: 5m)',
      durationOf,
    )
    .option('--no-seal', 'change nothing: no report is kept, and nothing sealed')
}

export async function reconcile(flags: ReconcileFlags, terminal: Terminal): Promise<ExitCode> {
  const { service = null } = flags
  if (service === null && flags.accessLog.length > 0) {
    throw new CliError('USAGE', '--access-log needs --service: whose records are compared?')
  }
  const folders = dataFolders(flags)
  const { frame, report, state } = await run(flags)
  const kept = flags.seal ? await keepReport(folders, report) : null
  const sealed = kept && (await sealReport(folders, { ...kept, report, frame }))
  if (flags.seal && flags.sinceLast) await keepState(folders, service ?? '', state)
  print(report, kept, sealed, terminal)
  return { agrees: EXIT.ok, differs: EXIT.failed, incomplete: EXIT.notChecked }[report.verdict]
}

async function run(flags: ReconcileFlags): Promise<{
  readonly report: ReconcileReport
  readonly state: ReconcileState
  /** Number of the frame that would have come next. */
  readonly frame: number
}> {
  const { accessLog, after, audited, before, ignore, service = null, sinceLast, tail } = flags
  const folders = dataFolders(flags)
  const rules = flags.policy === undefined ? [] : await rulesIn(flags.policy)
  const reader = await openReader(folders)
  try {
    const done = await compare({
      frames: (from) => reader.frames(from),
      now: Date.now(),
      service,
      accessLogs: accessLog,
      rules,
      audited: audited.map(patternOf),
      ignored: ignore.map(patternOf),
      ...(after === undefined ? {} : { after }),
      ...(before === undefined ? {} : { before }),
      ...(flags.tolerance === undefined ? {} : { toleranceMs: flags.tolerance }),
      ...(tail === undefined ? {} : { tailMs: tail }),
      ...(sinceLast ? { state: await lastState(folders, service ?? '') } : {}),
    })
    return { ...done, frame: done.state.nextFrame }
  } finally {
    await reader.close()
  }
}

async function rulesIn(file: string): Promise<readonly RouteRule[]> {
  return (await readPolicyFile(file)).policy.routes
}

function print(
  report: ReconcileReport,
  kept: Kept | null,
  sealed: SealOutcome | null,
  terminal: Terminal,
): void {
  const at = kept === null ? null : { ...sealed, id: kept.id, digest: kept.digest, file: kept.file }
  if (terminal.json) terminal.out(JSON.stringify({ result: report.verdict, sealed: at, ...report }))
  else printReconcile(report, at, terminal)
}
