// Records against what else is known of a system's activity: what was sealed, and a comparison that
// is started here.
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Integrity } from '../../api/integrity.ts'
import { Button } from '../parts/button.tsx'
import { countText } from '../parts/numbers.ts'
import { Badge } from '../parts/outcome.tsx'
import { Card } from '../parts/page.tsx'
import { Empty, Problem } from '../parts/states.tsx'
import { type Column, DataTable } from '../parts/table.tsx'
import { AgoCell } from '../parts/time.tsx'
import { Value } from '../parts/value.tsx'
import { visibleText } from '../parts/visible.ts'
import { searchPath } from '../record/search.ts'
import { useRun } from './use-run.tsx'
import { RunBadge, RunView } from './run-view.tsx'

interface ComparisonProps {
  readonly integrity: Integrity
  readonly onEnd: () => void
}

export function Comparison({ integrity, onEnd }: ComparisonProps): ReactNode {
  const { comparable, lastComparison, validations } = integrity
  const { isRunning, problem, run, start } = useRun('comparisons', lastComparison, onEnd)
  return (
    <Card
      title="Compared with other knowledge"
      note={run === null ? 'streams’ counters and access logs' : <RunBadge run={run} />}
    >
      {problem === undefined ? null : <Problem problem={problem} />}
      {run === null ? null : (
        <RunView run={run} unit={['record', 'records']} command="grantlog reconcile --json" />
      )}
      {validations.length === 0 ? (
        run === null && <Empty title="Nothing was compared yet" />
      ) : (
        <DataTable
          label="Sealed comparisons"
          columns={validationColumns}
          rows={validations}
          keyOf={({ index }) => index}
          isCards
        />
      )}
      <div className="run-ways">
        {comparable.map((service) => (
          <Button
            key={service}
            icon="play"
            onPress={() => start({ service })}
            isDisabled={isRunning}
          >
            {service === '' ? 'Compare all streams' : `Compare ${visibleText(service)}`}
          </Button>
        ))}
        <p className="note">
          Streams say how many records they have emitted. To compare requests as well, give the
          receiver an access log: <code>--reconcile api=/var/log/nginx/access.log</code>
        </p>
      </div>
    </Card>
  )
}

type Validation = Integrity['validations'][number]

const verdicts: Readonly<Record<string, 'good' | 'failure' | 'denied'>> = {
  agrees: 'good',
  differs: 'failure',
  incomplete: 'denied',
}

const validationColumns: readonly Column<Validation>[] = [
  {
    key: 'verdict',
    title: 'Verdict',
    render: ({ verdict }) => <Badge tone={verdicts[verdict] ?? 'plain'} text={verdict} />,
  },
  {
    key: 'service',
    title: 'Service',
    render: ({ service }) =>
      service === '' ? (
        'all'
      ) : (
        <Link href={searchPath(['service', service])}>{visibleText(service)}</Link>
      ),
  },
  { key: 'at', title: 'When', render: ({ at }) => <AgoCell ms={at} /> },
  {
    key: 'brief',
    title: 'What came of it',
    render: ({ brief }) => <Value text={brief} wraps />,
  },
  { key: 'index', title: 'Leaf', isNumber: true, render: ({ index }) => countText(index) },
]
