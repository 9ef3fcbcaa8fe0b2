// The table of records, with what the live tail brought on top.
import { type ReactNode, useCallback, useRef } from 'react'
import { Link } from 'wouter'
import type { Row } from '../../api/records.ts'
import { Button } from '../parts/button.tsx'
import { CellActions } from '../parts/cell-actions.tsx'
import { Icon } from '../parts/icon.tsx'
import { countOf, countText } from '../parts/numbers.ts'
import { Problem } from '../parts/states.tsx'
import { type Column, DataTable } from '../parts/table.tsx'
import { addTerm, toggleExclude, toggleFilter, withoutTimeRange } from '../query/edit.ts'
import { recordsPath } from '../query/place.tsx'
import type { Pages } from './pages.tsx'
import { type LiveGap, type LiveItem, isGap } from './waiting.ts'

interface ResultsProps {
  readonly q: string
  readonly onQuery: (query: string) => void
  readonly columns: readonly Column<Row>[]
  readonly pages: Pages
  readonly live: readonly LiveItem[]
}

export function Results({ q, onQuery, columns, pages, live }: ResultsProps): ReactNode {
  const box = useRef<HTMLDivElement>(null)
  const noteOf = useCallback(
    (item: LiveItem) => (isGap(item) ? <GapNote gap={item} q={q} /> : null),
    [q],
  )
  const { rows, hasMore, isLoadingMore, loadMore, problem, first } = pages
  const seen = new Set(live.map((item) => (isGap(item) ? -1 : item.index)))
  const rest = rows.filter(({ index }) => !seen.has(index))
  const items = live.length === 0 ? rest : newestFirst([...live, ...rest])
  return (
    <div ref={box} className="results">
      <DataTable
        label="Records"
        columns={columns as readonly Column<LiveItem>[]}
        rows={items}
        {...{ keyOf, hrefOf, toneOf, noteOf }}
        isCards
      />
      <CellActions
        box={box}
        onFilter={(field, value) => onQuery(toggleFilter(q, field, value))}
        onExclude={(field, value) => onQuery(toggleExclude(q, field, value))}
      />
      {problem === undefined ? null : <Problem problem={problem} onRetry={loadMore} />}
      <p className="results-foot">
        {hasMore ? (
          <Button onPress={loadMore} isDisabled={isLoadingMore}>
            {isLoadingMore ? 'Loading…' : 'Load 100 more'}
          </Button>
        ) : null}
        <span className="muted">
          {countText(rows.length)} of {countOf(first.data?.total ?? rows.length, 'record')} shown
        </span>
      </p>
    </div>
  )
}

/** Pages that were loaded anew have records between those that came live. */
function newestFirst(items: readonly LiveItem[]): readonly LiveItem[] {
  const at = (item: LiveItem): number => (isGap(item) ? item.to : item.index)
  return items.toSorted((a, b) => at(b) - at(a))
}

function keyOf(item: LiveItem): string | number {
  return isGap(item) ? `gap ${item.from}` : item.index
}

function hrefOf(item: LiveItem): string | null {
  return isGap(item) ? null : `/records/${item.index}`
}

function toneOf(item: LiveItem): string | undefined {
  return isGap(item) || item.outcome === 'success' ? undefined : item.outcome
}

function GapNote({ gap, q }: { readonly gap: LiveGap; readonly q: string }): ReactNode {
  const { from, to, count, why } = gap
  const query = addTerm(withoutTimeRange(q), `index:${from}..${to}`)
  return (
    <span className="gap-note">
      <Icon name="warning" />
      {why === 'too-many' ? 'Too many at once: ' : 'Away for too long: '}
      {countOf(count, 'record')} of the log not shown here.{' '}
      <Link href={recordsPath(query)}>Search among them</Link>
    </span>
  )
}
