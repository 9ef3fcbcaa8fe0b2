// The streams: one of each process that makes records. A number that is missing was lost on the
// way, or held back.
import { type ReactNode, useState } from 'react'
import { Link } from 'wouter'
import type { Integrity } from '../../api/integrity.ts'
import { Button } from '../parts/button.tsx'
import { countOf, countText } from '../parts/numbers.ts'
import { Badge } from '../parts/outcome.tsx'
import { Card } from '../parts/page.tsx'
import { Empty } from '../parts/states.tsx'
import { type Column, DataTable } from '../parts/table.tsx'
import { AgoCell } from '../parts/time.tsx'
import { visibleText } from '../parts/visible.ts'
import { endsOf } from '../record/link.tsx'
import { searchPath } from '../record/search.ts'

type Stream = Integrity['streamList'][number]

const shownAtFirst = 12

export function Streams({ integrity }: { readonly integrity: Integrity }): ReactNode {
  const { streamList, streams } = integrity
  const [showsAll, setShowsAll] = useState(false)
  const shown = showsAll ? streamList : streamList.slice(0, shownAtFirst)
  const total = streams.open + streams.closed + streams.unclosed
  return (
    <Card
      title="Streams"
      note={
        <span className="stream-counts">
          {countText(streams.open)} open, {countText(streams.closed)} closed,{' '}
          {countText(streams.unclosed)} without an end{' '}
          {streams.missing === 0 ? (
            <Badge tone="good" text="no gaps" />
          ) : (
            <Badge tone="failure" text={`${countOf(streams.missing, 'number')} missing`} />
          )}
        </span>
      }
    >
      {streamList.length === 0 ? (
        <Empty title="No stream yet">
          <p>Each process that sends records has one.</p>
        </Empty>
      ) : (
        <>
          <DataTable
            label="List of streams"
            columns={columns}
            rows={shown}
            keyOf={({ instance, kid }) => `${kid} ${instance}`}
            toneOf={({ missing, state }) =>
              missing > 0 ? 'failure' : state === 'unclosed' ? 'denied' : undefined
            }
            isCards
          />
          {streamList.length > shown.length ? (
            <div className="more">
              <Button onPress={() => setShowsAll(true)}>
                Show {streamList.length === total ? 'all' : ''} {countText(streamList.length)}
              </Button>
            </div>
          ) : null}
          {total > streamList.length ? (
            <p className="note">
              The {countText(streamList.length)} that matter most, of {countText(total)}.
            </p>
          ) : null}
        </>
      )}
    </Card>
  )
}

const states = {
  open: { tone: 'good', text: 'open' },
  closed: { tone: 'plain', text: 'closed' },
  unclosed: { tone: 'denied', text: 'fell silent' },
  silent: { tone: 'challenge', text: 'silent now' },
} as const

const columns: readonly Column<Stream>[] = [
  {
    key: 'service',
    title: 'Service',
    render: ({ service }) => (
      <Link href={searchPath(['service', service])} data-row>
        {visibleText(service) || 'unknown'}
      </Link>
    ),
  },
  { key: 'state', title: 'State', render: ({ state }) => <Badge {...states[state]} /> },
  {
    key: 'missing',
    title: 'Missing',
    brief: 'Numbers of records that never came',
    isNumber: true,
    render: ({ missing }) =>
      missing === 0 ? '0' : <strong className="alarm">{countText(missing)}</strong>,
  },
  { key: 'records', title: 'Records', isNumber: true, render: ({ records }) => countText(records) },
  { key: 'seen', title: 'Last heard', render: ({ lastSeenAt }) => <AgoCell ms={lastSeenAt} /> },
  {
    key: 'instance',
    title: 'Process',
    brief: 'Instance of the service: one process or worker thread',
    render: ({ instance }) => (
      <Link href={searchPath(['instance', instance])} className="mono">
        {visibleText(endsOf(instance))}
      </Link>
    ),
  },
  {
    key: 'kid',
    title: 'Key',
    render: ({ kid }) => (
      <Link href={searchPath(['kid', kid])} className="mono">
        {visibleText(endsOf(kid))}
      </Link>
    ),
  },
]
