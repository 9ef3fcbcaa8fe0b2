// The page Findings: what rules found, what is not decided yet first.
import type { ReactNode } from 'react'
import type { Findings, RuleFinding } from '../../api/findings.ts'
import { useAsk } from '../ask/use-ask.tsx'
import { type Choice, Select } from '../parts/choice.tsx'
import { countOf, countText } from '../parts/numbers.ts'
import { Page } from '../parts/page.tsx'
import { Empty, Loaded, Skeleton } from '../parts/states.tsx'
import { type Column, DataTable } from '../parts/table.tsx'
import { AgoCell, Time } from '../parts/time.tsx'
import { Value } from '../parts/value.tsx'
import { usePlace } from '../query/place.tsx'
import { endsOf } from '../record/link.tsx'
import { States } from '../tokens/listed.tsx'
import { LevelBadge, levelTexts, StatusBadge } from './badges.tsx'

/** Findings come while one looks. */
const everyMs = 2_000

export function FindingsPage(): ReactNode {
  const { get } = usePlace()
  const state = get('state') ?? ''
  const params = {
    status: state === '' ? 'undecided' : state,
    level: get('level'),
    rule: get('rule'),
    silenced: get('silenced') === 'true',
  }
  const asked = useAsk<Findings>('findings', params, { everyMs })
  const { counts, rules = [] } = asked.data ?? {}
  return (
    <Page
      title="Findings"
      lead="What rules found in the records; each finding is sealed in the log."
    >
      <div className="list-head">
        <States
          label="Status of findings"
          choices={[
            { state: '', title: 'To decide', count: counts && counts.open + counts.acknowledged },
            { state: 'open', title: 'Open', count: counts?.open },
            { state: 'acknowledged', title: 'Acknowledged', count: counts?.acknowledged },
            { state: 'closed', title: 'Closed', count: counts?.closed },
            { state: 'false_positive', title: 'False positive', count: counts?.false_positive },
          ]}
        />
        <Filters rules={rules} />
      </div>
      <Loaded asked={asked} skeleton={<Skeleton height={320} />}>
        {({ findings, silences, total }) => (
          <>
            {findings.length === 0 ? (
              <None isAny={counts !== undefined && sumOf(counts) > 0} />
            ) : (
              <DataTable
                label="Findings"
                columns={columns}
                rows={findings}
                keyOf={({ id }) => id}
                hrefOf={({ id }) => `/findings/${id}`}
                isCards
              />
            )}
            {total > findings.length ? (
              <p className="note">
                The newest {findings.length} of {countOf(total, 'finding')}.
              </p>
            ) : null}
            <Silences silences={silences} />
          </>
        )}
      </Loaded>
    </Page>
  )
}

function Filters({ rules }: { readonly rules: Findings['rules'] }): ReactNode {
  const { get, set } = usePlace()
  const any: Choice<string> = { key: 'any', text: 'Any' }
  const levels = Object.entries(levelTexts).map(([key, text]) => ({
    key,
    text: `${text} or worse`,
  }))
  const named = rules.map(({ id, title }) => ({ key: id, text: title }))
  return (
    <div className="finding-filters">
      <Select
        label="Level"
        choices={[any, ...levels]}
        value={get('level') ?? 'any'}
        onChange={(level) => set({ level: level === 'any' ? null : level })}
      />
      <Select
        label="Rule"
        choices={[any, ...named]}
        value={get('rule') ?? 'any'}
        onChange={(rule) => set({ rule: rule === 'any' ? null : rule })}
      />
      <label className="check">
        <input
          type="checkbox"
          checked={get('silenced') === 'true'}
          onChange={({ target }) => set({ silenced: target.checked ? 'true' : null })}
        />
        <span>Silenced, too</span>
      </label>
    </div>
  )
}

function None({ isAny }: { readonly isAny: boolean }): ReactNode {
  return isAny ? (
    <Empty title="No finding is like that" />
  ) : (
    <Empty title="No rule has found anything">
      <p>Rules look at each record while it comes.</p>
    </Empty>
  )
}

function Silences({ silences }: { readonly silences: Findings['silences'] }): ReactNode {
  if (silences.length === 0) return null
  return (
    <section className="silences" aria-label="Silences">
      <h2>Silences</h2>
      <ul>
        {silences.map(({ group, id, note, person, until }) => (
          <li key={id}>
            Until <Time ms={until} />, by <Value text={person} />
            {group.map(([name, value]) => (
              <span key={name}>
                {' '}
                <code>{name}</code> <Value text={endsOf(value)} mono />
              </span>
            ))}
            {note === '' ? null : (
              <>
                : <Value text={note} wraps />
              </>
            )}
          </li>
        ))}
      </ul>
    </section>
  )
}

function sumOf(counts: Findings['counts']): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0)
}

const columns: readonly Column<RuleFinding>[] = [
  {
    key: 'what',
    title: 'What',
    render: ({ rule }) => <Value text={rule.title} wraps />,
  },
  { key: 'level', title: 'Level', render: ({ rule }) => <LevelBadge level={rule.level} /> },
  {
    key: 'status',
    title: 'Status',
    render: ({ silence, status }) => (
      <>
        <StatusBadge status={status} />
        {silence === null ? null : <small> silenced</small>}
      </>
    ),
  },
  {
    key: 'about',
    title: 'About',
    brief: 'What its records have in common',
    render: ({ group }) => (
      <span className="finding-group">
        {group.map(([name, value]) => (
          <span key={name} title={name}>
            <Value text={endsOf(value)} mono />
          </span>
        ))}
      </span>
    ),
  },
  {
    key: 'times',
    title: 'Times',
    brief: 'How often it was found; told at 1, 2, 4, 8 …',
    isNumber: true,
    render: ({ times }) => countText(times),
  },
  { key: 'last', title: 'Last found', render: ({ lastAt }) => <AgoCell ms={lastAt} /> },
]
