// What happens, at a glance: findings, traffic, what was refused and why, how long it takes, and
// whether the trail is whole. Everything leads to its records.
import type { ReactNode } from 'react'
import type { Breakdown as Groups, Facets, Histogram, Latency } from '../../api/summary.ts'
import { type Asked, useAsk } from '../ask/use-ask.tsx'
import { Traffic } from '../chart/traffic.tsx'
import { ButtonLink } from '../parts/button.tsx'
import { Card, Page } from '../parts/page.tsx'
import { Empty, Loaded, Skeleton } from '../parts/states.tsx'
import { addTerm, timeRangeFrom, withTimeRange } from '../query/edit.ts'
import { recordsPath, usePlace } from '../query/place.tsx'
import { QueryBar } from '../query/query-bar.tsx'
import { isOfQuery } from '../query/query-problem.tsx'
import { TimeRangePicker } from '../query/time-range.tsx'
import { queryOf, refusedTerm } from '../record/search.ts'
import { Alarms } from './alarms.tsx'
import { Breakdown } from './breakdown.tsx'
import { LatencyTable } from './latency.tsx'
import { Outcomes } from './outcomes.tsx'
import { Refusals } from './refusals.tsx'
import { ToDecide } from './to-decide.tsx'
import { IntegrityCard, PipelineCard } from './whole.tsx'

const REFRESH_MS = 10_000
const DEFAULT_QUERY = 'after:-24h'

const fields = [
  ['action', 'Operations'],
  ['client', 'Clients'],
  ['grant', 'Grant types'],
  ['service', 'Services'],
  ['scope', 'Scopes'],
] as const

interface Overview {
  readonly facets: Asked<Facets>
  readonly histogram: Asked<Histogram>
  readonly reasons: Asked<Facets>
  readonly errors: Asked<Groups>
  readonly latency: Asked<Latency>
}

/** All at once: none waits for another. */
function useOverview(q: string): Overview {
  const every = { everyMs: REFRESH_MS }
  const names = ['outcome', 'privileged', ...fields.map(([name]) => name)].join(',')
  const refused = addTerm(q, queryOf(refusedTerm))
  return {
    facets: useAsk<Facets>('facets', { q, fields: names, top: 6 }, every),
    histogram: useAsk<Histogram>('histogram', { q, by: 'outcome', buckets: 72 }, every),
    reasons: useAsk<Facets>('facets', { q: refused, fields: 'reason', top: 50 }, every),
    errors: useAsk<Groups>('breakdown', { q: refused, by: 'error', into: 'reason', top: 5 }, every),
    latency: useAsk<Latency>('latency', { q, by: 'action', top: 8 }, every),
  }
}

export function OverviewPage(): ReactNode {
  const { get, set } = usePlace()
  const q = get('q') ?? DEFAULT_QUERY
  const setQuery = (query: string): void => set({ q: query === DEFAULT_QUERY ? null : query })
  const overview = useOverview(q)
  const { facets } = overview
  return (
    <Page title="Overview" actions={<ButtonLink to={recordsPath(q)}>Show records</ButtonLink>}>
      <div className="toolbar">
        <QueryBar query={q} onQuery={setQuery} problem={facets.problem} />
        <TimeRangePicker query={q} onChange={setQuery} />
      </div>
      {isOfQuery(facets.problem) ? null : (
        <Loaded asked={facets} skeleton={<Bones />}>
          {(found) =>
            found.total === 0 ? (
              <Nothing q={q} onQuery={setQuery} />
            ) : (
              <Picture q={q} facetsFound={found} {...overview} onQuery={setQuery} />
            )
          }
        </Loaded>
      )}
    </Page>
  )
}

/** As large as what comes in their place. */
function Bones(): ReactNode {
  return (
    <div className="overview">
      <Skeleton height={72} />
      <div className="overview-top">
        <Skeleton height={300} />
        <Skeleton height={300} />
      </div>
      <div className="overview-grid">
        {[0, 1, 2].map((at) => (
          <Skeleton key={at} height={256} />
        ))}
      </div>
    </div>
  )
}

interface PictureProps extends Overview {
  readonly q: string
  readonly facetsFound: Facets
  readonly onQuery: (query: string) => void
}

function Picture(props: PictureProps): ReactNode {
  const { q, errors, facetsFound, histogram, reasons, latency, onQuery } = props
  const { total } = facetsFound
  const facetOf = (field: string): Facets['facets'][number] | undefined =>
    facetsFound.facets.find((facet) => facet.field === field)
  return (
    <div className="overview">
      <Outcomes q={q} total={total} facet={facetOf('outcome')} />
      <Loaded asked={reasons} skeleton={<Skeleton lines={1} />}>
        {({ facets: [found] }) => (
          <Alarms q={q} reasons={found} privileged={facetOf('privileged')} />
        )}
      </Loaded>
      <ToDecide />
      <div className="overview-top">
        <Card title="Traffic">
          <Loaded asked={histogram} skeleton={<Skeleton height={244} />}>
            {(found) => (
              <Traffic
                histogram={found}
                height={216}
                onRange={(from, to) => onQuery(withTimeRange(q, timeRangeFrom(from, to)))}
              />
            )}
          </Loaded>
        </Card>
        <div className="overview-side">
          <IntegrityCard />
          <PipelineCard />
        </div>
      </div>
      <div className="overview-grid">
        {fields.map(([field, title]) => (
          <Breakdown key={field} {...{ q, title, total }} facet={facetOf(field)} />
        ))}
        <Loaded asked={errors}>
          {(found) => <Refusals q={addTerm(q, queryOf(refusedTerm))} found={found} />}
        </Loaded>
      </div>
      <Card
        title="Latency by operation"
        note="Quantiles at most 3 % off; bars on a logarithmic scale"
      >
        <Loaded asked={latency}>{(found) => <LatencyTable q={q} latency={found} />}</Loaded>
      </Card>
    </div>
  )
}

interface NothingProps {
  readonly q: string
  readonly onQuery: (query: string) => void
}

function Nothing({ q, onQuery }: NothingProps): ReactNode {
  const all = withTimeRange(q, { after: '', before: '' })
  return (
    <Empty title="No records in this range">
      {all === q ? (
        <p>Start a service with the SDK; its first records appear here within seconds.</p>
      ) : (
        <button type="button" className="button plain" onClick={() => onQuery(all)}>
          Look at all time
        </button>
      )}
    </Empty>
  )
}
