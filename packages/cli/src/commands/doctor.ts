// `grantlog doctor`: what is on, what is weak, how to fix it. See test/doctor.test.ts.
import type { Command } from 'commander'
import type { Check } from '../check.ts'
import { checkData } from '../checkup.ts'
import { addDataOption, type DataFlags, dataFolder, dataFolders } from '../data-folder.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { portOf } from '../options.ts'
import { type Terminal } from '../terminal.ts'

export interface DoctorFlags extends DataFlags {
  readonly adminPort: number
}

export function describeDoctor(command: Command): Command {
  return addDataOption(command)
    .summary('say what is on, what is weak, and how to fix it')
    .option('--admin-port <port>', "the receiver's admin port", portOf, 4319)
}

export async function doctor(flags: DoctorFlags, terminal: Terminal): Promise<ExitCode> {
  const data = dataFolder(flags)
  const checks = await checkData({ data, folders: dataFolders(flags), adminPort: flags.adminPort })
  const broken = checks.some(({ status }) => status === 'broken')
  if (terminal.json) terminal.out(JSON.stringify({ ok: !broken, data, checks }))
  else print(checks, terminal)
  return broken ? EXIT.failed : EXIT.ok
}

function print(checks: readonly Check[], { out, paint }: Terminal): void {
  const marks = {
    ok: paint.green('ok    '),
    weak: paint.yellow('weak  '),
    broken: paint.red('broken'),
  }
  for (const { fix, status, what } of checks) {
    out(`${marks[status]}  ${what}`)
    if (fix !== undefined) out(`        ${paint.dim('fix:')} ${fix}`)
  }
}
