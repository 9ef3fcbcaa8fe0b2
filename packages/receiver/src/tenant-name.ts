/** A folder below `tenants/`, and a part of paths: nothing that means more than a name. */
export function isTenantName(name: unknown): boolean {
  return typeof name === 'string' && /^[a-z0-9][a-z0-9-]{0,62}$/.test(name)
}
