// Sessions: whose, since when, what was done in them and how much of it was refused.
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Session, Sessions } from '../../api/tokens.ts'
import { countText } from '../parts/numbers.ts'
import { Badge } from '../parts/outcome.tsx'
import { Empty, Loaded, Skeleton } from '../parts/states.tsx'
import { type Column, DataTable } from '../parts/table.tsx'
import { AgoCell } from '../parts/time.tsx'
import { Value } from '../parts/value.tsx'
import { visibleText } from '../parts/visible.ts'
import { usePlace } from '../query/place.tsx'
import { endsOf } from '../record/link.tsx'
import { searchPath } from '../record/search.ts'
import { Filter, Reach, States, usePaged } from './listed.tsx'

export function SessionList(): ReactNode {
  const { get } = usePlace()
  const params = { state: get('state') ?? '', q: get('q') ?? '' }
  const { asked, more, pages } = usePaged<Sessions>('sessions', params)
  const counts = asked.data?.counts
  return (
    <>
      <div className="list-head">
        <States
          label="State of sessions"
          choices={[
            { state: '', title: 'All', count: counts && counts.open + counts.ended },
            { state: 'open', title: 'Open', count: counts?.open },
            { state: 'ended', title: 'Ended', count: counts?.ended },
          ]}
        />
        <Filter problem={asked.problem} />
      </div>
      <Loaded asked={asked} skeleton={<Skeleton height={480} />}>
        {({ cut, since }) => {
          const sessions = pages.flatMap((page) => page.sessions)
          if (sessions.length === 0)
            return <NoSessions isFiltered={params.q + params.state !== ''} />
          return (
            <>
              <DataTable
                label="Sessions"
                columns={columns}
                rows={sessions}
                keyOf={({ hash }) => hash}
                hrefOf={({ hash }) => `/lineage/${encodeURIComponent(hash)}`}
                isCards
              />
              {more}
              <Reach since={since} cut={cut} />
            </>
          )
        }}
      </Loaded>
    </>
  )
}

function NoSessions({ isFiltered }: { readonly isFiltered: boolean }): ReactNode {
  return isFiltered ? (
    <Empty title="No session is like that">
      <Link href="/tokens?part=sessions">Show all sessions</Link>
    </Empty>
  ) : (
    <Empty title="No sessions yet">
      <p>
        Sessions appear when users log in at an authorization server that sends its records here.
      </p>
    </Empty>
  )
}

const columns: readonly Column<Session>[] = [
  {
    key: 'session',
    title: 'Session',
    brief: 'Keyed hash; opens the lineage of all its grants',
    render: ({ hash }) => <span className="mono">{visibleText(endsOf(hash))}</span>,
  },
  {
    key: 'state',
    title: 'State',
    render: ({ state }) => <Badge tone={state === 'open' ? 'good' : 'plain'} text={state} />,
  },
  {
    key: 'user',
    title: 'User',
    brief: 'Pseudonym',
    render: ({ userHash }) => <Value text={userHash && endsOf(userHash)} mono none="nobody yet" />,
  },
  {
    key: 'clients',
    title: 'Clients',
    render: ({ clients }) => (
      <span className="scope-chips">
        {clients.map((client) => (
          <span key={client} className="scope-chip" title={visibleText(client)}>
            {visibleText(client)}
          </span>
        ))}
      </span>
    ),
  },
  { key: 'started', title: 'Began', render: ({ startedAt }) => <AgoCell ms={startedAt} /> },
  { key: 'seen', title: 'Last seen', render: ({ lastSeenAt }) => <AgoCell ms={lastSeenAt} /> },
  {
    key: 'records',
    title: 'Records',
    isNumber: true,
    render: ({ hash, records }) => (
      <Link href={searchPath(['session', hash])}>{countText(records)}</Link>
    ),
  },
  {
    key: 'denied',
    title: 'Refused',
    isNumber: true,
    render: ({ denied, hash }) =>
      denied === 0 ? (
        '0'
      ) : (
        <Link href={searchPath(['session', hash], ['outcome', 'denied'])}>{countText(denied)}</Link>
      ),
  },
]
