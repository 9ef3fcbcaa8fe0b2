// `grantlog lineage`: the whole life of a grant. See test/lineage.test.ts.
import type { Command } from 'commander'
import { candidatesOf, type LedgerRecord, lineageOf, mermaidOf, textOf } from '@grantlog/query'
import { CliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { addIndexOption, type IndexFlags, openIndexed } from '../index-folder.ts'
import type { Terminal } from '../terminal.ts'

export interface LineageFlags extends IndexFlags {
  readonly mermaid?: boolean
  readonly showPersonal?: boolean
}

export function describeLineage(command: Command): Command {
  return addIndexOption(command)
    .summary('show the whole life of a grant')
    .argument('<record>', 'record id, index, or hash of a token, grant or session')
    .option('--mermaid', 'as a Mermaid flowchart')
    .option('--show-personal', 'show who and from where, not only pseudonyms')
}

export async function lineage(
  target: string,
  flags: LineageFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  if (flags.mermaid && terminal.json) throw new CliError('USAGE', 'either --json or --mermaid')
  const reading = await openIndexed(flags, terminal)
  try {
    const candidates = await candidatesOf(reading, target)
    const found = await lineageOf({
      records: () => each(candidates),
      target,
      showPersonal: flags.showPersonal === true,
    })
    if (terminal.json) terminal.out(JSON.stringify(found))
    else if (flags.mermaid) terminal.out(mermaidOf(found).trimEnd())
    else {
      for (const { flagged, text } of textOf(found, terminal.columns)) {
        terminal.out(flagged ? terminal.paint.red(text) : text)
      }
    }
    return EXIT.ok
  } finally {
    await reading.close()
  }
}

async function* each(records: readonly LedgerRecord[]): AsyncGenerator<LedgerRecord, void, void> {
  yield* records
}
