// Whether a record was made as the policy has it: under one that the log knows, and with no less
// in it than the policy asks for.
import { ATTR, createDecide, type Policy } from '@grantlog/record'
import type { AuditEvent } from '../event.ts'
import type { Group, Looked, Sighting } from './look.ts'

/** Whether the log had a policy with this hash before the record. */
export type IsKnownPolicy = (hash: string, event: AuditEvent) => boolean

const order: readonly string[] = ['minimal', 'standard', 'full']

export function createTrail(
  policy: Policy,
  isKnown: IsKnownPolicy,
): (seen: Looked) => readonly Sighting[] {
  const { audit, level, personal } = policy
  const saysLevels = audit.length > 0 || level !== 'standard' || personal !== 'keep'
  const asksRoles = audit.some(({ roles }) => roles.length > 0)
  const decide = createDecide(policy)

  function lowered(seen: Looked): Sighting[] {
    const isSure = seen.isOfPolicy && (!asksRoles || seen.view.roles.length > 0)
    if (!saysLevels || !isSure) return []
    const asked = decide(seen.view).level
    const recorded = seen.text(ATTR.AUDIT_LEVEL) || 'none'
    if (order.indexOf(recorded) >= order.indexOf(asked)) return []
    const words = `recorded at the level ${recorded}, where the policy asks for ${asked}`
    return [{ rule: 'level_lowered', group: serviceOf(seen), words }]
  }

  function unknown(seen: Looked): Sighting[] {
    const hash = seen.text(ATTR.AUDIT_POLICY_HASH)
    if (hash === '' || isKnown(hash, seen.event)) return []
    const group: Group = [...serviceOf(seen), [ATTR.AUDIT_POLICY_HASH, hash]]
    const words = 'made under a policy that was never sealed in this log'
    return [{ rule: 'unknown_policy', group, words }]
  }

  return (seen) => [...lowered(seen), ...unknown(seen)]
}

function serviceOf({ text }: Looked): Group {
  return [[ATTR.AUDIT_PRODUCER_SERVICE, text(ATTR.AUDIT_PRODUCER_SERVICE) || 'unknown']]
}
