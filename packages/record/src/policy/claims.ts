// Roles in the claims of a token. Claims have whatever types their writer gave them: only texts,
// and lists of them, are roles; numbers of both are bounded. See presets.test.ts.
import { policyItemsMax } from '../limits.ts'
import type { ClaimPath } from './presets.ts'

/** The roles at some paths, in their order, `max` at most. */
export function rolesIn(
  claims: unknown,
  paths: readonly ClaimPath[],
  max: number = policyItemsMax,
): string[] {
  const roles: string[] = []
  for (const path of paths) {
    for (const value of valuesAt(claims, path, max)) {
      if (!Array.isArray(value)) addRole(roles, value)
      else for (let i = 0; i < value.length && i < max; i++) addRole(roles, value[i])
    }
  }
  return roles.length > max ? roles.slice(0, max) : roles
}

function addRole(roles: string[], value: unknown): void {
  if (typeof value === 'string' && value !== '') roles.push(value)
}

/** Mostly one; where a path has null, those of each member. */
function valuesAt(claims: unknown, path: ClaimPath, max: number): readonly unknown[] {
  let values: readonly unknown[] = [claims]
  for (const name of path) {
    if (name !== null && values.length === 1) {
      const only = values[0]
      if (!hasOwn(only, name)) return []
      values = [only[name]]
    } else {
      const found = values.flatMap((value) => membersOf(value, name, max))
      values = found.slice(0, max)
    }
  }
  return values
}

function membersOf(value: unknown, name: string | null, max: number): readonly unknown[] {
  if (name !== null) return hasOwn(value, name) ? [value[name]] : []
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return []
  return Object.values(value as Readonly<Record<string, unknown>>).slice(0, max)
}

/** Own members alone: a prototype's names are no claims. A pointer's number is an item's place. */
function hasOwn(value: unknown, name: string): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
}
