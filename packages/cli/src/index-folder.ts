// The ledger opened with its index, as every command that searches does. See test/search.test.ts.
import { accessSync, constants, existsSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Command } from 'commander'
import { openReading, type Query, type Reading } from '@grantlog/query'
import { addDataOption, type DataFlags, dataFolders } from './data-folder.ts'
import { startProgress } from './progress.ts'
import { queryOf, type TermFlags } from './query-words.ts'
import type { Terminal } from './terminal.ts'

export interface IndexFlags extends DataFlags {
  readonly index?: string
}

export function addIndexOption(command: Command): Command {
  return addDataOption(command).option(
    '--index <dir>',
    'the folder of the index (default: index in the data folder)',
  )
}

/** Where the index is kept. */
export function indexFolderOf(flags: IndexFlags): string {
  return resolve(flags.index ?? dataFolders(flags).index)
}

/**
 * Opens the ledger and takes in what the index does not have. What runs long leaves the index to
 * others, with `readOnly`. Errors: those of `openReading`.
 */
export async function openIndexed(
  flags: IndexFlags,
  terminal: Terminal,
  { readOnly = false }: { readonly readOnly?: boolean } = {},
): Promise<Reading> {
  const folders = dataFolders(flags)
  const folder = indexFolderOf(flags)
  // A copy on a medium that cannot be written is searched all the same, from memory.
  const indexFolder = isUsable(folder) ? folder : null
  const reading = await openReading({ folders, indexFolder, readOnly })
  try {
    await refreshShowing(reading, terminal)
    return reading
  } catch (error) {
    await reading.close()
    throw error
  }
}

/**
 * The same, with the query that is asked of it: one that cannot be read is told before anything is
 * opened. Errors: also those of queryOf.
 */
export async function openAsked(
  words: readonly string[],
  flags: IndexFlags & TermFlags,
  terminal: Terminal,
  options: { readonly readOnly?: boolean } = {},
): Promise<{ readonly query: Query; readonly reading: Reading }> {
  queryOf(words, flags)
  const reading = await openIndexed(flags, terminal, options)
  try {
    return { query: queryOf(words, flags, reading.index.hasWord), reading }
  } catch (error) {
    await reading.close()
    throw error
  }
}

/** Refreshes, and shows on a terminal how far it is. */
export async function refreshShowing(reading: Reading, terminal: Terminal): Promise<void> {
  const { index } = reading
  const [rows, commits] = [index.rows, reading.behind]
  const progress = startProgress(terminal, 'indexing', 'records')
  const timer = setInterval(() => {
    const done = Math.max(0, commits - reading.behind)
    progress.update({ done, total: commits, counted: Math.max(0, index.rows - rows) })
  }, 200)
  try {
    await reading.refresh()
  } finally {
    clearInterval(timer)
    progress.stop()
  }
}

function isUsable(folder: string): boolean {
  let nearest = folder
  while (!existsSync(nearest) && dirname(nearest) !== nearest) nearest = dirname(nearest)
  try {
    accessSync(nearest, constants.W_OK)
    return true
  } catch {
    return false
  }
}
