// `grantlog quarantine`: what was refused and is kept for a while, by reason and sender; drops it.
// See test/commands/quarantine.test.ts.
import { join } from 'node:path'
import type { Command } from 'commander'
import { JournalError, openJournal, openOffset } from '@grantlog/journal'
import { type Folders, LedgerError, openReader, writeDurable } from '@grantlog/ledger'
import { type EntryFacts, quarantineNames, readKept } from '@grantlog/receiver'
import { readEnrolled } from '../credentials.ts'
import { addDataOption, type DataFlags, dataFolders } from '../data-folder.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { formatTable, type Terminal } from '../terminal.ts'

export interface QuarantineFlags extends DataFlags {
  readonly drop?: boolean
}

export function describeQuarantine(command: Command): Command {
  return addDataOption(command)
    .summary('list what was refused and is kept for a while, by reason and sender')
    .option('--drop', 'drop all of it: at the next minute of the receiver, or its next start')
}

interface Row {
  readonly reason: string
  readonly sender: string
  spans: number
  requests: number
  /** Unix milliseconds. */
  first: number
  last: number
}

export async function quarantine(flags: QuarantineFlags, terminal: Terminal): Promise<ExitCode> {
  const folders = dataFolders(flags)
  const { kept, next } = await readQuarantine(folders)
  if (flags.drop === true) {
    await writeDurable(join(folders.queue, quarantineNames.drop), `${next}\n`, { mode: 0o600 })
  }
  const rows = rowsOf(kept)
  const dropped = flags.drop === true
  if (terminal.json) terminal.out(JSON.stringify({ requests: kept.length, rows, dropped }))
  else if (rows.length === 0) terminal.out('nothing lies in quarantine')
  else {
    const services = new Map(
      (await readEnrolled(folders)).map(({ kid, services }) => [kid, services.join(' ')]),
    )
    const shown = rows.map(({ first, last, reason, requests, sender, spans }) => [
      ...[reason, services.get(sender) ?? sender, String(spans), String(requests)],
      ...[new Date(first).toISOString(), new Date(last).toISOString()],
    ])
    const head = ['reason', 'sender', 'spans', 'requests', 'first', 'last']
    terminal.out(formatTable(head, shown, terminal))
    if (dropped) terminal.out('dropped: gone with the next minute of the receiver, or its start')
  }
  return EXIT.ok
}

/** What lies there; nothing when no receiver ever kept anything. */
async function readQuarantine(
  folders: Folders,
): Promise<{ kept: readonly EntryFacts[]; next: number }> {
  const reader = await openReader(folders)
  try {
    const key = reader.keystore.secret('quarantine')
    const directory = join(folders.queue, quarantineNames.folder)
    const journal = await openJournal({ directory, readOnly: true })
    try {
      const { value } = await openOffset(join(folders.queue, quarantineNames.offset))
      return { kept: [...(await readKept(journal, value, key)).values()], next: journal.next }
    } finally {
      await journal.close()
    }
  } catch (error) {
    const isNone =
      (error instanceof LedgerError && error.code === 'LEDGER_NOT_FOUND') ||
      (error instanceof JournalError && error.code === 'JOURNAL_MISSING')
    if (isNone) return { kept: [], next: 0 }
    throw error
  } finally {
    await reader.close()
  }
}

function rowsOf(kept: readonly EntryFacts[]): Row[] {
  const rows = new Map<string, Row>()
  for (const { at, refusals } of kept) {
    for (const { code: reason, sender, spans } of refusals) {
      const name = `${reason} ${sender}`
      const row = rows.get(name) ?? { reason, sender, spans: 0, requests: 0, first: at, last: at }
      rows.set(name, row)
      row.spans += spans
      row.requests++
      row.first = Math.min(row.first, at)
      row.last = Math.max(row.last, at)
    }
  }
  return [...rows.values()].sort((a, b) => b.spans - a.spans)
}
