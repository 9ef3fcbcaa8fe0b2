// Tables. A row that leads somewhere has a link in its first cell, which the keys j, k and the
// arrows walk along (shell/keys.tsx); a press anywhere on the row follows it.
import { memo, type MouseEvent, type ReactNode, useEffect, useRef } from 'react'
import { useLocation } from 'wouter'
import { leaveBy, takeFollowed } from './return.tsx'

export interface Column<Row> {
  readonly key: string
  readonly title: string
  /** Of the whole column, in the heading's title. */
  readonly brief?: string
  readonly isNumber?: boolean
  readonly render: (row: Row) => ReactNode
  /** A field of the query language and its value here, for filtering by a cell. */
  readonly filter?: (row: Row) => readonly [field: string, value: string] | null
}

export interface TableProps<Row> {
  /** What the table is of, read out. */
  readonly label: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly keyOf: (row: Row) => string | number
  /** An internal path; null for a row that leads nowhere. */
  readonly hrefOf?: (row: Row) => string | null
  /** Of rows that stand out. */
  readonly toneOf?: (row: Row) => string | undefined
  /** Behind the last cell, seen when the row is pointed at or has the focus. */
  readonly actions?: (row: Row) => ReactNode
  /** A row that is no data but a remark, across all columns; null for others. */
  readonly noteOf?: (row: Row) => ReactNode
  /** On a phone, cards instead of a box that scrolls. */
  readonly isCards?: boolean
}

export function DataTable<Row>(props: TableProps<Row>): ReactNode {
  const { label, columns, rows, keyOf, isCards = false, actions } = props
  const [, go] = useLocation()
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const href = takeFollowed()
    if (href === null) return
    const links = [...(box.current?.querySelectorAll<HTMLElement>('[data-row]') ?? [])]
    const link = links.find((one) => one.getAttribute('href') === href)
    link?.focus({ preventScroll: true })
    link?.scrollIntoView({ block: 'nearest' })
  }, [])
  return (
    <div
      ref={box}
      className={`table-box${isCards ? ' as-cards' : ''}`}
      role="group"
      aria-label={label}
      tabIndex={0}
    >
      <table className="table">
        <thead>
          <tr>
            {columns.map(({ key, title, brief, isNumber }) => (
              <th key={key} scope="col" title={brief} className={isNumber ? 'number' : undefined}>
                {title}
              </th>
            ))}
            {actions === undefined ? null : (
              <th scope="col" className="row-actions">
                <span className="unseen">Actions</span>
              </th>
            )}
          </tr>
        </thead>
        <tbody onClick={(event) => follow(event, go)}>
          {rows.map((row) => (
            <TableRow key={keyOf(row)} row={row} table={props} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

interface RowProps<Row> {
  readonly row: Row
  readonly table: TableProps<Row>
}

function PlainRow<Row>({ row, table }: RowProps<Row>): ReactNode {
  const { columns, hrefOf, toneOf, actions, noteOf } = table
  const note = noteOf?.(row) ?? null
  if (note !== null) return <NoteRow note={note} span={columns.length + (actions ? 1 : 0)} />
  const href = hrefOf?.(row) ?? null
  return (
    <tr data-tone={toneOf?.(row)} className={href === null ? undefined : 'leads'}>
      {columns.map(({ key, title, isNumber, render, filter }, at) => (
        <td
          key={key}
          data-title={title}
          data-field={filter?.(row)?.[0]}
          data-value={filter?.(row)?.[1]}
          className={isNumber ? 'number' : undefined}
        >
          {at === 0 && href !== null ? (
            <a href={href} className="row-link" data-row>
              {render(row)}
            </a>
          ) : (
            render(row)
          )}
        </td>
      ))}
      {actions === undefined ? null : <td className="row-actions">{actions(row)}</td>}
    </tr>
  )
}

const parts = ['columns', 'hrefOf', 'toneOf', 'actions', 'noteOf'] as const

/** A thousand rows stay as they are when others come. */
const TableRow = memo(
  PlainRow,
  (before, after) =>
    before.row === after.row && parts.every((name) => before.table[name] === after.table[name]),
) as typeof PlainRow

function NoteRow({ note, span }: { readonly note: ReactNode; readonly span: number }): ReactNode {
  return (
    <tr className="note-row">
      <td colSpan={span}>{note}</td>
    </tr>
  )
}

/**
 * A press anywhere on a row that leads somewhere. Not when something in it was meant, a text was
 * selected, or another tab was asked for: then the browser does what it does.
 */
function follow(event: MouseEvent, go: (path: string) => void): void {
  const target = event.target as Element
  const link = target.closest('tr.leads')?.querySelector<HTMLAnchorElement>('[data-row]')
  const href = link?.getAttribute('href') ?? null
  if (href === null || event.ctrlKey || event.metaKey || event.shiftKey) return
  const other = target.closest('a, button, input, label')
  if (other !== null && other !== link) return
  if (other === null && (getSelection()?.toString() ?? '') !== '') return
  event.preventDefault()
  leaveBy(href)
  go(href)
}
