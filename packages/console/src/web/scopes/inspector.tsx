// Below the matrix: the cell that is pointed at, in words and numbers; without one, the legend.
import type { ReactNode } from 'react'
import { countText } from '../parts/numbers.ts'
import { visibleText } from '../parts/visible.ts'
import { mainMark } from './cell.ts'
import { type FindingMark, type MatrixRow, markTexts, type Scopes } from './marks.ts'

interface InspectorProps {
  readonly row: MatrixRow | undefined
  readonly scope: string | undefined
  readonly by: Scopes['by']
  readonly finding: FindingMark | null
}

export function Inspector({ row, scope, by, finding }: InspectorProps): ReactNode {
  const cell = scope === undefined ? undefined : row?.cells.get(scope)
  if (row === undefined || cell === undefined) return <Legend />
  const mark = mainMark(cell, finding)
  const { allowed, granted, missing, requested, used } = cell.use
  const counts: [string, number][] = [
    ...(by === 'client' ? ([['allowed', allowed]] as [string, number][]) : []),
    ['requested', requested],
    ['granted', granted],
    ['used', used],
    ['missing', missing],
  ]
  return (
    <div className="inspector">
      <span className="inspector-what">
        <strong>{visibleText(cell.scope)}</strong> of <strong>{visibleText(row.row.name)}</strong>
        {mark === 'none' ? '' : `: ${markTexts[mark].title}, ${markTexts[mark].brief}`}
      </span>
      <span className="inspector-counts">
        {counts.map(([word, count]) => (
          <span key={word}>
            {word} <strong>{countText(count)}</strong>
          </span>
        ))}
      </span>
    </div>
  )
}

export function Legend(): ReactNode {
  return (
    <ul className="inspector mark-legend" aria-label="Legend">
      {Object.entries(markTexts).map(([mark, { sign, title }]) => (
        <li key={mark}>
          <span className="cell-sign" data-mark={mark} aria-hidden="true">
            {sign}
          </span>{' '}
          {title}
        </li>
      ))}
    </ul>
  )
}
