// Why it was refused: what the protocol said, and the reasons behind each of its few words.
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Breakdown } from '../../api/summary.ts'
import { countOf, countText, shareText } from '../parts/numbers.ts'
import { Card } from '../parts/page.tsx'
import { Value } from '../parts/value.tsx'
import { addTerm, termText } from '../query/edit.ts'
import { recordsPath } from '../query/place.tsx'
import { useMeanings } from '../record/meanings.tsx'

const REASON = 'oauth.error.reason'

interface RefusalsProps {
  /** Of what was refused. */
  readonly q: string
  readonly found: Breakdown
}

export function Refusals({ q, found: { groups, total } }: RefusalsProps): ReactNode {
  const told = groups.reduce((sum, { count }) => sum + count, 0)
  return (
    <Card
      title="Why it was refused"
      note={told === total ? undefined : `others in ${countOf(total - told, 'record')}`}
    >
      {groups.length === 0 ? (
        <p className="muted">Nothing was refused in this range.</p>
      ) : (
        <ul className="refusals">
          {groups.map((group) => (
            <Refusal key={group.value} {...{ q, group, total }} />
          ))}
        </ul>
      )}
    </Card>
  )
}

interface RefusalProps {
  readonly q: string
  readonly group: Breakdown['groups'][number]
  readonly total: number
}

function Refusal({ q, group, total }: RefusalProps): ReactNode {
  const meanings = useMeanings()?.get(REASON)
  const { count, parts, value } = group
  const withCode = withValue(q, 'error', value)
  return (
    <li>
      <Link href={recordsPath(withCode)} className="refusal">
        <b className="mono">
          <Value text={value} none="no error code" />
        </b>
        <span className="number">{countText(count)}</span>
        <span className="bar-share number">{shareText(count, total)}</span>
      </Link>
      <ul>
        {parts.map((part) => (
          <li key={part.value}>
            <Link
              href={recordsPath(withValue(withCode, 'reason', part.value))}
              className="refusal-reason"
            >
              <span>
                <Value text={part.value} none="no reason told" />{' '}
                <span className="muted">{meanings?.get(part.value)}</span>
              </span>
              <span className="number">{countText(part.count)}</span>
            </Link>
          </li>
        ))}
      </ul>
    </li>
  )
}

/** Of no value: records without the field. */
function withValue(q: string, field: string, value: string): string {
  return addTerm(q, value === '' ? `-${field}:*` : termText(field, [value]))
}
