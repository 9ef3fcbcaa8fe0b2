// Records as people read them. See test/search.test.ts.
import type { LedgerRecord } from '@grantlog/query'
import { ATTR } from '@grantlog/record'
import { formatTable, type Paint, type Terminal } from './terminal.ts'

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
  const paintCell = (column: string, text: string): string =>
    column === 'outcome' ? paintOutcome(text, text, terminal.paint) : text
  return formatTable(head, rows, { ...terminal, paintCell })
}

/** The text in the colour of an outcome. */
export function paintOutcome(outcome: string, text: string, paint: Paint): string {
  switch (outcome) {
    case 'success':
      return paint.green(text)
    case 'denied':
      return paint.red(text)
    case 'failure':
      return paint.yellow(text)
    default:
      return paint.cyan(text)
  }
}

/** UTC: to the minute on a terminal, where it must be short, else to the second. */
function timeOn({ columns }: Pick<Terminal, 'columns'>, unixMs: number): string {
  const time = new Date(unixMs).toISOString()
  return columns === undefined ? `${time.slice(0, 19)}Z` : `${time.slice(0, 16).replace('T', ' ')}Z`
}
