// What a run came to: its state, its progress, what it found.
import type { ReactNode } from 'react'
import { Link } from 'wouter'
import type { Run } from '../../api/integrity.ts'
import { countOf, countText, durationText } from '../parts/numbers.ts'
import { Badge } from '../parts/outcome.tsx'
import { type Column, DataTable } from '../parts/table.tsx'
import { Time } from '../parts/time.tsx'
import { Value } from '../parts/value.tsx'
import { visibleText } from '../parts/visible.ts'

const states = {
  running: { tone: 'challenge', text: 'running' },
  passed: { tone: 'good', text: 'self-consistent' },
  failed: { tone: 'failure', text: 'findings' },
  incomplete: { tone: 'denied', text: 'incomplete' },
  'broken-off': { tone: 'denied', text: 'broken off' },
} as const

export function RunBadge({ run }: { readonly run: Run }): ReactNode {
  const { what, state } = run
  if (what !== 'comparison') return <Badge {...states[state]} />
  const text = { passed: 'agrees', failed: 'differs' }[state as string]
  return <Badge {...states[state]} {...(text === undefined ? {} : { text })} />
}

interface RunViewProps {
  readonly run: Run
  /** What is counted: `leaf`, `leaves`. */
  readonly unit: readonly [one: string, many: string]
  /** The command that tells all findings. */
  readonly command: string
  readonly children?: ReactNode
}

export function RunView({ children, command, run, unit }: RunViewProps): ReactNode {
  const { by, endedAt, findingsTotal, startedAt, state } = run
  return (
    <div className="run">
      <p>
        {nameOf(run)}, {state === 'running' ? 'since' : 'at'} <Time ms={startedAt} ago />
        {endedAt === null ? '' : `, in ${durationText(endedAt - startedAt)}`}
        {by === '' ? '' : `, by ${visibleText(by)}`}
      </p>
      {state === 'running' ? <Progress run={run} /> : <p>{cameTo(run, unit)}</p>}
      {children}
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
              <code>{command}</code> for all.
            </p>
          ) : null}
        </>
      )}
    </div>
  )
}

function nameOf({ service, what }: Run): ReactNode {
  if (what === 'tree') return 'The tree'
  if (what === 'full') return 'Everything'
  return service === '' ? 'The streams of all services' : <Value text={service} />
}

function Progress({ run: { done, of, what } }: { readonly run: Run }): ReactNode {
  const label = `Progress of the ${what === 'comparison' ? 'comparison' : 'verification'}`
  return (
    <div className="run-progress">
      {of === 0 ? (
        <progress aria-label={label} />
      ) : (
        <progress value={done} max={of} aria-label={label} />
      )}
      <span className="number">
        {of === 0 ? 'reading' : `${countText(done)} of ${countText(of)}`}
      </span>
    </div>
  )
}

function cameTo(
  { done, findingsTotal, of, state, what }: Run,
  [one, many]: RunViewProps['unit'],
): string {
  const looked = `${countOf(done, one, many)}${done < of ? ` of ${countText(of)}` : ''}`
  // Of streams that have not told yet what they have counted.
  if (what === 'comparison' && state === 'passed' && done === 0) {
    return 'No stream has said yet how many records it has emitted.'
  }
  if (state === 'incomplete') return `Too little was there to compare: ${looked}.`
  return state === 'passed'
    ? `No problem in ${looked}.`
    : `${countOf(findingsTotal, 'finding')} in ${looked}.`
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
