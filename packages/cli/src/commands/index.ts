// `grantlog index status` and `grantlog index rebuild`: what searches look into. See
// test/index.test.ts.
import type { Command } from 'commander'
import { openReading } from '@grantlog/query'
import { dataFolders } from '../data-folder.ts'
import { CliError } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { type IndexState, readIndexState, tellIndexState } from '../index-checkup.ts'
import { addIndexOption, type IndexFlags, indexFolderOf, refreshShowing } from '../index-folder.ts'
import type { Terminal } from '../terminal.ts'

export function describeIndexStatus(command: Command): Command {
  return addIndexOption(command).summary('how large it is, and how far behind')
}

export async function indexStatus(flags: IndexFlags, terminal: Terminal): Promise<ExitCode> {
  tell(await readIndexState(dataFolders(flags), indexFolderOf(flags)), terminal)
  return EXIT.ok
}

export function describeIndexRebuild(command: Command): Command {
  return addIndexOption(command).summary('make it anew from the ledger')
}

/** Errors: INDEX_HELD. */
export async function indexRebuild(flags: IndexFlags, terminal: Terminal): Promise<ExitCode> {
  const [folders, folder] = [dataFolders(flags), indexFolderOf(flags)]
  const reading = await openReading({ folders, indexFolder: folder })
  try {
    if (!reading.index.isKept) throw new CliError('INDEX_HELD', folder)
    reading.index.clear()
    await refreshShowing(reading, terminal)
  } finally {
    await reading.close()
  }
  return indexStatus(flags, terminal)
}

function tell(state: IndexState, { json, out }: Terminal): void {
  out(json ? JSON.stringify(state) : `${state.folder}: ${tellIndexState(state)}`)
}
