// What stands where data would: still loading, none of it, or why it cannot be had.
import type { ReactNode } from 'react'
import type { Problem as ApiProblem } from '../../api/problem.ts'
import type { Asked } from '../ask/use-ask.tsx'
import { Button } from './button.tsx'
import { isAway } from '../io/request.ts'
import { Icon } from './icon.tsx'
import { Time } from './time.tsx'
import { sentence, visibleText } from './visible.ts'

/** Lines as high as what comes, so that nothing jumps. */
export function Skeleton({ lines = 4, height }: { lines?: number; height?: number }): ReactNode {
  return (
    <div className="skeleton" role="status" aria-label="Loading" aria-busy="true">
      {height === undefined ? (
        Array.from({ length: lines }, (_, line) => <div key={line} className="bone" />)
      ) : (
        <div className="bone" style={{ height }} />
      )}
    </div>
  )
}

interface EmptyProps {
  readonly title: string
  /** What to do. */
  readonly children?: ReactNode
}

export function Empty({ title, children }: EmptyProps): ReactNode {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children === undefined ? null : <div className="empty-body">{children}</div>}
    </div>
  )
}

interface ProblemProps {
  readonly problem: ApiProblem
  readonly onRetry?: () => void
}

export function Problem({ problem, onRetry }: ProblemProps): ReactNode {
  const { code, title, detail, fix } = problem
  return (
    <div className="problem" role="alert">
      <p className="problem-title">
        <Icon name="warning" /> {sentence(title)}
      </p>
      {detail === undefined ? null : <p>{sentence(detail)}</p>}
      {fix === undefined ? null : <p>{sentence(fix)}</p>}
      <p className="problem-foot">
        <code>{visibleText(code)}</code>
        {onRetry === undefined ? null : (
          <Button icon="reload" onPress={onRetry}>
            Retry
          </Button>
        )}
      </p>
    </div>
  )
}

interface LoadedProps<T> {
  readonly asked: Asked<T>
  readonly skeleton?: ReactNode
  readonly children: (data: T) => ReactNode
}

/**
 * The data, dimmed while it answers an earlier question, and with its time where it could not be
 * renewed; else the state it is in. That nobody answers says the banner at the top.
 */
export function Loaded<T>({ asked, skeleton, children }: LoadedProps<T>): ReactNode {
  const { at, data, isStale, problem, reload } = asked
  if (data === undefined) {
    return problem === undefined ? (
      (skeleton ?? <Skeleton />)
    ) : (
      <Problem problem={problem} onRetry={reload} />
    )
  }
  if (isStale && problem !== undefined) return <Problem problem={problem} onRetry={reload} />
  return (
    <div className={isStale ? 'stale' : undefined} aria-busy={isStale}>
      {problem === undefined || isAway(problem) ? null : (
        <p className="note renewed" role="status">
          <Icon name="warning" /> As it was{' '}
          {at === undefined ? null : (
            <>
              at <Time ms={at} clock />
            </>
          )}
          , for it could not be renewed: {sentence(problem.title)}{' '}
          <code>{visibleText(problem.code)}</code>
        </p>
      )}
      {children(data)}
    </div>
  )
}
