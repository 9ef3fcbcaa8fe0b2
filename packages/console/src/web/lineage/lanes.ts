// Lanes: a service in one of its roles, each. Clients stand left, who issues in the middle, APIs
// right. See layout.test.ts.
import type { DrawnNode } from './fold.ts'

export interface Lane {
  readonly service: string
  readonly role: string
}

const roles: readonly string[] = ['client', 'authorization_server', 'resource_server']

const roleWords: Readonly<Record<string, string>> = {
  client: 'client',
  authorization_server: 'authorization server',
  resource_server: 'API',
}

/** Those with a node; of one role in the order in which they come up. */
export function lanesOf(nodes: readonly DrawnNode[]): Lane[] {
  const lanes = new Map(nodes.map(({ node }) => [laneKey(node), node]))
  return Array.from(lanes.values(), ({ role, service }) => ({ service, role })).toSorted(
    (a, b) => rankOf(a.role) - rankOf(b.role),
  )
}

export function laneKey({ role, service }: Lane): string {
  return JSON.stringify([role, service])
}

export function roleWord(role: string): string {
  return roleWords[role] ?? role.replaceAll('_', ' ')
}

/** Roles that nobody has named yet stand at the end. */
function rankOf(role: string): number {
  const rank = roles.indexOf(role)
  return rank < 0 ? roles.length : rank
}
