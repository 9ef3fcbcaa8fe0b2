// Above the lineage: what each refresh token that came again gave away.
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Reuse } from '../../api/lineage.ts'
import { Icon } from '../parts/icon.tsx'
import { Time } from '../parts/time.tsx'
import { visibleText } from '../parts/visible.ts'
import { type Phrase, theftOf } from './theft.ts'

/** More are in the graph, and would push it out of sight. */
const shownMax = 3

export function GaveAway({ reuses }: { readonly reuses: readonly Reuse[] }): ReactNode {
  if (reuses.length === 0) return null
  const rest = reuses.length - shownMax
  return (
    <section className="theft" aria-label="What reused tokens gave away">
      <Icon name="warning" />
      <div>
        {reuses.slice(0, shownMax).map((reuse) => (
          <p key={reuse.index}>
            {theftOf(reuse).map((phrase, n) => (
              <Said key={n} phrase={phrase} />
            ))}
          </p>
        ))}
        <p className="muted">
          {rest > 0 ? `${rest} more tokens came again; they are in the graph. ` : ''}
          Which of those who had it is the thief no record can say: all of it counts.
        </p>
      </div>
    </section>
  )
}

function Said({ phrase }: { readonly phrase: Phrase }): ReactNode {
  const { at = '', index, isAlarm = false, text } = phrase
  const words = isAlarm ? <strong className="alarm">{visibleText(text)}</strong> : visibleText(text)
  if (index === undefined) return words
  return (
    <>
      <Link href={`/records/${index}`}>{words}</Link>
      {at === '' ? null : (
        <>
          {' '}
          at <Time ms={Date.parse(at)} clock />
        </>
      )}
    </>
  )
}
