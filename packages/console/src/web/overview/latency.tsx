// How long each operation takes: half of them, all but a twentieth, all but a hundredth.
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Latency } from '../../api/summary.ts'
import { countText } from '../parts/numbers.ts'
import { Duration } from '../parts/time.tsx'
import { Value } from '../parts/value.tsx'
import { narrowTo } from '../query/edit.ts'
import { recordsPath } from '../query/place.tsx'

interface LatencyProps {
  readonly q: string
  readonly latency: Latency
}

export function LatencyTable({ q, latency }: LatencyProps): ReactNode {
  const longest = Math.max(1, ...latency.groups.map(({ p99Ms }) => p99Ms))
  // A login waits for a person: on a plain scale nothing else would be seen.
  const width = (ms: number): string =>
    `${Math.min(100, (100 * Math.log1p(ms)) / Math.log1p(longest))}%`
  return (
    <div
      className="table-box plain-box"
      role="group"
      aria-label="Latency by operation"
      tabIndex={0}
    >
      <table className="table latency">
        <thead>
          <tr>
            <th scope="col">Operation</th>
            <th scope="col" className="latency-bars">
              <span className="unseen">Bars</span>
            </th>
            {['p50', 'p95', 'p99', 'Longest', 'Records'].map((title) => (
              <th key={title} scope="col" className="number">
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {latency.groups.map(({ value, count, p50Ms, p95Ms, p99Ms, maxMs }) => (
            <tr key={value}>
              <td>
                <Link href={recordsPath(narrowTo(q, 'action', value))} className="cell-link">
                  <Value text={value} />
                </Link>
              </td>
              <td className="latency-bars" aria-hidden="true">
                <span className="latency-track">
                  <span className="latency-p99" style={{ width: width(p99Ms) }} />
                  <span className="latency-p95" style={{ width: width(p95Ms) }} />
                  <span className="latency-p50" style={{ width: width(p50Ms) }} />
                </span>
              </td>
              {[p50Ms, p95Ms, p99Ms, maxMs].map((ms, at) => (
                <td key={at} className="number">
                  <Duration ms={ms} />
                </td>
              ))}
              <td className="number">{countText(count)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
