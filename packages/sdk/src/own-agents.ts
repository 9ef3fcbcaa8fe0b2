// Agents of the exporter's own requests: what goes through them is no deed of the service.
const agents = new WeakSet<object>()

/** Marks an agent as ours, and returns it. */
export function ownAgent<T extends object>(agent: T): T {
  agents.add(agent)
  return agent
}

export function isOwnAgent(agent: unknown): boolean {
  return typeof agent === 'object' && agent !== null && agents.has(agent)
}
