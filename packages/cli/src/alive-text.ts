// Tables of what is alive, and the lines under them: how many there are, and how far was looked.
import { grouped } from './progress.ts'
import { formatTable, leftOut, type Terminal, type TableStyle, widerFor, wrap } from './terminal.ts'

export interface AliveTable extends Omit<TableStyle, 'columns' | 'paint'> {
  readonly head: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** What is said when there are no rows. */
  readonly none: string
  /** How many there are, and of each kind. */
  readonly of: string
  readonly counts: string
  /** How to go on. */
  readonly next: string
  readonly shown: number
  readonly total: number
  /** Unix milliseconds: older records were not looked at. */
  readonly since: number
  readonly cut: boolean
}

/** Columns that no row fills are left out. The lines beside the table go to stderr. */
export function printAlive(table: AliveTable, terminal: Terminal): void {
  const { next, none, shown, total } = table
  const filled = [...table.head.keys()].filter((i) => table.rows.some((row) => row[i] !== ''))
  const head = filled.map((i) => table.head[i] ?? '')
  const rows = table.rows.map((row) => filled.map((i) => row[i] ?? ''))
  const style = { ...table, columns: terminal.columns, paint: terminal.paint }
  if (rows.length > 0) terminal.out(formatTable(head, rows, style))
  const wider = widerFor(leftOut(head, rows, style))
  const more = total > shown ? `${grouped(shown)} of ${grouped(total)}, --limit shows more. ` : ''
  if (rows.length === 0) tell(none, terminal)
  tell(countsOf(table), terminal)
  if (rows.length > 0) tell(`${more}${next}${wider}`, terminal)
}

/** `12 tokens since 2026-11-26 11:02 UTC: 3 expired, 9 revoked`. */
function countsOf({ counts, cut, of, since }: AliveTable): string {
  const from = new Date(since).toISOString().slice(0, 16).replace('T', ' ')
  const older = cut ? ' (there are older ones)' : ''
  return `${of} since ${from} UTC${older}${counts === '' ? '' : `: ${counts}`}.`
}

function tell(text: string, { columns = Infinity, err }: Terminal): void {
  for (const line of wrap(text, columns)) err(line)
}
