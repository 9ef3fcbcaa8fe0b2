// Findings that nobody has decided on yet, the newest of those that matter.
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Findings } from '../../api/findings.ts'
import { useAsk } from '../ask/use-ask.tsx'
import { LevelBadge } from '../findings/badges.tsx'
import { countOf } from '../parts/numbers.ts'
import { Card } from '../parts/page.tsx'
import { Problem } from '../parts/states.tsx'
import { Ago } from '../parts/time.tsx'
import { Value } from '../parts/value.tsx'

const refreshMs = 10_000
const shownMax = 5

/** Nothing where nothing waits. */
export function ToDecide(): ReactNode {
  const params = { status: 'undecided', level: 'medium' }
  const { data, problem, reload } = useAsk<Findings>('findings', params, { everyMs: refreshMs })
  if (data === undefined) {
    return problem === undefined ? null : <Problem problem={problem} onRetry={reload} />
  }
  if (data.total === 0) return null
  const shown = data.findings.slice(0, shownMax)
  const all = data.total > shown.length ? `All ${countOf(data.total, 'finding')}` : 'Findings'
  return (
    <Card title="To decide" note={<Link href="/findings?level=medium">{all}</Link>}>
      <ul className="to-decide">
        {shown.map(({ id, lastAt, rule }) => (
          <li key={id}>
            <LevelBadge level={rule.level} />
            <Link href={`/findings/${id}`}>
              <Value text={rule.title} wraps />
            </Link>
            <Ago ms={lastAt} />
          </li>
        ))}
      </ul>
    </Card>
  )
}
