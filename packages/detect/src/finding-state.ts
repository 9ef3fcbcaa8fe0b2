// A finding as its leaves make it: what was found, how often, and what people decided.
import type { FindingGroup, FindingRecord, FindingRule, FindingStatus } from '@grantlog/ledger'

/** Somebody's decision. */
export interface FindingDecision {
  readonly status: FindingStatus
  readonly note: string
  readonly person: string
  /** Unix ms, by the clock of who decided; and its leaf. */
  readonly madeAt: number
  readonly index: number
}

/** The state of a finding. Times are Unix ms. */
export interface FindingState {
  readonly id: string
  /** Its leaf. */
  readonly index: number
  readonly rule: FindingRule
  readonly group: FindingGroup
  readonly words: string
  /** Event time: of the first time it was found, and of the last. */
  readonly at: number
  readonly lastAt: number
  readonly madeAt: number
  /** How often it was found, as far as that was told; and records of the last time. */
  readonly times: number
  readonly count: number
  readonly records: readonly FindingRecord[]
  readonly status: FindingStatus
  /** The newest last. */
  readonly changes: readonly FindingDecision[]
}

export interface SilenceState {
  readonly id: string
  /** Empty: of all rules. */
  readonly rule: string
  readonly group: FindingGroup
  readonly until: number
  readonly note: string
  readonly person: string
  readonly madeAt: number
  readonly index: number
}

/** Whether a silence is about a finding: its rule, and all of its group's members. */
export function isSilencedBy(
  { group, rule }: Pick<FindingState, 'group'> & { readonly rule: { readonly id: string } },
  silence: Pick<SilenceState, 'group' | 'rule'>,
): boolean {
  if (silence.rule !== '' && silence.rule !== rule.id) return false
  return silence.group.every(([name, value]) =>
    group.some((pair) => pair[0] === name && pair[1] === value),
  )
}
