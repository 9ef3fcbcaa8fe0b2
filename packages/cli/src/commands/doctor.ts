// `grantlog doctor`: what is on, what is weak, how to fix it. See test/doctor.test.ts.
import type { Command } from 'commander'
import type { Folders } from '@grantlog/ledger'
import type { Check } from '../check.ts'
import { checkData } from '../checkup.ts'
import { readEnrolled } from '../credentials.ts'
import { addDataOption, type DataFlags, dataFolder, dataFolders } from '../data-folder.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { portOf } from '../options.ts'
import { formatStreams } from '../stream-checkup.ts'
import { type Terminal, wrap } from '../terminal.ts'

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
  const folders = dataFolders(flags)
  const { checks, streams } = await checkData({
    ...{ data, folders, adminPort: flags.adminPort, tenant: flags.tenant },
  })
  const broken = checks.some(({ status }) => status === 'broken')
  if (terminal.json) terminal.out(JSON.stringify({ ok: !broken, data, checks, streams }))
  else {
    print(checks, terminal)
    if (streams && streams.streams.length > 0) {
      terminal.out(`\n${formatStreams(streams, await serviceNames(folders), terminal)}`)
    }
  }
  return broken ? EXIT.failed : EXIT.ok
}

/** Names of services by key; what is not enrolled any more shows its key. */
async function serviceNames(folders: Folders): Promise<(kid: string) => string> {
  const enrolled = await readEnrolled(folders).catch(() => [])
  const services = new Map(enrolled.map(({ kid, services }) => [kid, services.join(' ')]))
  return (kid) => services.get(kid) ?? kid.slice(0, 8)
}

/** Before each line: a mark and two spaces. */
const indent = 8

function print(checks: readonly Check[], { columns = Infinity, out, paint }: Terminal): void {
  const paints = { ok: paint.green, weak: paint.yellow, broken: paint.red }
  const hanging = (text: string): string => wrap(text, columns - indent).join(`\n${spaces}`)
  const spaces = ' '.repeat(indent)
  for (const { fix, status, what } of checks) {
    out(`${paints[status](status.padEnd(indent - 2))}  ${hanging(what)}`)
    if (fix !== undefined)
      out(`${spaces}${hanging(`fix: ${fix}`).replace('fix:', paint.dim('fix:'))}`)
  }
  const counts = (['ok', 'weak', 'broken'] as const).flatMap((status) => {
    const count = checks.filter((check) => check.status === status).length
    return count === 0 ? [] : [paints[status](`${count} ${status}`)]
  })
  out(`\n${counts.join(', ')}`)
}
