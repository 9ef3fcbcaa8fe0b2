// `grantlog keys export` and `grantlog keys import`: producers' enrolments, from the operator of an
// edge to that of its core. Only who may write the core's keys enrols there; an edge cannot.
// See test/core.test.ts.
import { readFile } from 'node:fs/promises'
import type { Command } from 'commander'
import { type Enrolment, readPublicKeys } from '@grantlog/ledger'
import { changeEnrolled, readEnrolled } from '../credentials.ts'
import { addDataOption, type DataFlags, dataFolders } from '../data-folder.ts'
import { enrolmentsIn, enrolmentsText, merged, type Merged } from '../enrolments-file.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { ensureLedger } from '../first-start.ts'
import { collect } from '../options.ts'
import { printable } from '../printable.ts'
import type { Terminal } from '../terminal.ts'

export interface KeysExportFlags extends DataFlags {
  readonly service: readonly string[]
}

export function describeKeysExport(command: Command): Command {
  return addDataOption(command)
    .summary('print the enrolled keys, for `keys import` at a core receiver')
    .option('--service <name>', 'only those of this service; may be repeated', collect, [])
}

export async function keysExport(flags: KeysExportFlags, terminal: Terminal): Promise<ExitCode> {
  const folders = dataFolders(flags)
  const { origin } = await readPublicKeys(folders.keys)
  const wanted = ({ services }: Enrolment): boolean =>
    flags.service.length === 0 || services.some((service) => flags.service.includes(service))
  terminal.out(enrolmentsText(origin, (await readEnrolled(folders)).filter(wanted)))
  return EXIT.ok
}

export interface KeysImportFlags extends DataFlags {
  readonly replace: boolean
}

export function describeKeysImport(command: Command): Command {
  return addDataOption(command)
    .summary('enrol the keys of a file of `keys export`; look into it before')
    .argument('<file>', 'what `keys export` printed at the edge')
    .option('--replace', 'also where a key is enrolled here for something else', false)
}

/** Errors: ENROLMENTS_UNREADABLE, ENROLMENT_DIFFERS, ENROLLED_BUSY. */
export async function keysImport(
  file: string,
  flags: KeysImportFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const folders = dataFolders(flags)
  const { keys, origin } = enrolmentsIn(await readFile(file, 'utf8'), file)
  await ensureLedger(folders, undefined)
  let done: Merged = { all: [], added: [], replaced: [] }
  await changeEnrolled(folders, (before) => {
    done = merged(before, keys, flags.replace)
    return done.all
  })
  const { added, replaced } = done
  const { json, out } = terminal
  if (json) {
    const kids = (all: readonly Enrolment[]): string[] => all.map(({ kid }) => kid)
    out(JSON.stringify({ origin, added: kids(added), replaced: kids(replaced) }))
    return EXIT.ok
  }
  for (const [word, all] of Object.entries({ enrolled: added, replaced })) {
    for (const { kid, roles, services } of all) {
      out(`${word} ${kid}: ${printable(services.join(' '))} as ${roles.join(' ')}`)
    }
  }
  const same = keys.length - added.length - replaced.length
  out(`${added.length} enrolled, ${replaced.length} replaced, ${same} as they were`)
  return EXIT.ok
}
