// Privileged actions that were done: by whom, and whether by somebody who may.
import { ATTR, createPrivilegedKind, mayDo, type Policy } from '@grantlog/record'
import type { AuditEvent } from '../event.ts'
import { FIELD, type Field } from '../field.ts'
import { whole } from '../reading.ts'
import type { Group, Looked, Sighting } from './look.ts'

export interface Privileged {
  readonly sightings: readonly Sighting[]
  /** The policy names roles for it, and nobody knows those of who did it, such as a machine's. */
  readonly isUnjudged: boolean
}

const nothing: Privileged = { sightings: [], isUnjudged: false }

export function createPrivileged(policy: Policy): (seen: Looked) => Privileged {
  const kindOf = createPrivilegedKind(policy)
  return (seen) => {
    const { event, rule, text, view } = seen
    if (view.outcome !== 'success' || text(ATTR.OAUTH_ROLE) === 'client') return nothing
    const kind = rule?.privileged ?? kindOf(view.action)
    if (kind === null) return nothing
    const group: Group = [
      [ATTR.AUDIT_ACTOR_ID, seen.actor ?? 'unknown'],
      [ATTR.AUDIT_PRIVILEGED, kind],
    ]
    const bytes = countIn(event, FIELD.HTTP_RESPONSE_BODY_SIZE)
    const rows = countIn(event, FIELD.AUDIT_RESPONSE_ROWS)
    const amount = { bytes, rows, of: policy.privileged.get(kind) ?? null }
    const words = `of the kind ${kind}`
    const done: Sighting = { rule: 'privileged', group, words, amount }
    if (mayDo(policy, kind, view.roles)) return { sightings: [done], isUnjudged: false }
    if (!seen.hasKnownRoles) return { sightings: [done], isUnjudged: true }
    const needed = amount.of?.roles.join(', ')
    const by = `${words} by somebody who has none of the roles ${needed}`
    const byOther: Sighting = { rule: 'privileged_by_other', group, words: by }
    return { sightings: [done, byOther], isUnjudged: false }
  }
}

/** Nothing where it is not told, or cannot be. */
function countIn(event: AuditEvent, field: Field): number {
  return Math.max(0, whole(event, field) ?? 0)
}
