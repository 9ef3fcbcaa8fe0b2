// One field's most frequent values.
import type { ReactNode } from 'react'
import type { Facet } from '../../api/summary.ts'
import { Bars } from '../parts/bars.tsx'
import { countOf } from '../parts/numbers.ts'
import { Card } from '../parts/page.tsx'
import { toggleFilter } from '../query/edit.ts'
import { recordsPath } from '../query/place.tsx'

interface BreakdownProps {
  readonly q: string
  readonly title: string
  readonly total: number
  readonly facet: Facet | undefined
}

export function Breakdown({ q, title, total, facet }: BreakdownProps): ReactNode {
  const { field = '', values = [], more = 0, moreCount = 0 } = facet ?? {}
  const bars = values.map(({ value, count }) => ({
    ...{ value, count },
    to: recordsPath(toggleFilter(q, field, value)),
  }))
  return (
    <Card
      title={title}
      note={more === 0 ? undefined : `${more} more in ${countOf(moreCount, 'record')}`}
    >
      {bars.length === 0 ? (
        <p className="muted">None in this range.</p>
      ) : (
        <Bars bars={bars} total={total} />
      )}
    </Card>
  )
}

/** The first values alone, the others told as a number. */
export function shortened(facet: Facet | undefined, most: number): Facet | undefined {
  if (facet === undefined) return undefined
  const left = facet.values.slice(most)
  const leftCount = left.reduce((sum, { count }) => sum + count, 0)
  const counts = { more: facet.more + left.length, moreCount: facet.moreCount + leftCount }
  return { ...facet, values: facet.values.slice(0, most), ...counts }
}
