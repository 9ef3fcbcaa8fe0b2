// Values with how often each occurs, the bar behind the name, most frequent first.
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import { countText, shareText } from './numbers.ts'
import { Value } from './value.tsx'

export interface Bar {
  readonly value: string
  readonly count: number
  readonly to: string
  /** Of an outcome. */
  readonly tone?: string | undefined
}

interface BarsProps {
  readonly bars: readonly Bar[]
  /** What 100 % is. */
  readonly total: number
}

export function Bars({ bars, total }: BarsProps): ReactNode {
  const most = Math.max(1, ...bars.map(({ count }) => count))
  return (
    <ul className="bars">
      {bars.map(({ value, count, to, tone }) => (
        <li key={value}>
          <Link href={to} className="bar" title={`${countText(count)}, ${shareText(count, total)}`}>
            <span className="bar-name">
              <Value text={value} />
            </span>
            <span className="bar-count number">{countText(count)}</span>
            <span className="bar-share number">{shareText(count, total)}</span>
            <span className="bar-track" aria-hidden="true">
              <span
                className="bar-fill"
                data-tone={tone}
                style={{ width: `${(100 * count) / most}%` }}
              />
            </span>
          </Link>
        </li>
      ))}
    </ul>
  )
}
