// How much of what happened its record says, by the policy in force (decision 029): what a level
// leaves out goes before anything is hashed, signed or kept. See level.test.ts.
import {
  applyLevel,
  ATTR,
  createDecide,
  createPrivilegedKind,
  type Decide,
  type Policy,
  type PrivilegedKind,
  viewOf,
} from '@grantlog/record'
import type { Description } from '../event.ts'
import type { Facts } from '../facts.ts'
import { describeOptIn } from './opt-in.ts'

interface Ready {
  readonly policy: Policy
  /** null: all is recorded at `standard`, as under a policy that says nothing of levels. */
  readonly decide: Decide | null
  readonly privilegedKind: (action: string) => PrivilegedKind | null
}

let last: Ready | undefined

/** Takes out, or adds, what the policy says; `audit.level` is told where it says anything. */
export function describeLevel(
  { action, attributes }: Description,
  facts: Facts,
  policy: Policy,
): void {
  const { decide, privilegedKind } = readyFor(policy)
  const kind = attributes.has(ATTR.AUDIT_PRIVILEGED) ? null : privilegedKind(action)
  if (kind !== null) attributes.set(ATTR.AUDIT_PRIVILEGED, kind)
  if (decide === null) return
  const decision = decide(viewOf(attributes))
  attributes.set(ATTR.AUDIT_LEVEL, decision.level)
  if (decision.level === 'full') describeOptIn(attributes, facts)
  applyLevel(attributes, decision)
}

/** Made when the policy changes, not for each record. */
function readyFor(policy: Policy): Ready {
  if (last?.policy === policy) return last
  const { audit, level, personal } = policy
  const says = audit.length > 0 || level !== 'standard' || personal !== 'keep'
  const privilegedKind = createPrivilegedKind(policy)
  last = { policy, decide: says ? createDecide(policy) : null, privilegedKind }
  return last
}
