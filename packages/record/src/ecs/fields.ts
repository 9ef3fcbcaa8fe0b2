// What documents of both kinds are made of: fields with dotted names, nested at the end.
import type { JsonValue } from '../span.ts'
import { isIp } from './ip.ts'

/** Objects nested by the dots of field names; leaves are strings, numbers, booleans, lists. */
export interface EcsDocument {
  readonly [name: string]: JsonValue
}

export type Leaf = string | number | boolean | readonly string[]
export type Field = readonly [name: string, value: Leaf | undefined]

/** Names by their parts: there are few, and splitting them was most of the work. */
const paths = new Map<string, readonly string[]>()

/** ECS wants an address once more, by what it is; its detections look for `source.ip`. */
export function addressFields(address: string | undefined): Field[] {
  if (address === undefined || !isIp(address)) return []
  return [
    ['client.ip', address],
    ['source.ip', address],
  ]
}

/** A JSON number while every reader takes it for the same one, else its decimal digits. */
export function integer(value: bigint): number | string {
  const safe = value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
  return safe ? Number(value) : value.toString()
}

/** RFC 3339 in UTC, always with six digits of microseconds, which is what records have. */
export function rfc3339(unixNano: bigint): string {
  const micros = unixNano / 1_000n
  const whole = new Date(Number(micros / 1_000n)).toISOString().slice(0, -1)
  return `${whole}${(micros % 1_000n).toString().padStart(3, '0')}Z`
}

interface Branch {
  [name: string]: JsonValue | Branch
}

/** No name is the namespace of another: document.test.ts holds for all of them together. */
export function nest(fields: readonly Field[]): EcsDocument {
  const root: Branch = {}
  for (const [name, value] of fields) {
    if (value === undefined) continue
    const path = pathOf(name)
    const last = path.length - 1
    let branch = root
    for (let at = 0; at < last; at++) branch = (branch[path[at]!] ??= {}) as Branch
    branch[path[last]!] = value
  }
  return root as EcsDocument
}

function pathOf(name: string): readonly string[] {
  const known = paths.get(name)
  if (known !== undefined) return known
  const path = name.split('.')
  paths.set(name, path)
  return path
}
