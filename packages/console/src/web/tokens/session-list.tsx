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
import { refusedTerm, searchPath } from '../record/search.ts'
import { Filter, Reach, States, usePaged } from './listed.tsx'

export function SessionList(): ReactNode {
  const { get } = usePlace()
  const state = get('state') ?? ''
  // Whoever opens the list wants to know who is in.
  const params = { state: state === '' ? 'open' : state, q: get('q') ?? '' }
  const { asked, more, pages } = usePaged<Sessions>('sessions', params)
  const counts = asked.data?.counts
  return (
    <>
      <div className="list-head">
        <States
          label="State of sessions"
          choices={[
            { state: '', title: 'Open', count: counts?.open },
            { state: 'ended', title: 'Ended', count: counts?.ended },
            { state: 'never-logged-in', title: 'Never logged in', count: counts?.neverLoggedIn },
            { state: 'all', title: 'All', count: sumOf(counts) },
          ]}
        />
        <Filter problem={asked.problem} />
      </div>
      <Loaded asked={asked} skeleton={<Skeleton height={480} />}>
        {({ cut, since }) => {
          const sessions = pages.flatMap((page) => page.sessions)
          if (sessions.length === 0)
            return <NoSessions isAny={(sumOf(counts) ?? 0) > 0} q={params.q} />
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

function sumOf(counts: Sessions['counts'] | undefined): number | undefined {
  return counts && counts.open + counts.ended + counts.neverLoggedIn
}

function NoSessions({ isAny, q }: { readonly isAny: boolean; readonly q: string }): ReactNode {
  return isAny || q !== '' ? (
    <Empty title="No session is like that">
      <Link href="/tokens?part=sessions&state=all">Show all sessions</Link>
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
    brief: 'Never logged in: begun by a request, and nobody ever came in by it',
    render: ({ state }) => (
      <Badge tone={state === 'open' ? 'good' : 'plain'} text={state.replaceAll('-', ' ')} />
    ),
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
    key: 'refused',
    title: 'Refused',
    brief: 'Denied or failed',
    isNumber: true,
    render: ({ hash, refused }) =>
      refused === 0 ? (
        '0'
      ) : (
        <Link href={searchPath(['session', hash], refusedTerm)}>{countText(refused)}</Link>
      ),
  },
]
