// Which findings are listed, and in which order. See view.test.ts.
import type { FindingLevel, FindingStatus } from '@grantlog/ledger'
import { levels } from '../detection.ts'
import type { FindingState, SilenceState } from '../finding-state.ts'
import type { FindingsView } from './view.ts'

export interface FindingFilter {
  /** Empty or absent: whatever. */
  readonly status?: readonly FindingStatus[] | undefined
  /** At least so bad. */
  readonly level?: FindingLevel | undefined
  readonly rule?: string | undefined
  /** Those that a silence is about, too; default false. */
  readonly silenced?: boolean | undefined
}

export interface ListedFinding extends FindingState {
  readonly silence: SilenceState | null
}

/** The newest first, by when it was found last. */
export function listFindings(
  view: FindingsView,
  { level, rule, silenced = false, status = [] }: FindingFilter,
  now: number,
): ListedFinding[] {
  const least = level === undefined ? 0 : levels.indexOf(level)
  return Array.from(view.findings, (one) => ({ ...one, silence: view.silenceOf(one, now) ?? null }))
    .filter((one) => status.length === 0 || status.includes(one.status))
    .filter((one) => levels.indexOf(one.rule.level) >= least)
    .filter((one) => rule === undefined || rule === '' || one.rule.id === rule)
    .filter((one) => silenced || one.silence === null)
    .toSorted((a, b) => b.lastAt - a.lastAt || b.index - a.index)
}
