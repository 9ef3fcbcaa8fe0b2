// Which attributes records have, by their kind. What is generated must have those that real ones
// have: kept-profile.json holds the real run's. Names of attributes only, no values.
import type { AuditEvent } from '@grantlog/detect'

/** By kind: the sets of names that there are of it, each joined by spaces. */
export type Profile = Readonly<Record<string, readonly string[]>>

/** Role, action, outcome, and what else decides which attributes there are. */
export function kindOf({ attributes }: AuditEvent): string {
  const text = (name: string): string => String(attributes.get(name) ?? '')
  const names = ['oauth.role', 'audit.action', 'audit.outcome', 'oauth.grant.type']
  // A public client is nobody until it has tokens.
  const isToken = text('audit.action') === 'oauth.token'
  const more = isToken ? ['oauth.error.reason', 'oauth.client.type'] : ['oauth.error.reason']
  return [...names, ...more].map(text).join(' ').replace(/\s+/g, ' ').trim()
}

/**
 * Those that depend on what is asked, not on what happened: a query, a scope that the route needs,
 * a key that was fetched before, a privileged route. And what the reader of the log adds.
 */
const optional = new Set([
  ...['url.query', 'url.template', 'oauth.scope.required', 'audit.privileged'],
  ...['oauth.jwks.refetch_reason', 'event.duration_ms', 'audit.level'],
])

export function setOf({ attributes }: AuditEvent): string {
  return [...attributes]
    .flatMap(([name]) => (optional.has(name) ? [] : name))
    .toSorted()
    .join(' ')
}

export function profileOf(events: Iterable<AuditEvent>): Profile {
  const sets = new Map<string, Set<string>>()
  for (const event of events) {
    const kind = kindOf(event)
    sets.set(kind, (sets.get(kind) ?? new Set()).add(setOf(event)))
  }
  const sorted = [...sets].toSorted(([a], [b]) => byText(a, b))
  return Object.fromEntries(sorted.map(([kind, own]) => [kind, [...own].toSorted(byText)]))
}

const byText = (a: string, b: string): number => (a < b ? -1 : 1)
