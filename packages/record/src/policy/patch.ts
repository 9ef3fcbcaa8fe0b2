// What changed between two JSON documents, as a JSON Patch (RFC 6902): applied to the first it
// gives the second. Small, not the smallest: of lists what is the same at both ends stays, and the
// items between are compared by their places. Linear. See patch.test.ts, where another
// implementation applies it.
import { isObject, jcs } from '../canonical/jcs.ts'
import type { JsonValue } from '../span.ts'
import { below, type JsonObject } from './faults.ts'

export type Operation =
  | { readonly op: 'add' | 'replace'; readonly path: string; readonly value: JsonValue }
  | { readonly op: 'remove'; readonly path: string }

export function patchOf(before: JsonValue, after: JsonValue, at = ''): Operation[] {
  if (isSame(before, after)) return []
  if (isList(before) && isList(after)) return listPatch(before, after, at)
  if (isObject(before) && isObject(after)) return objectPatch(before, after, at)
  return [{ op: 'replace', path: at, value: after }]
}

function objectPatch(before: JsonObject, after: JsonObject, at: string): Operation[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort()
  return names.flatMap((name): Operation[] => {
    const path = below(at, name)
    if (!Object.hasOwn(after, name)) return [{ op: 'remove', path }]
    if (!Object.hasOwn(before, name)) return [{ op: 'add', path, value: after[name]! }]
    return patchOf(before[name]!, after[name]!, path)
  })
}

function listPatch(before: List, after: List, at: string): Operation[] {
  const shorter = Math.min(before.length, after.length)
  let first = 0
  while (first < shorter && isSame(before[first]!, after[first]!)) first++
  let last = 0
  while (last < shorter - first && isSame(before.at(-1 - last)!, after.at(-1 - last)!)) last++
  const both = shorter - first - last
  const operations: Operation[] = []
  for (let i = first; i < first + both; i++) {
    operations.push(...patchOf(before[i]!, after[i]!, `${at}/${i}`))
  }
  const place = first + both
  for (let i = place; i < before.length - last; i++) {
    operations.push({ op: 'remove', path: `${at}/${place}` })
  }
  for (let i = place; i < after.length - last; i++) {
    operations.push({ op: 'add', path: `${at}/${i}`, value: after[i]! })
  }
  return operations
}

type List = readonly JsonValue[]

function isList(value: JsonValue): value is List {
  return Array.isArray(value)
}

function isSame(one: JsonValue, other: JsonValue): boolean {
  return one === other || jcs(one) === jcs(other)
}
