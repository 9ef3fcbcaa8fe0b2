// `grantlog tail`: records as they come, a line for each. See test/tail.test.ts.
import type { Command } from 'commander'
import {
  exactly,
  type LedgerRecord,
  newerRows,
  prepare,
  type Prepared,
  type Query,
  type Reading,
  recordJson,
  withoutPersonal,
} from '@grantlog/query'
import { formatProblem, problemOf } from '../errors.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { addIndexOption, type IndexFlags, openAsked } from '../index-folder.ts'
import { timeOf } from '../options.ts'
import { counted } from '../progress.ts'
import type { TermFlags } from '../query-words.ts'
import { openLines } from '../record-text.ts'
import type { Terminal } from '../terminal.ts'
import { addQuery, addTermOptions } from './search.ts'

export interface TailFlags extends IndexFlags, TermFlags {
  /** Unix milliseconds. */
  readonly since?: number
  readonly showPersonal?: boolean
}

/** Records printed at one look, four times a second: more nobody reads, and a gap says so. */
const RECORDS_AT_ONCE = 500

export function describeTail(command: Command): Command {
  return addTermOptions(addQuery(addIndexOption(command)))
    .summary('show records as they come')
    .option('--since <time>', 'begin earlier: -10m, -2h, or 2026-01-31T12:00Z', (text) =>
      timeOf(text.replace(/^-/, '')),
    )
    .option('--show-personal', 'show who and from where, not only pseudonyms')
}

/** Runs until SIGINT, SIGTERM, or until nobody reads stdout any more. */
export async function tail(
  words: readonly string[],
  flags: TailFlags,
  terminal: Terminal,
): Promise<ExitCode> {
  const { query, reading } = await openAsked(words, flags, terminal, { readOnly: true })
  const ending = endSignal()
  try {
    const { columns, err, json } = terminal
    if (columns !== undefined && !json) err(`following ${reading.reader.origin}; Ctrl-C ends`)
    const grown = wakeUp()
    reading.onGrowth(grown.wake)
    ending.addEventListener('abort', grown.wake)
    reading.follow(tellOnce(terminal))
    const show = showerOf(reading, { flags, terminal, ending, isAsked: exactly(query) })
    const prepared = prepare(query, reading.index, Date.now())
    let fromRow = reading.index.rows
    if (flags.since !== undefined) fromRow = await show(sincePrepared(query, flags, reading), 0)
    while (!ending.aborted) {
      fromRow = await show(prepared, fromRow)
      await grown.next()
    }
    return EXIT.ok
  } finally {
    await reading.close()
  }
}

function sincePrepared(query: Query, { since = 0 }: TailFlags, { index }: Reading): Prepared {
  const after = { field: 'after', tests: [{ is: new Date(since).toISOString() }] }
  return prepare({ all: [query, after] }, index, Date.now())
}

/** Prints what matches from a row on; resolves with the row to go on from, once it is taken. */
function showerOf(
  { index, records }: Reading,
  {
    ending,
    flags,
    isAsked,
    terminal,
  }: {
    readonly flags: TailFlags
    readonly terminal: Terminal
    readonly ending: AbortSignal
    /** The index knows hashes and people by 32 bits alone. */
    readonly isAsked: (record: LedgerRecord) => boolean
  },
): (prepared: Prepared, fromRow: number) => Promise<number> {
  const { json, out, paint } = terminal
  const linesOf = openLines(terminal)
  return async (prepared, fromRow) => {
    const most = RECORDS_AT_ONCE
    const { left, next, rows } = await newerRows(index, prepared, { fromRow, most })
    if (left > 0) {
      const told = `… ${counted(left, 'record')} left out: \`grantlog search\` finds them`
      out(json ? JSON.stringify({ gap: { count: left } }) : paint.dim(told))
    }
    for (const row of rows) {
      const found = await records.record(index.place(row))
      if (found === null || !isAsked(found)) continue
      const record = flags.showPersonal === true ? found : withoutPersonal(found)
      if (json) out(JSON.stringify(recordJson(record)))
      else linesOf(record).forEach(out)
    }
    // Whoever reads slowly gets a gap in time, not everything too late.
    await terminal.taken(ending)
    return next
  }
}

/** Says what is wrong, and not again while it stays the same. */
function tellOnce(terminal: Terminal): (error: unknown) => void {
  let told = ''
  return (error) => {
    const text = formatProblem(problemOf(error), terminal.json)
    if (text !== told) terminal.err(text)
    told = text
  }
}

/** A wake that comes while nobody waits is kept. */
function wakeUp(): { readonly wake: () => void; next(): Promise<void> } {
  let { promise, resolve } = Promise.withResolvers<void>()
  return {
    wake: () => resolve(),
    next: async () => {
      await promise
      ;({ promise, resolve } = Promise.withResolvers<void>())
    },
  }
}

function endSignal(): AbortSignal {
  const ending = new AbortController()
  for (const event of ['SIGINT', 'SIGTERM'] as const) process.once(event, () => ending.abort())
  return ending.signal
}
