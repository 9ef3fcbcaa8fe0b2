// Records as people read them. See test/search.test.ts.
import type { LedgerRecord } from '@grantlog/query'
import { ATTR } from '@grantlog/record'
import { printable } from './printable.ts'
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

const outcomeWidth = 'challenge'.length
const serviceWidth = 10
const actionWidth = 22

/** One line, within the width: when, how it ended, where, what, then whatever else fits. */
export function recordLine(
  { attributes, index, leaf }: LedgerRecord,
  { columns = Infinity, paint }: Pick<Terminal, 'columns' | 'paint'>,
): string {
  const text = (name: string): string => printable(String(attributes.get(name) ?? ''))
  const time = new Date(leaf.receivedAt).toISOString()
  const outcome = text(ATTR.AUDIT_OUTCOME)
  const request = [text(ATTR.HTTP_REQUEST_METHOD), text(ATTR.HTTP_ROUTE)].filter(Boolean).join(' ')
  const who = text(ATTR.USER_ID) || text(ATTR.USER_HASH)
  const more = [
    text(ATTR.OAUTH_ERROR_REASON) || text(ATTR.OAUTH_ERROR_CODE),
    text(ATTR.OAUTH_CLIENT_ID),
    [request, text(ATTR.HTTP_RESPONSE_STATUS_CODE)].filter(Boolean).join(' '),
    who,
    text(ATTR.CLIENT_ADDRESS),
  ]
  const parts: readonly (readonly [text: string, painted: (text: string) => string])[] = [
    [columns === Infinity ? time : time.slice(11, 23), paint.dim],
    [outcome.padEnd(outcomeWidth), (shown) => paintOutcome(outcome, shown, paint)],
    [text(ATTR.AUDIT_PRODUCER_SERVICE).padEnd(serviceWidth), paint.bold],
    [text(ATTR.AUDIT_ACTION).padEnd(actionWidth), String],
    [`#${index}`, paint.dim],
    [more.filter(Boolean).join('  '), String],
  ]
  let room = columns
  const shown: string[] = []
  for (const [whole, painted] of parts) {
    if (room <= 0) break
    const cut = whole.length > room ? `${whole.slice(0, Math.max(0, room - 1))}…` : whole
    shown.push(painted(cut))
    room -= whole.length + 1
  }
  return shown.join(' ').trimEnd()
}
