// The page Roles and scopes: who may do what, and who does; what is too much or too little.
import { type ReactNode, useMemo } from 'react'
import { useAsk } from '../ask/use-ask.tsx'
import { Tabs } from '../parts/choice.tsx'
import { countOf, countText } from '../parts/numbers.ts'
import { Page } from '../parts/page.tsx'
import { Empty, Loaded, Skeleton } from '../parts/states.tsx'
import { usePlace } from '../query/place.tsx'
import { Filter, Reach } from '../tokens/listed.tsx'
import { Cards } from './cards.tsx'
import { type FindingMark, findingMarks, markTexts, matrixOf, type Scopes } from './marks.ts'
import { MatrixTable } from './matrix.tsx'

type By = Scopes['by']

export function ScopesPage(): ReactNode {
  const { get, set } = usePlace()
  const by: By = get('by') === 'role' ? 'role' : 'client'
  return (
    <Page title="Roles & scopes">
      <Tabs<By>
        label="By client or by role"
        value={by}
        onChange={(next) => set({ by: next === 'client' ? null : next, finding: null })}
        tabs={[
          { key: 'client', text: 'By client', panel: <Matrices by="client" /> },
          { key: 'role', text: 'By role of the user', panel: <Matrices by="role" /> },
        ]}
      />
    </Page>
  )
}

function Matrices({ by }: { readonly by: By }): ReactNode {
  const { get } = usePlace()
  const q = get('q') ?? ''
  const asked = useAsk<Scopes>('scopes', { by, q })
  const finding = findingMarks.find((mark) => mark === get('finding')) ?? null
  const scopes = asked.isStale ? undefined : asked.data
  const all = useMemo(() => scopes && matrixOf(scopes, null), [scopes])
  return (
    <>
      <div className="list-head">
        <Findings findings={all?.findings} rows={all?.rows.length} chosen={finding} />
        <Filter problem={asked.problem} />
      </div>
      <Loaded asked={asked} skeleton={<Skeleton height={520} />}>
        {(data) =>
          data.rows.length === 0 ? (
            <NoRows by={by} isFiltered={q !== ''} />
          ) : (
            <Filled scopes={data} finding={finding} />
          )
        }
      </Loaded>
    </>
  )
}

interface FilledProps {
  readonly scopes: Scopes
  readonly finding: FindingMark | null
}

function Filled({ scopes, finding }: FilledProps): ReactNode {
  const { by, cut, since } = scopes
  const matrix = useMemo(() => matrixOf(scopes, finding), [scopes, finding])
  return (
    <>
      {matrix.rows.length === 0 ? (
        <Empty title="Nothing of that kind was found" />
      ) : (
        <>
          <MatrixTable matrix={matrix} by={by} finding={finding} />
          <Cards matrix={matrix} by={by} finding={finding} />
        </>
      )}
      {matrix.without > 0 ? (
        <p className="note">
          {countOf(matrix.without, by)} had nothing to do with scopes, and{' '}
          {matrix.without === 1 ? 'is' : 'are'} not shown.
        </p>
      ) : null}
      <Reach since={since} cut={cut} />
    </>
  )
}

interface FindingsProps {
  readonly findings: Readonly<Record<FindingMark, number>> | undefined
  readonly rows: number | undefined
  readonly chosen: FindingMark | null
}

/** What was found, each also the way to see it alone. */
function Findings({ chosen, findings, rows }: FindingsProps): ReactNode {
  const { set } = usePlace()
  const choose = (finding: FindingMark | null): void => set({ finding })
  return (
    <div className="counters" role="group" aria-label="Findings">
      <button
        type="button"
        className="counter"
        aria-pressed={chosen === null}
        onClick={() => choose(null)}
      >
        <span className="counter-count">{rows === undefined ? '–' : countText(rows)}</span>
        <span className="counter-title">All rows</span>
      </button>
      {findingMarks.map((mark) => (
        <button
          key={mark}
          type="button"
          className="counter"
          title={markTexts[mark].brief}
          aria-pressed={chosen === mark}
          onClick={() => choose(mark)}
        >
          <span className="counter-count">
            {findings === undefined ? '–' : countText(findings[mark])}{' '}
            <span className="cell-sign" data-mark={mark} aria-hidden="true">
              {markTexts[mark].sign}
            </span>
          </span>
          <span className="counter-title">{markTexts[mark].title}</span>
        </button>
      ))}
    </div>
  )
}

function NoRows({ by, isFiltered }: { by: By; isFiltered: boolean }): ReactNode {
  if (isFiltered) return <Empty title="No record is like that" />
  return by === 'client' ? (
    <Empty title="No client has asked for a scope yet" />
  ) : (
    <Empty title="No record says the role of its user">
      <p>
        Roles are recorded where the policy asks for <code>user.roles</code>, and read from its
        erasable slot.
      </p>
    </Empty>
  )
}
