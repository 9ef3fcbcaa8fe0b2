// Records: searched, counted, watched as they come, taken away. The address holds all of its state.
import { type ReactNode, useMemo, useState } from 'react'
import type { Histogram } from '../../api/summary.ts'
import { useAsk } from '../ask/use-ask.tsx'
import { Traffic } from '../chart/traffic.tsx'
import { Dialog } from '../parts/dialog.tsx'
import { Button, ButtonLink } from '../parts/button.tsx'
import { Page } from '../parts/page.tsx'
import { Empty, Problem, Skeleton } from '../parts/states.tsx'
import { timeRangeFrom, withTimeRange, withoutTimeRange } from '../query/edit.ts'
import { overviewPath, usePlace } from '../query/place.tsx'
import { QueryBar } from '../query/query-bar.tsx'
import { isOfQuery } from '../query/query-problem.tsx'
import { TimeRangePicker } from '../query/time-range.tsx'
import { personal, useWide } from '../settings/choices.tsx'
import { ColumnsDialog } from './columns-dialog.tsx'
import { chosenColumns, columnsOf } from './columns.tsx'
import { ExportDialog } from './export-dialog.tsx'
import { FacetList } from './facets.tsx'
import { FilterDialog } from './filter-dialog.tsx'
import { type Pages, usePages } from './pages.tsx'
import { Results } from './results.tsx'
import { useTail } from './tail.tsx'
import { isGap } from './waiting.ts'
import { type DialogName, Tools } from './tools.tsx'
import { ViewsDialog } from './views-dialog.tsx'

export function RecordsPage(): ReactNode {
  const { get, set } = usePlace()
  const [dialog, setDialog] = useState<DialogName | null>(null)
  const showsPersonal = personal.use()
  const q = get('q') ?? ''
  const order = get('order') ?? 'newest'
  const isLive = get('live') === '1'
  const usual = chosenColumns.use()
  const names = get('columns') ?? usual
  const columns = useMemo(() => columnsOf(names, showsPersonal), [names, showsPersonal])
  const pages = usePages({ q, order: isLive ? 'newest' : order, personal: showsPersonal })
  const { data: first, isStale } = pages.first
  const lookedTo = isStale ? undefined : first?.lookedTo
  const tail = useTail({ q, personal: showsPersonal, lookedTo }, isLive)
  // What the page has by now, such as after it was asked for again, is not shown twice.
  const live = tail.items.filter((item) => isGap(item) || item.index > (first?.lookedTo ?? -1))
  const isWide = useWide()
  const { reload } = pages.first
  const setQuery = (query: string): void => set({ q: query === '' ? null : query })
  const setNames = (next: string): void => {
    chosenColumns.write(next)
    set({ columns: next === '' ? null : next }, true)
  }
  const close = (): void => setDialog(null)
  const isOpen = (name: DialogName): boolean => dialog === name
  const total = pages.first.data?.total
  return (
    <Page title="Records" actions={<ButtonLink to={overviewPath(q)}>Overview of these</ButtonLink>}>
      <div className="toolbar">
        <QueryBar query={q} onQuery={setQuery} problem={pages.first.problem} />
        <TimeRangePicker query={q} onChange={setQuery} />
        <Button icon="plus" hotkey="f" onPress={() => setDialog('filter')}>
          Filter
        </Button>
      </div>
      {isOfQuery(pages.first.problem) ? (
        <Empty title="The query cannot be run">It is marked above where it is wrong.</Empty>
      ) : (
        <div className="records">
          {isWide ? (
            <aside className="records-side" aria-label="Facets">
              <FacetList q={q} onQuery={setQuery} />
            </aside>
          ) : null}
          <div className="records-main">
            <RecordsChart q={q} onQuery={setQuery} />
            <Tools
              {...{ order, isLive, tail }}
              total={pages.first.isStale ? undefined : total}
              onOrder={(next) => set({ order: next === 'newest' ? null : next })}
              onLive={(on) => set({ live: on ? '1' : null }, true)}
              onOpen={setDialog}
              onReload={reload}
            />
            <Found {...{ q, pages, isLive }} onQuery={setQuery} hasLive={live.length > 0}>
              <Results {...{ q, pages, columns }} live={live} onQuery={setQuery} />
            </Found>
          </div>
        </div>
      )}
      <FilterDialog q={q} onQuery={setQuery} isOpen={isOpen('filter')} onClose={close} />
      <ColumnsDialog {...{ names, onNames: setNames }} isOpen={isOpen('columns')} onClose={close} />
      <ViewsDialog isOpen={isOpen('views')} onClose={close} />
      <ExportDialog q={q} total={total ?? 0} isOpen={isOpen('export')} onClose={close} />
      <Dialog title="Facets" kind="sheet" isOpen={isOpen('facets')} onClose={close}>
        <FacetList q={q} onQuery={setQuery} />
      </Dialog>
    </Page>
  )
}

interface QueryProps {
  readonly q: string
  readonly onQuery: (query: string) => void
}

function RecordsChart({ q, onQuery }: QueryProps): ReactNode {
  const asked = useAsk<Histogram>('histogram', { q, by: 'outcome', buckets: 90 })
  const { data, isStale, problem } = asked
  if (problem !== undefined || data?.total === 0) return null
  return (
    <div className={isStale ? 'stale' : undefined}>
      {data === undefined ? (
        <Skeleton height={132} />
      ) : (
        <Traffic
          histogram={data}
          height={100}
          onRange={(from, to) => onQuery(withTimeRange(q, timeRangeFrom(from, to)))}
        />
      )}
    </div>
  )
}

interface FoundProps extends QueryProps {
  readonly pages: Pages
  readonly isLive: boolean
  /** Records came since: the table has something to show. */
  readonly hasLive: boolean
  readonly children: ReactNode
}

/** The table, or why there is none. */
function Found({ q, onQuery, pages, isLive, hasLive, children }: FoundProps): ReactNode {
  const { data, problem, isStale, reload } = pages.first
  if (problem !== undefined && (data === undefined || isStale)) {
    return <Problem problem={problem} onRetry={reload} />
  }
  if (data === undefined) return <Skeleton lines={12} />
  if (data.total === 0 && !isStale && !hasLive) {
    if (isLive) return <Empty title="Waiting for the first record that matches" />
    const anyTime = withoutTimeRange(q)
    return (
      <Empty title="No records match">
        {q === '' ? 'Start a service with the SDK; its records appear here.' : null}
        {anyTime === q ? null : <Button onPress={() => onQuery(anyTime)}>Search all time</Button>}
        {q === '' ? null : <Button onPress={() => onQuery('')}>Show all records</Button>}
      </Empty>
    )
  }
  return (
    <div className={isStale ? 'stale' : undefined} aria-busy={isStale}>
      {children}
    </div>
  )
}
