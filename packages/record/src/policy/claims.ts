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
  for (let at = 0; at < paths.length; at++) {
    const path = paths[at]!
    if (path.includes(null)) valuesAt(claims, path, max).forEach((value) => add(roles, value, max))
    else add(roles, valueAt(claims, path), max)
  }
  return roles.length > max ? roles.slice(0, max) : roles
}

/** A role, or a list of them. */
function add(roles: string[], value: unknown, max: number): void {
  if (!Array.isArray(value)) return addRole(roles, value)
  for (let i = 0; i < value.length && i < max; i++) addRole(roles, value[i])
}

function addRole(roles: string[], value: unknown): void {
  if (typeof value === 'string' && value !== '') roles.push(value)
}

/** Of a path of names alone, as most are: nothing is made for it. */
function valueAt(claims: unknown, path: ClaimPath): unknown {
  let value = claims
  for (let at = 0; at < path.length; at++) {
    const name = path[at]!
    if (!hasOwn(value, name)) return undefined
    value = value[name]
  }
  return value
}

/** Where a path has null, those of each member. */
function valuesAt(claims: unknown, path: ClaimPath, max: number): readonly unknown[] {
  let values: readonly unknown[] = [claims]
  for (const name of path) {
    values = values.flatMap((value) => membersOf(value, name, max)).slice(0, max)
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
