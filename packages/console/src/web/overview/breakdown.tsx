// One field's most frequent values.
import type { ReactNode } from 'react'
import type { Facet } from '../../api/summary.ts'
import { Bars } from '../parts/bars.tsx'
import { countOf } from '../parts/numbers.ts'
import { Card } from '../parts/page.tsx'
import { narrowTo } from '../query/edit.ts'
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
    to: recordsPath(narrowTo(q, field, value)),
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
