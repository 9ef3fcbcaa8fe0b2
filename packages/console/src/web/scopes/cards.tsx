// The matrix on a phone: a card for each row, what was found in it first.
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { countOf } from '../parts/numbers.ts'
import { visibleText } from '../parts/visible.ts'
import { searchPath } from '../record/search.ts'
import { cellPath, rowField } from './cell.ts'
import { type Cell, type Mark, type MatrixRow, markTexts, type Scopes } from './marks.ts'
import type { MatrixProps } from './matrix.tsx'
import { RefusedLink } from './refused-link.tsx'

export function Cards({ matrix, by, finding }: MatrixProps): ReactNode {
  return (
    <ul className="scope-cards">
      {matrix.rows.map((row) => (
        <li key={row.row.name} className="card">
          <h2>
            <Link href={searchPath([rowField(by), row.row.name])}>{visibleText(row.row.name)}</Link>
          </h2>
          <p className="note">
            {countOf(row.row.records, 'record')}
            {row.row.refused > 0 ? ', ' : ''}
            <RefusedLink row={row.row} by={by} />
          </p>
          {groupsOf(row, finding).map(([mark, cells]) => (
            <Group key={mark} mark={mark} cells={cells} by={by} name={row.row.name} />
          ))}
        </li>
      ))}
    </ul>
  )
}

type KnownMark = Exclude<Mark, 'none'>

function groupsOf({ cells }: MatrixRow, finding: Mark | null): [KnownMark, Cell[]][] {
  return (Object.keys(markTexts) as KnownMark[])
    .filter((mark) => finding === null || mark === finding)
    .map((mark): [KnownMark, Cell[]] => {
      return [mark, [...cells.values()].filter(({ marks }) => marks.includes(mark))]
    })
    .filter(([, found]) => found.length > 0)
}

interface GroupProps {
  readonly mark: KnownMark
  readonly cells: readonly Cell[]
  readonly by: Scopes['by']
  readonly name: string
}

function Group({ mark, cells, by, name }: GroupProps): ReactNode {
  return (
    <details className="scope-group" open={['beyond', 'unallowed'].includes(mark)}>
      <summary>
        <span className="cell-sign" data-mark={mark} aria-hidden="true">
          {markTexts[mark].sign}
        </span>{' '}
        {markTexts[mark].title} <span className="muted">{cells.length}</span>
      </summary>
      <div className="chips">
        {cells.map((cell) => (
          <Link
            key={cell.scope}
            href={cellPath(by, name, { ...cell, marks: [mark] })}
            className="scope-link mono"
          >
            {visibleText(cell.scope)}
          </Link>
        ))}
      </div>
    </details>
  )
}
