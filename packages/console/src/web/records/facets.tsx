// What else the records found have in common: each field's most frequent values. A click asks for a
// value, a second one takes it back; the minus beside it, or the Alt key, asks against it.
import { type MouseEvent, type ReactNode, useState } from 'react'
import type { Facet, Facets } from '../../api/summary.ts'
import { useAsk } from '../ask/use-ask.tsx'
import { Icon } from '../parts/icon.tsx'
import { countText } from '../parts/numbers.ts'
import { Problem, Skeleton } from '../parts/states.tsx'
import { Value } from '../parts/value.tsx'
import { visibleText } from '../parts/visible.ts'
import * as edit from '../query/edit.ts'
import { stored } from '../settings/stored.tsx'

const groups = [
  ['outcome', 'Outcome'],
  ['action', 'Action'],
  ['client', 'Client'],
  ['service', 'Service'],
  ['grant', 'Grant type'],
  ['error', 'Error code'],
  ['reason', 'Reason'],
  ['scope', 'Scope'],
  ['status', 'Status'],
  ['route', 'Route'],
  ['user', 'User'],
  ['userrole', 'Role of the user'],
  ['role', 'Role of the service'],
  ['privileged', 'Privileged'],
  ['environment', 'Environment'],
] as const

const TOP = 6
const TOP_WIDE = 50

const closed = stored('facets.closed', (value): readonly string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string') : ['role', 'environment'],
)

interface FacetsProps {
  readonly q: string
  readonly onQuery: (query: string) => void
}

export function FacetList({ q, onQuery }: FacetsProps): ReactNode {
  const fields = groups.map(([field]) => field).join(',')
  const asked = useAsk<Facets>('facets', { q, fields, top: TOP })
  const { data, problem, isStale, reload } = asked
  if (data === undefined) {
    return problem === undefined ? (
      <Skeleton lines={16} />
    ) : (
      <Problem problem={problem} onRetry={reload} />
    )
  }
  return (
    <div className={isStale ? 'facets stale' : 'facets'} aria-busy={isStale}>
      {groups.map(([field, title]) => {
        const facet = data.facets.find((one) => one.field === field)
        return facet === undefined ||
          (facet.values.length === 0 && !edit.hasField(q, field)) ? null : (
          <FacetGroup key={field} {...{ q, onQuery, title, facet }} />
        )
      })}
    </div>
  )
}

interface GroupProps extends FacetsProps {
  readonly title: string
  readonly facet: Facet
}

/** Where values of it are asked for, counted as if they were not: else there is nothing to add. */
function FacetGroup({ q, onQuery, title, facet }: GroupProps): ReactNode {
  const { field } = facet
  const [isWide, setWide] = useState(false)
  const others = edit.hasField(q, field)
  const own = useAsk<Facets>(others || isWide ? 'facets' : null, {
    ...{ q: edit.withoutField(q, field), fields: field, top: isWide ? TOP_WIDE : TOP },
  })
  const shown = (others || isWide ? own.data?.facets[0] : undefined) ?? facet
  const isOpen = !closed.use().includes(field)
  const total = Math.max(1, ...shown.values.map(({ count }) => count))
  if (shown.values.length === 0) return null
  return (
    <section className="facet" aria-label={title}>
      <h2>
        <button
          type="button"
          className="facet-head"
          aria-expanded={isOpen}
          onClick={() => toggleClosed(field)}
        >
          <Icon name={isOpen ? 'down' : 'right'} />
          {title}
        </button>
      </h2>
      {isOpen ? (
        <ul>
          {shown.values.map(({ value, count }) => (
            <FacetValue key={value} {...{ q, onQuery, field, value, count, total }} />
          ))}
        </ul>
      ) : null}
      {isOpen && (shown.more > 0 || isWide) ? (
        <button type="button" className="facet-more" onClick={() => setWide(!isWide)}>
          {isWide ? 'Show fewer' : `${countText(shown.more)} more`}
        </button>
      ) : null}
    </section>
  )
}

function toggleClosed(field: string): void {
  const now = closed.read()
  closed.write(now.includes(field) ? now.filter((one) => one !== field) : [...now, field])
}

interface ValueProps extends FacetsProps {
  readonly field: string
  readonly value: string
  readonly count: number
  readonly total: number
}

function FacetValue({ q, onQuery, field, value, count, total }: ValueProps): ReactNode {
  const stand = edit.standOf(q, field, value)
  const onClick = ({ altKey }: MouseEvent): void =>
    onQuery((altKey ? edit.toggleExclude : edit.toggleFilter)(q, field, value))
  return (
    <li className="facet-value" data-stand={stand ?? undefined}>
      <button type="button" className="facet-pick" aria-pressed={stand === 'in'} onClick={onClick}>
        <span
          className="facet-bar"
          aria-hidden="true"
          style={{ width: `${(100 * count) / total}%` }}
        />
        <span className="facet-name">
          <Value text={value} />
        </span>
        <span className="facet-count number">{countText(count)}</span>
      </button>
      <button
        type="button"
        className="facet-not"
        aria-pressed={stand === 'out'}
        aria-label={`Without ${field} ${visibleText(value)}`}
        title={`Without ${visibleText(value)}`}
        onClick={() => onQuery(edit.toggleExclude(q, field, value))}
      >
        <Icon name="minus" />
      </button>
    </li>
  )
}
