// `grantlog lineage`: the whole life of a grant. See test/lineage.test.ts.
import type { Command } from 'commander'
import {
  candidatesOf,
  type LedgerRecord,
  type Lineage,
  lineageOf,
  mermaidOf,
  textOf,
} from '@grantlog/query'
import { CliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { addIndexOption, type IndexFlags, openIndexed } from '../index-folder.ts'
import { reuseTexts } from '../reuse-text.ts'
import { type Terminal, wrap } from '../terminal.ts'

export interface LineageFlags extends IndexFlags {
  readonly mermaid?: boolean
  readonly showPersonal?: boolean
}

const examples = `
Examples:
  grantlog search reuse:true     which records tell of a refresh token used twice
  grantlog lineage 140           the grant that such a record is of, by its index
  grantlog lineage t1.hU…        by the hash of a token, as records show it`

export function describeLineage(command: Command): Command {
  return addIndexOption(command)
    .summary('show the whole life of a grant')
    .description(
      'The life of a grant, or of all grants of a session, across services: what followed from ' +
        'what. Of a refresh token that came again it says first what a thief got.',
    )
    .argument('<record>', 'record id, index, or hash of a token, grant or session')
    .option('--mermaid', 'as a Mermaid flowchart')
    .option('--show-personal', 'show who and from where, not only pseudonyms')
    .addHelpText('after', examples)
}

export async function lineage(
  target: string,
  flags: LineageFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  if (flags.mermaid && terminal.json) throw new CliError('USAGE', 'either --json or --mermaid')
  const reading = await openIndexed(flags, terminal)
  try {
    const { isCut, records } = await candidatesOf(reading, target)
    const found = await lineageOf({
      ...{ records: () => each(records), isCut, target },
      showPersonal: flags.showPersonal === true,
    })
    if (terminal.json) terminal.out(JSON.stringify(found))
    else if (flags.mermaid) terminal.out(mermaidOf(found).trimEnd())
    else print(found, terminal)
    return EXIT.ok
  } finally {
    await reading.close()
  }
}

/** First what was stolen, if anything was: the rest is how. */
function print(found: Lineage, { columns, out, paint }: Terminal): void {
  const width = columns ?? Infinity
  for (const { details, sentence } of reuseTexts(found)) {
    for (const line of wrap(sentence, width)) out(paint.bold(paint.red(line)))
    for (const line of wrap(details, width)) out(line)
    out('')
  }
  for (const { flagged, text } of textOf(found, columns)) out(flagged ? paint.red(text) : text)
}

async function* each(records: readonly LedgerRecord[]): AsyncGenerator<LedgerRecord, void, void> {
  yield* records
}
