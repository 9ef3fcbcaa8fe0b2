// The matrix: rows of clients or roles, columns of scopes, one mark for each pair. It scrolls in
// its box, with its heads in sight; arrow keys walk from cell to cell.
import {
  type KeyboardEvent,
  memo,
  type MouseEvent,
  type ReactNode,
  useCallback,
  useState,
} from 'react'
import { Link, useLocation } from 'wouter'
import { countText } from '../parts/numbers.ts'
import { visibleText } from '../parts/visible.ts'
import { searchPath } from '../record/search.ts'
import { cellPath, mainMark, rowField, signOf, titleOf } from './cell.ts'
import { Inspector } from './inspector.tsx'
import type { Cell, FindingMark, Matrix, MatrixRow, Scopes } from './marks.ts'
import { RefusedLink } from './refused-link.tsx'

export interface MatrixProps {
  readonly matrix: Matrix
  readonly by: Scopes['by']
  readonly finding: FindingMark | null
}

export interface Place {
  readonly row: number
  readonly column: number
}

export function MatrixTable({ matrix, by, finding }: MatrixProps): ReactNode {
  const [at, setAt] = useState<Place | null>(null)
  const [, go] = useLocation()
  const follow = (event: MouseEvent): void => {
    const link = (event.target as Element).closest<HTMLAnchorElement>('a[data-cell]')
    if (link === null || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    go(link.getAttribute('href') ?? '')
  }
  const look = useCallback((event: { target: EventTarget }): void => {
    setAt(placeOf(event.target as Element))
  }, [])
  const row = at === null ? undefined : matrix.rows[at.row]
  const scope = at === null ? undefined : matrix.scopes[at.column]
  return (
    <div className="matrix">
      <div
        className="matrix-box"
        role="region"
        aria-label="Matrix of scopes"
        tabIndex={0}
        onClick={follow}
        onMouseOver={look}
        onFocus={look}
        onKeyDown={walk}
      >
        <Grid matrix={matrix} by={by} finding={finding} />
      </div>
      <Inspector row={row} scope={scope} by={by} finding={finding} />
    </div>
  )
}

function placeOf(element: Element): Place | null {
  const found = element.closest<HTMLElement>('[data-row][data-column]')
  if (found === null) return null
  return { row: Number(found.dataset.row), column: Number(found.dataset.column) }
}

const steps: Readonly<Record<string, readonly [rows: number, columns: number]>> = {
  ArrowUp: [-1, 0],
  ArrowDown: [1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
}

/** To the next cell in that direction that has a mark; empty ones are passed over. */
function walk(event: KeyboardEvent<HTMLElement>): void {
  const by = steps[event.key]
  const at = placeOf(event.target as Element)
  if (by === undefined || at === null) return
  event.preventDefault()
  event.stopPropagation()
  const box = event.currentTarget
  const size = Number(box.querySelector('table')?.dataset.size)
  let { column, row } = at
  for (let tries = 0; tries < size; tries++) {
    row += by[0]
    column += by[1]
    const cell = box.querySelector<HTMLElement>(`a[data-row="${row}"][data-column="${column}"]`)
    if (cell === null) continue
    for (const one of box.querySelectorAll('a[data-cell][tabindex="0"]')) {
      one.setAttribute('tabindex', '-1')
    }
    cell.setAttribute('tabindex', '0')
    cell.focus()
    return
  }
}

/** Thousands of cells: drawn again only when what they show has changed. */
const Grid = memo(function Grid({ matrix, by, finding }: MatrixProps): ReactNode {
  const { rows, scopes } = matrix
  const first = rows[0]?.cells
  const start = scopes.findIndex((scope) => (first?.get(scope)?.marks.length ?? 0) > 0)
  return (
    <table className="matrix-table" data-size={Math.max(rows.length, scopes.length)}>
      <thead>
        <tr>
          <th scope="col" className="matrix-corner">
            {by === 'client' ? 'Client' : 'Role'}
          </th>
          {scopes.map((scope) => (
            <th key={scope} scope="col" className="matrix-scope" title={visibleText(scope)}>
              <Link href={searchPath(['scope', scope])} tabIndex={-1}>
                {visibleText(scope)}
              </Link>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, at) => (
          <tr key={row.row.name}>
            <RowHead row={row} by={by} />
            {scopes.map((scope, column) => (
              <CellView
                key={scope}
                cell={row.cells.get(scope)}
                place={{ row: at, column }}
                name={row.row.name}
                isStart={at === 0 && column === start}
                context={{ by, finding }}
              />
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  )
})

function RowHead({ row: { row }, by }: { row: MatrixRow; by: Scopes['by'] }): ReactNode {
  const { name, privileged, records, refused } = row
  return (
    <th scope="row" className="matrix-row">
      <Link href={searchPath([rowField(by), name])} title={visibleText(name)} data-row>
        {visibleText(name)}
      </Link>
      <small>
        {countText(records)}
        {refused > 0 ? ', ' : ''}
        <RefusedLink row={row} by={by} />
        {privileged > 0 ? `, ${countText(privileged)} privileged` : ''}
      </small>
    </th>
  )
}

interface CellViewProps {
  readonly cell: Cell | undefined
  readonly place: Place
  readonly name: string
  readonly isStart: boolean
  readonly context: Pick<MatrixProps, 'by' | 'finding'>
}

function CellView({ cell, place, name, isStart, context }: CellViewProps): ReactNode {
  const { by, finding } = context
  if (cell === undefined || cell.marks.length === 0) return <td />
  const mark = mainMark(cell, finding)
  const isAside = finding !== null && mark !== finding
  const titles = cell.marks.map(titleOf).join(', ')
  return (
    <td>
      <a
        href={cellPath(by, name, cell)}
        className="cell"
        data-cell
        data-mark={mark}
        data-aside={isAside}
        data-row={place.row}
        data-column={place.column}
        tabIndex={isStart ? 0 : -1}
        aria-label={`${visibleText(cell.scope)} of ${visibleText(name)}: ${titles}`}
      >
        {signOf(mark)}
        {cell.marks.length > 1 ? (
          <sup>{signOf(cell.marks.find((one) => one !== mark) ?? 'none')}</sup>
        ) : null}
      </a>
    </td>
  )
}
