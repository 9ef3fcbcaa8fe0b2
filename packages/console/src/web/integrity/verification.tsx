// Verifications of the whole log: the last one, and one that is started here.
import type { ReactNode } from 'react'
import type { Integrity } from '../../api/integrity.ts'
import { Button } from '../parts/button.tsx'
import { Card } from '../parts/page.tsx'
import { Empty, Problem } from '../parts/states.tsx'
import { useRun } from './use-run.tsx'
import { RunBadge, RunView } from './run-view.tsx'

interface VerificationProps {
  readonly last: Integrity['lastRun']
  readonly standing: Integrity['standing']
  readonly onEnd: () => void
}

export function Verification({ last, onEnd, standing }: VerificationProps): ReactNode {
  const { isRunning, problem, run, start } = useRun('runs', last, onEnd)
  const isRefuted = standing?.state !== 'failed' || standing.id === run?.id
  return (
    <Card title="Verification" note={run === null ? undefined : <RunBadge run={run} />}>
      {problem === undefined ? null : <Problem problem={problem} />}
      {run === null ? (
        <Empty title="The log has not been verified here yet" />
      ) : (
        <RunView run={run} unit={['leaf', 'leaves']} command="grantlog verify --json">
          {run.state === 'passed' ? (
            <p className="note">
              Whoever holds the log’s key could have rewritten all of it alike. To rule that out,
              compare it with a checkpoint that was kept outside:{' '}
              <code>grantlog verify --seen FILE</code>
            </p>
          ) : null}
        </RunView>
      )}
      {isRefuted ? null : (
        <>
          <h3>Found before, and not refuted since</h3>
          <RunView run={standing} unit={['leaf', 'leaves']} command="grantlog verify --json" />
        </>
      )}
      <div className="run-ways">
        <Button
          kind="main"
          icon="play"
          onPress={() => start({ what: 'tree' })}
          isDisabled={isRunning}
        >
          Verify the tree
        </Button>
        <Button icon="play" onPress={() => start({ what: 'full' })} isDisabled={isRunning}>
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
