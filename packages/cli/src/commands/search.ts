// `grantlog search`: reads the stored records through. See test/search.test.ts.
import type { Command } from 'commander'
import { openReader } from '@grantlog/ledger'
import {
  isPersonal,
  type LedgerRecord,
  type RecordQuery,
  recordsIn,
  searchRecords,
} from '@grantlog/query'
import { ATTR } from '@grantlog/record'
import { addDataOption, type DataFlags, dataFolders } from '../data-folder.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { timeOf, wholeNumber } from '../options.ts'
import { formatTable, type Terminal } from '../terminal.ts'

export interface SearchFlags extends DataFlags, RecordQuery {
  readonly limit: number
  readonly showPersonal?: boolean
}

const tableColumns = [
  ['service', ATTR.AUDIT_PRODUCER_SERVICE],
  ['action', ATTR.AUDIT_ACTION],
  ['outcome', ATTR.AUDIT_OUTCOME],
  ['reason', ATTR.OAUTH_ERROR_REASON],
  ['client', ATTR.OAUTH_CLIENT_ID],
  ['user hash', ATTR.USER_HASH],
  ['user', ATTR.USER_ID],
  ['address', ATTR.CLIENT_ADDRESS],
] as const

export function describeSearch(command: Command): Command {
  return addDataOption(command)
    .summary('find records')
    .option('--client <id>', 'oauth.client.id')
    .option('--action <name>', 'for example oauth.token')
    .option('--outcome <word>', 'success, failure, denied or challenge')
    .option('--user-hash <hash>', 'user.hash, as records show it')
    .option('--service <name>', 'audit.producer.service')
    .option('--after <time>', 'received since: 2026-01-31T12:00Z, or 15m, 2h, 7d ago', (text) =>
      timeOf(text),
    )
    .option('--limit <n>', 'the newest so many', wholeNumber, 50)
    .option('--show-personal', 'show who and from where, not only pseudonyms')
}

export async function search(flags: SearchFlags, terminal: Terminal): Promise<ExitCode> {
  const reader = await openReader(dataFolders(flags))
  try {
    const found = await searchRecords(recordsIn(reader.frames(0)), flags, flags.limit)
    const shown = found.map((record) => (flags.showPersonal ? record : withoutPersonal(record)))
    if (terminal.json) terminal.out(JSON.stringify({ records: shown.map(jsonOf) }))
    else if (shown.length === 0) terminal.err('No record matches.')
    else {
      terminal.out(tableOf(shown, terminal))
      terminal.err('`grantlog prove INDEX` writes the proof of a record.')
    }
    return EXIT.ok
  } finally {
    await reader.close()
  }
}

function withoutPersonal(record: LedgerRecord): LedgerRecord {
  const shown = [...record.attributes].filter(([name]) => !isPersonal(name))
  return { ...record, attributes: new Map(shown) }
}

/** Characters from which the ids of records have room. */
const wide = 160

/** Columns that no record fills are left out. */
export function tableOf(
  records: readonly LedgerRecord[],
  terminal: Pick<Terminal, 'columns' | 'paint'>,
): string {
  const withId = terminal.columns === undefined || terminal.columns >= wide
  const columns = tableColumns.filter(([, name]) =>
    records.some(({ attributes }) => attributes.has(name)),
  )
  const head = [
    'index',
    'received',
    ...columns.map(([title]) => title),
    ...(withId ? ['record'] : []),
  ]
  const rows = records.map(({ attributes, index, leaf }) => [
    String(index),
    timeOn(terminal, leaf.receivedAt),
    ...columns.map(([, name]) => String(attributes.get(name) ?? '')),
    ...(withId ? [leaf.id] : []),
  ])
  return formatTable(head, rows, terminal)
}

/** UTC: to the minute on a terminal, where it must be short, else to the second. */
function timeOn({ columns }: Pick<Terminal, 'columns'>, unixMs: number): string {
  const time = new Date(unixMs).toISOString()
  return columns === undefined ? `${time.slice(0, 19)}Z` : `${time.slice(0, 16).replace('T', ' ')}Z`
}

function jsonOf({ attributes, index, leaf, view }: LedgerRecord): object {
  const { id, instance, kid, receivedAt, seq } = leaf
  const { traceId, spanId, name } = view
  // An int64 does not fit a JSON number, so ints are decimal strings, as in OTLP/JSON.
  const values = [...attributes].map(([key, value]) => {
    return [key, typeof value === 'bigint' ? String(value) : value] as const
  })
  const times = { startTimeUnixNano: String(view.startTimeUnixNano), receivedAt }
  const where = { index, id, kid, instance, seq, ...times }
  return { ...where, traceId, spanId, name, attributes: Object.fromEntries(values) }
}
