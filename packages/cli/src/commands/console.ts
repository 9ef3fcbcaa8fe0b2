// `grantlog console`: the page and its API over a ledger, beside a receiver or without one. See
// test/console.test.ts.
import { startConsole } from '@grantlog/console'
import type { Command } from 'commander'
import { comparing } from '../console-compare.ts'
import type { ConsoleReady } from '../console-process.ts'
import { addDataOption, dataFolder, type DataFlags, dataFolders } from '../data-folder.ts'
import { formatProblem, problemOf } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { portOf, urlOf } from '../options.ts'
import { type Reconciled, reconciledOf } from '../reconcile-process.ts'
import type { Terminal } from '../terminal.ts'
import { version } from '../version.ts'

export interface ConsoleFlags extends DataFlags {
  readonly port: number
  readonly receiver?: string
  readonly traceUrl?: string
  readonly reconcile: readonly Reconciled[]
  readonly reconcilePolicy?: string
}

export function describeConsole(command: Command): Command {
  return addDataOption(command)
    .summary('the page and its API over a ledger, read only')
    .option('--port <port>', 'on 127.0.0.1', portOf, 4320)
    .option('--receiver <url>', 'admin port of the receiver that writes this ledger', urlOf)
    .option(
      '--reconcile <service=paths>',
      'can be compared on the page with its access logs (paths by commas); may be repeated',
      (text: string, before: readonly Reconciled[]) => [...before, reconciledOf(text)],
      [],
    )
    .option('--reconcile-policy <file>', 'the policy whose routes are due')
    .option(
      '--trace-url <url>',
      'where a trace is shown: http://127.0.0.1:16686/trace/{traceId} for a Jaeger',
    )
}

/** Runs until SIGTERM or SIGINT, or until the process that started it is gone. */
export async function showConsole(flags: ConsoleFlags, terminal: Terminal): Promise<ExitCode> {
  const folders = dataFolders(flags)
  const { port, traceUrl } = flags
  const receiverUrl = receiverUrlOf(flags)
  const onError = (error: unknown): void =>
    terminal.err(formatProblem(problemOf(error), terminal.json))
  const running = await startConsole({
    ...{ folders, indexFolder: folders.index, port, receiverUrl, traceUrl, onError },
    compare: compareOf(flags),
    version: version(),
  })
  const url = `http://127.0.0.1:${running.port}/`
  process.send?.({ port: running.port } satisfies ConsoleReady)
  if (terminal.json) terminal.out(JSON.stringify({ code: 'CONSOLE_READY', url }))
  else terminal.out(`The console is at ${terminal.paint.bold(url)}`)
  await ended()
  await running.close()
  return EXIT.ok
}

/** A receiver tells of a tenant's ledger under a path of its own. */
function receiverUrlOf({ receiver, tenant }: ConsoleFlags): string | undefined {
  if (receiver === undefined || tenant === undefined) return receiver
  return `${receiver.replace(/\/$/, '')}/tenants/${tenant}`
}

/** Without a receiver nothing is sealed: this command writes no leaf. */
function compareOf(flags: ConsoleFlags): ReturnType<typeof comparing> {
  const { receiver, reconcile: reconciled, reconcilePolicy } = flags
  const policy = reconcilePolicy === undefined ? [] : ['--policy', reconcilePolicy]
  const seal = receiver === undefined ? ['--no-seal'] : []
  return comparing({ reconciled, args: ['--data', dataFolder(flags), ...policy, ...seal] })
}

function ended(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  for (const event of ['SIGINT', 'SIGTERM', 'disconnect'] as const)
    process.once(event, () => resolve())
  return promise
}
