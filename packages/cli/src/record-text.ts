// Records as people read them. See test/search.test.ts.
import type { LedgerRecord } from '@grantlog/query'
import { ATTR } from '@grantlog/record'
import { momentsOf } from './moment-text.ts'
import { printable } from './printable.ts'
import { formatTable, leftOut, type Paint, type Terminal } from './terminal.ts'

/** What was asked, told by several attributes. */
const request = 'request'

const tableColumns = [
  ['service', ATTR.AUDIT_PRODUCER_SERVICE],
  ['action', ATTR.AUDIT_ACTION],
  ['outcome', ATTR.AUDIT_OUTCOME],
  ['request', request],
  ['observed by', ATTR.AUDIT_OBSERVED_BY],
  ['reason', ATTR.OAUTH_ERROR_REASON],
  ['client', ATTR.OAUTH_CLIENT_ID],
  ['user hash', ATTR.USER_HASH],
  ['user', ATTR.USER_ID],
  ['address', ATTR.CLIENT_ADDRESS],
] as const

/** Characters from which the ids of records have room. */
const wide = 160

/** What a narrow terminal does without. */
const optional = ['user hash', 'address', 'request']
const hashes = ['user hash']

/** Characters below which actions are told without the `oauth.` that nearly all begin with. */
const roomy = 100

export interface RecordTable {
  readonly text: string
  /** Columns that the terminal is too narrow for. */
  readonly leftOut: readonly string[]
}

/** Columns that no record fills are left out. */
export function tableOf(
  records: readonly LedgerRecord[],
  terminal: Pick<Terminal, 'columns' | 'paint'>,
): RecordTable {
  const { columns: width = Infinity, paint } = terminal
  const columns = tableColumns.filter(([, name]) =>
    records.some((record) => valueOf(record, name, terminal) !== ''),
  )
  const times = records.map(({ leaf }) => leaf.receivedAt)
  const { day, tell } = momentsOf(times, terminal)
  const head = ['index', 'received', ...columns.map(([title]) => title)]
  const rows = records.map((record) => [
    String(record.index),
    tell(record.leaf.receivedAt),
    ...columns.map(([, name]) => valueOf(record, name, terminal)),
  ])
  if (width >= wide) {
    head.push('record')
    for (const [n, row] of rows.entries()) row.push(records[n]!.leaf.id)
  }
  const paintCell = (column: string, text: string): string =>
    column === 'outcome' ? paintOutcome(text.trim(), text, paint) : text
  const style = { ...terminal, paintCell, optional, hashes }
  const table = formatTable(head, rows, style)
  return {
    text: day === '' ? table : `${paint.dim(`received ${day}`)}\n${table}`,
    leftOut: leftOut(head, rows, style),
  }
}

function valueOf(
  { attributes }: LedgerRecord,
  name: string,
  { columns = Infinity }: Pick<Terminal, 'columns'>,
): string {
  if (name === request) return requestOf(attributes)
  const text = String(attributes.get(name) ?? '')
  const isShort = name === ATTR.AUDIT_ACTION && columns < roomy
  return isShort ? text.replace(/^oauth\./, '') : text
}

/** `GET /orders/:id 200`, as much of it as is known. */
function requestOf(attributes: LedgerRecord['attributes']): string {
  const names = [ATTR.HTTP_REQUEST_METHOD, ATTR.HTTP_ROUTE, ATTR.HTTP_RESPONSE_STATUS_CODE]
  return names.flatMap((name) => String(attributes.get(name) ?? '') || []).join(' ')
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

interface LineWidths {
  /** Characters of the time of the day. */
  readonly time: number
  readonly outcome: number
  readonly service: number
  readonly action: number
}

/** The less room there is, the less of it is left empty. */
function widthsIn(columns: number): LineWidths {
  if (columns >= roomy) return { time: 12, outcome: 9, service: 10, action: 22 }
  if (columns >= 80) return { time: 12, outcome: 9, service: 8, action: 15 }
  return { time: 8, outcome: 7, service: 6, action: 15 }
}

/** A line for each record; before it, on a terminal, which day it is when that is a new one. */
export function openLines(
  terminal: Pick<Terminal, 'columns' | 'paint'>,
): (record: LedgerRecord) => string[] {
  let last = ''
  return (record) => {
    const day = new Date(record.leaf.receivedAt).toISOString().slice(0, 10)
    const isNew = terminal.columns !== undefined && day !== last
    last = day
    const head = isNew ? [terminal.paint.dim(`received ${day} UTC`)] : []
    return [...head, recordLine(record, terminal)]
  }
}

/** One line, within the width: when, how it ended, where, what, then whatever else fits. */
export function recordLine(
  record: LedgerRecord,
  { columns = Infinity, paint }: Pick<Terminal, 'columns' | 'paint'>,
): string {
  const { attributes, index, leaf } = record
  const text = (name: string): string => printable(String(attributes.get(name) ?? ''))
  const time = new Date(leaf.receivedAt).toISOString()
  const widths = widthsIn(columns)
  const outcome = text(ATTR.AUDIT_OUTCOME)
  const who = text(ATTR.USER_ID) || text(ATTR.USER_HASH)
  const observed = text(ATTR.AUDIT_OBSERVED_BY)
  const more = [
    observed && `observed by ${observed}`,
    text(ATTR.OAUTH_ERROR_REASON) || text(ATTR.OAUTH_ERROR_CODE),
    text(ATTR.OAUTH_CLIENT_ID),
    printable(requestOf(attributes)),
    who,
    text(ATTR.CLIENT_ADDRESS),
  ]
  const parts: readonly (readonly [text: string, painted: (text: string) => string])[] = [
    [columns === Infinity ? time : time.slice(11, 11 + widths.time), paint.dim],
    [outcome.padEnd(widths.outcome), (shown) => paintOutcome(outcome, shown, paint)],
    [text(ATTR.AUDIT_PRODUCER_SERVICE).padEnd(widths.service), paint.bold],
    [printable(valueOf(record, ATTR.AUDIT_ACTION, { columns })).padEnd(widths.action), String],
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
