// How it all ended, in four numbers that lead to their records.
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Facet } from '../../api/summary.ts'
import { countText, shareText } from '../parts/numbers.ts'
import { OutcomeBadge, outcomes } from '../parts/outcome.tsx'
import { narrowTo } from '../query/edit.ts'
import { recordsPath } from '../query/place.tsx'

interface OutcomesProps {
  readonly q: string
  readonly total: number
  readonly facet: Facet | undefined
}

export function Outcomes({ q, total, facet }: OutcomesProps): ReactNode {
  const countOf = (outcome: string): number =>
    facet?.values.find(({ value }) => value === outcome)?.count ?? 0
  return (
    <ul className="outcomes">
      <li>
        <Link href={recordsPath(q)} className="stat">
          <span className="stat-name">Records</span>
          <b className="stat-count">{countText(total)}</b>
        </Link>
      </li>
      {outcomes.map((outcome) => (
        <li key={outcome}>
          <Link href={recordsPath(narrowTo(q, 'outcome', outcome))} className="stat">
            <span className="stat-name">
              <OutcomeBadge outcome={outcome} />
            </span>
            <b className="stat-count">{countText(countOf(outcome))}</b>
            <span className="stat-share">{shareText(countOf(outcome), total)}</span>
          </Link>
        </li>
      ))}
    </ul>
  )
}
