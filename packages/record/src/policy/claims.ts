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
      const items: readonly unknown[] = Array.isArray(value) ? value.slice(0, max) : [value]
      for (const item of items) {
        if (typeof item === 'string' && item !== '') roles.push(item)
      }
    }
  }
  return roles.slice(0, max)
}

/** Mostly one; where a path has null, those of each member. */
function valuesAt(claims: unknown, path: ClaimPath, max: number): readonly unknown[] {
  let values: readonly unknown[] = [claims]
  for (const name of path) {
    const found = values.flatMap((value) => membersOf(value, name, max))
    values = found.slice(0, max)
  }
  return values
}

/** Own members alone: a prototype's names are no claims. A pointer's number is an item's place. */
function membersOf(value: unknown, name: string | null, max: number): readonly unknown[] {
  if (typeof value !== 'object' || value === null) return []
  const object = value as Readonly<Record<string, unknown>>
  if (name !== null) return Object.hasOwn(object, name) ? [object[name]] : []
  return Array.isArray(value) ? [] : Object.values(object).slice(0, max)
}
