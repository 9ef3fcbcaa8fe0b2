// Privileged actions that were done: by whom, and whether by somebody who may.
import { ATTR, createPrivilegedKind, mayDo, type Policy } from '@grantlog/record'
import type { AuditEvent } from '../event.ts'
import { FIELD, type Field } from '../field.ts'
import { whole } from '../reading.ts'
import type { Group, Looked, Sighting } from './look.ts'

export function createPrivileged(policy: Policy): (seen: Looked) => readonly Sighting[] {
  const kindOf = createPrivilegedKind(policy)
  return (seen) => {
    const { event, rule, text, view } = seen
    if (view.outcome !== 'success' || text(ATTR.OAUTH_ROLE) === 'client') return []
    const kind = rule?.privileged ?? kindOf(view.action)
    if (kind === null) return []
    const group: Group = [
      [ATTR.AUDIT_ACTOR_ID, seen.actor ?? 'unknown'],
      [ATTR.AUDIT_PRIVILEGED, kind],
    ]
    const bytes = countIn(event, FIELD.HTTP_RESPONSE_BODY_SIZE)
    const rows = countIn(event, FIELD.AUDIT_RESPONSE_ROWS)
    const amount = { bytes, rows, of: policy.privileged.get(kind) ?? null }
    const words = `of the kind ${kind}`
    const done: Sighting = { rule: 'privileged', group, words, amount }
    if (!seen.hasKnownRoles || mayDo(policy, kind, view.roles)) return [done]
    const needed = amount.of?.roles.join(', ')
    const by = `${words} by somebody who has none of the roles ${needed}`
    return [done, { rule: 'privileged_by_other', group, words: by }]
  }
}

/** Nothing where it is not told, or cannot be. */
function countIn(event: AuditEvent, field: Field): number {
  return Math.max(0, whole(event, field) ?? 0)
}
