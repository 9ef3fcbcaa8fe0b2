// `grantlog config check` and `grantlog config print`: what a grantlog.yaml says, and what holds.
// See test/config.test.ts.
import type { Command } from 'commander'
import { checkConfig } from '../config/check.ts'
import { configText, loadConfig } from '../config/load.ts'
import { printedSettings, printedText } from '../config/print.ts'
import type { Fault } from '@grantlog/receiver/settings'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { sinksOf } from '../forward.ts'
import type { Terminal } from '../terminal.ts'
import { addReceiverOptions, type ReceiverFlags } from './receiver.ts'

export function describeConfigCheck(command: Command): Command {
  return command.summary('say all that is wrong in a file').argument('<file>', 'grantlog.yaml')
}

/** Errors: CONFIG_UNREADABLE. */
export async function configCheck(file: string, terminal: Terminal): Promise<ExitCode> {
  const checked = checkConfig(await configText(file))
  const faults: readonly Fault[] = 'raw' in checked ? [] : checked
  const isSound = faults.length === 0
  const { json, out, paint } = terminal
  if (json) out(JSON.stringify({ file, ok: isSound, faults }))
  else if (isSound) out(`${file}: ${paint.green('ok')}`)
  else for (const fault of faults) out(faultLines(file, fault))
  return isSound ? EXIT.ok : EXIT.failed
}

/** As compilers print them, so that editors find the place. */
function faultLines(file: string, { column, fix, line, path, what }: Fault): string {
  return `${file}:${line}:${column}: ${path && `${path}: `}${what}\n  fix: ${fix}`
}

export function describeConfigPrint(command: Command): Command {
  return addReceiverOptions(command).summary(
    'what a receiver with these flags would be told, and where each value comes from',
  )
}

export async function configPrint(flags: ReceiverFlags, terminal: Terminal): Promise<ExitCode> {
  const { env } = process
  const loaded = await loadConfig({ file: flags.config, flags: { ...flags }, env })
  const printed = printedSettings(loaded, sinksOf(flags, env))
  if (terminal.json) {
    terminal.out(JSON.stringify({ file: loaded.file ?? null, settings: printed }))
  } else {
    terminal.out(printedText(printed, loaded.file))
  }
  return EXIT.ok
}
