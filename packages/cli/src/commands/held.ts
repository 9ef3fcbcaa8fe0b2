// `grantlog held`: what a core receiver refused as altered or unreadable, and is held here; has it
// sent again, or drops it. See packages/cli/test/held.test.ts.
import type { Command } from 'commander'
import { JournalError } from '@grantlog/journal'
import { writeDurable } from '@grantlog/ledger'
import { heldNames, type HeldRecord, readHeldRecords } from '@grantlog/receiver'
import { addDataOption, type DataFlags, dataFolders } from '../data-folder.ts'
import { CliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { wholeNumber } from '../options.ts'
import { printable } from '../printable.ts'
import { formatTable, type Terminal } from '../terminal.ts'

export interface HeldFlags extends DataFlags {
  readonly sink: string
  readonly index?: number
  readonly again?: boolean
  readonly drop?: boolean
}

/** Records that are listed; all are counted. */
const listedMost = 50

export function describeHeld(command: Command): Command {
  return addDataOption(command)
    .summary('list records that a core refused as altered or unreadable, and have them sent again')
    .requiredOption('--sink <name>', 'the sink of type grantlog')
    .option('--index <index>', 'of one record in this log (default: all)', wholeNumber)
    .option('--again', 'send them again: at the next minute of the receiver, or its next start')
    .option('--drop', 'hold them no more; the records stay in this ledger, and the core lacks them')
}

/** 1 when any are held. Errors: USAGE. */
export async function held(flags: HeldFlags, terminal: Terminal): Promise<ExitCode> {
  const { again = false, drop = false, index: wanted, sink } = flags
  if (again && drop) throw new CliError('USAGE', 'give one of --again and --drop')
  const { queue } = dataFolders(flags)
  const all = await heldFor(queue, sink)
  const records = wanted === undefined ? all : all.filter(({ index }) => index === wanted)
  const asked = again ? 'again' : drop ? 'drop' : null
  if (asked !== null && records.length > 0) {
    const indexes = JSON.stringify(records.map(({ index }) => index))
    await writeDurable(heldNames(queue, sink)[asked], `${indexes}\n`, { mode: 0o600 })
  }
  if (terminal.json) terminal.out(JSON.stringify({ sink, records, asked }))
  else tell(records, asked, terminal)
  return records.length === 0 || asked !== null ? EXIT.ok : EXIT.failed
}

async function heldFor(queueFolder: string, sink: string): Promise<readonly HeldRecord[]> {
  try {
    return await readHeldRecords(queueFolder, sink)
  } catch (error) {
    if (error instanceof JournalError && error.code === 'JOURNAL_MISSING') return []
    throw error
  }
}

function tell(records: readonly HeldRecord[], asked: string | null, terminal: Terminal): void {
  if (records.length === 0) {
    terminal.out('nothing is held')
    return
  }
  const rows = records
    .slice(0, listedMost)
    .map(({ at, code, index }) => [new Date(at).toISOString(), String(index), printable(code)])
  terminal.out(formatTable(['time', 'index', 'refused as'], rows, terminal))
  if (records.length > listedMost) terminal.out(`${records.length} in all`)
  if (asked === null) {
    terminal.err(
      'The records are in this ledger as they were signed: see who changes them on the way to ' +
        'the core, then send them with --again.',
    )
    return
  }
  const what = asked === 'again' ? 'sent again' : 'held no more'
  terminal.out(`${what} with the next minute of the receiver, or its start`)
}
