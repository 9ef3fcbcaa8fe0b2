// The page of one finding: what happened, by which rule, the records that show it with their
// proofs, and what people decided.
import type { ReactNode } from 'react'
import { Link, useParams } from 'wouter'
import type { RuleFinding } from '../../api/findings.ts'
import { useAsk } from '../ask/use-ask.tsx'
import { ButtonLink } from '../parts/button.tsx'
import { countOf } from '../parts/numbers.ts'
import { Card, Page } from '../parts/page.tsx'
import { Loaded, Skeleton } from '../parts/states.tsx'
import { Time } from '../parts/time.tsx'
import { Value } from '../parts/value.tsx'
import { visibleText } from '../parts/visible.ts'
import { Fact } from '../record/glance.tsx'
import { LevelBadge, StatusBadge, statusTexts } from './badges.tsx'
import { Decide } from './decide.tsx'

const everyMs = 2_000

export function FindingPage(): ReactNode {
  const { id } = useParams<{ id: string }>()
  const asked = useAsk<RuleFinding>(`findings/${encodeURIComponent(id)}`, {}, { everyMs })
  const title = asked.data === undefined ? 'Finding' : visibleText(asked.data.rule.title)
  return (
    <Page
      title={title}
      actions={
        <ButtonLink to="/findings" icon="left">
          All findings
        </ButtonLink>
      }
    >
      <Loaded asked={asked} skeleton={<Skeleton height={320} />}>
        {(finding) => (
          <div className="finding">
            <div className="finding-column">
              <What finding={finding} />
              <Records finding={finding} />
            </div>
            <div className="finding-column">
              <Decide finding={finding} onDone={asked.reload} />
              <Decisions finding={finding} />
            </div>
          </div>
        )}
      </Loaded>
    </Page>
  )
}

function What({ finding }: { readonly finding: RuleFinding }): ReactNode {
  const { at, group, index, lastAt, rule, silence, status, times, words } = finding
  return (
    <Card title="What happened" note={<LevelBadge level={rule.level} />}>
      <p className="finding-words">{visibleText(words)}</p>
      <dl className="fact-list">
        <Fact name="Status">
          <StatusBadge status={status} />
        </Fact>
        {silence === null ? null : (
          <Fact name="Silenced until">
            <Time ms={silence.until} />
          </Fact>
        )}
        {group.map(([name, value]) => (
          <Fact key={name} name={visibleText(name)}>
            <Value text={value} mono wraps />
          </Fact>
        ))}
        <Fact name="Found">
          <Time ms={at} ago />
        </Fact>
        {times === 1 ? null : (
          <Fact name={`Last of ${countOf(times, 'time')}`}>
            <Time ms={lastAt} ago />
          </Fact>
        )}
        {rule.attack.length === 0 ? null : (
          <Fact name="MITRE ATT&CK">
            {rule.attack.map((one) => (
              <Attack key={one} id={one} />
            ))}
          </Fact>
        )}
        <Fact name="Leaf">
          <Value text={`#${index}`} mono />
        </Fact>
      </dl>
    </Card>
  )
}

/** A technique, or a part of one: `T1550.001`. */
function Attack({ id }: { readonly id: string }): ReactNode {
  const path = id.split('.').map(encodeURIComponent).join('/')
  return (
    <a href={`https://attack.mitre.org/techniques/${path}/`} target="_blank" rel="noreferrer">
      {visibleText(id)}
    </a>
  )
}

function Records({ finding }: { readonly finding: RuleFinding }): ReactNode {
  const { count, records } = finding
  const shown = records.length < count ? `${records.length} of ${count}` : String(count)
  return (
    <Card title="Records that show it" note={shown}>
      {records.length === 0 ? <p className="note">It is about no single record.</p> : null}
      <ol className="finding-records">
        {records.map(({ id, index }) => (
          <li key={id}>
            {index === null ? (
              <Value text={id} mono />
            ) : (
              <>
                <Link href={`/records/${index}`}>Record #{index}</Link>{' '}
                <Link href={`/records/${index}?part=proof`}>Proof of #{index}</Link>
              </>
            )}
          </li>
        ))}
      </ol>
    </Card>
  )
}

function Decisions({ finding }: { readonly finding: RuleFinding }): ReactNode {
  const { changes } = finding
  return (
    <Card title="Decisions">
      {changes.length === 0 ? <p className="note">Nobody has decided anything yet.</p> : null}
      <ol className="finding-records">
        {changes.toReversed().map(({ index, madeAt, note, person, status }) => (
          <li key={index}>
            <strong>{statusTexts[status]}</strong> by <Value text={person} />,{' '}
            <Time ms={madeAt} ago />
            {note === '' ? null : <p className="finding-note">{note}</p>}
          </li>
        ))}
      </ol>
    </Card>
  )
}
