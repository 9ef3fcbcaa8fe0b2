// Verifications of the whole log: the last one, and one that is started here and followed.
import { type ReactNode, useEffect, useState } from 'react'
import { Link } from 'wouter'
import type { Integrity, Run } from '../../api/integrity.ts'
import type { Problem as ApiProblem } from '../../api/problem.ts'
import { order } from '../ask/ask.tsx'
import { useAsk } from '../ask/use-ask.tsx'
import { Button } from '../parts/button.tsx'
import { countOf, countText, durationText } from '../parts/numbers.ts'
import { Badge } from '../parts/outcome.tsx'
import { Card } from '../parts/page.tsx'
import { Empty, Problem } from '../parts/states.tsx'
import { type Column, DataTable } from '../parts/table.tsx'
import { Time } from '../parts/time.tsx'
import { Value } from '../parts/value.tsx'
import { visibleText } from '../parts/visible.ts'

const FOLLOWED_MS = 700

interface VerificationProps {
  readonly last: Integrity['lastRun']
  readonly onEnd: () => void
}

export function Verification({ last, onEnd }: VerificationProps): ReactNode {
  const [started, setStarted] = useState<Run>()
  const [problem, setProblem] = useState<ApiProblem>()
  const isLastRunning = last?.state === 'running'
  const id = started?.id ?? (isLastRunning ? last.id : null)
  const [isEnded, setEnded] = useState(false)
  const asked = useAsk<Run>(
    id === null || isEnded ? null : `runs/${encodeURIComponent(id)}`,
    {},
    {
      everyMs: FOLLOWED_MS,
    },
  )
  const followed = asked.data?.id === id ? asked.data : started
  const run = followed ?? last
  const isRunning = run?.state === 'running'
  useEffect(() => {
    if (isEnded || followed === undefined || followed.state === 'running') return
    setEnded(true)
    onEnd()
  }, [followed, isEnded, onEnd])
  const start = async (what: Run['what']): Promise<void> => {
    const answer = await order<Run>('runs', { what })
    setProblem(answer.problem)
    if (answer.data === undefined) return
    setEnded(false)
    setStarted(answer.data)
  }
  return (
    <Card title="Verification" note={run === null ? undefined : <RunBadge run={run} />}>
      {problem === undefined ? null : <Problem problem={problem} />}
      {run === null ? (
        <Empty title="The log has not been verified here yet" />
      ) : (
        <RunView run={run} />
      )}
      <div className="run-ways">
        <Button kind="main" icon="play" onPress={() => void start('tree')} isDisabled={isRunning}>
          Verify the tree
        </Button>
        <Button icon="play" onPress={() => void start('full')} isDisabled={isRunning}>
          Verify everything
        </Button>
        <p className="note">
          The tree: every leaf, tile and checkpoint. Everything: every record, signature and stream
          as well.
        </p>
      </div>
    </Card>
  )
}

const states = {
  running: { tone: 'challenge', text: 'running' },
  passed: { tone: 'good', text: 'self-consistent' },
  failed: { tone: 'failure', text: 'findings' },
  'broken-off': { tone: 'denied', text: 'broken off' },
} as const

function RunBadge({ run }: { readonly run: Run }): ReactNode {
  return <Badge {...states[run.state]} />
}

function RunView({ run }: { readonly run: Run }): ReactNode {
  const { by, done, endedAt, findingsTotal, of, startedAt, state, what } = run
  const kind = what === 'tree' ? 'The tree' : 'Everything'
  return (
    <div className="run">
      <p>
        {kind}, {state === 'running' ? 'since' : 'at'} <Time ms={startedAt} ago />
        {endedAt === null ? '' : `, in ${durationText(endedAt - startedAt)}`}
        {by === '' ? '' : `, by ${visibleText(by)}`}
      </p>
      {state === 'running' ? (
        <div className="run-progress">
          <progress value={done} max={Math.max(of, 1)} aria-label="Progress of the verification" />
          <span className="number">
            {countText(done)} of {countText(of)}
          </span>
        </div>
      ) : (
        <p>
          {state === 'passed' ? 'No problem in ' : `${countOf(findingsTotal, 'finding')} in `}
          {countOf(done, 'leaf', 'leaves')}
          {done < of ? ` of ${countText(of)}` : ''}.
        </p>
      )}
      {state === 'passed' ? (
        <p className="note">
          Whoever holds the log’s key could have rewritten all of it alike. To rule that out,
          compare it with a checkpoint that was kept outside:{' '}
          <code>grantlog verify --seen FILE</code>
        </p>
      ) : null}
      {run.findings.length === 0 ? null : (
        <>
          <DataTable
            label="Findings"
            columns={findingColumns}
            rows={run.findings.map((finding, at) => ({ ...finding, at }))}
            keyOf={({ at }) => at}
            toneOf={() => 'failure'}
            isCards
          />
          {findingsTotal > run.findings.length ? (
            <p className="note">
              The first {countText(run.findings.length)} of {countText(findingsTotal)}: run{' '}
              <code>grantlog verify --json</code> for all.
            </p>
          ) : null}
        </>
      )}
    </div>
  )
}

type Finding = Run['findings'][number] & { readonly at: number }

const findingColumns: readonly Column<Finding>[] = [
  { key: 'code', title: 'Finding', render: ({ code }) => <Value text={code} mono /> },
  { key: 'what', title: 'What', render: ({ what }) => <Value text={what} wraps /> },
  {
    key: 'index',
    title: 'Record',
    isNumber: true,
    render: ({ index }) =>
      index === null ? '–' : <Link href={`/records/${index}`}>{countText(index)}</Link>,
  },
]
