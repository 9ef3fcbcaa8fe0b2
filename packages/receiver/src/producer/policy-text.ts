// The policy as people write it: YAML 1.2, of which JSON is a part. Every fault has its place in
// the file. See policy.test.ts.
import { createHash } from 'node:crypto'
import { checkPolicy, type JsonValue, type Policy, type PolicyError } from '@grantlog/record'
import { type Fault, readYaml, type YamlText } from '../yaml.ts'

export interface PolicyText {
  /** As services are told it, and as it is sealed. */
  readonly document: JsonValue
  readonly policy: Policy
}

/** The policy in a text, or all that is wrong with it, in the order of the file; never none. */
export function readPolicyText(text: string): PolicyText | readonly Fault[] {
  const yaml = readYaml(text)
  if (!('value' in yaml)) return yaml
  // An empty file has no value.
  const document = (yaml.value ?? {}) as JsonValue
  const read = checkPolicy(document, sha256)
  if ('hash' in read) return isWhole(text) ? { document, policy: read } : [cutShort(text)]
  const faults = read.map((error) => faultOf(error, yaml))
  return faults.toSorted((a, b) => a.line - b.line || a.column - b.column)
}

/**
 * A part of a YAML file may be a policy, too, with fewer rules. One that a full disk or a broken
 * connection cut short ends within a line, nearly always; JSON is whole or none.
 */
function isWhole(text: string): boolean {
  return text.endsWith('\n') || text.trimStart().startsWith('{')
}

function cutShort(text: string): Fault {
  const lines = text.split('\n')
  const place = { line: lines.length, column: lines.at(-1)!.length + 1 }
  const fix = 'See that all of it is there, and end it with a line break.'
  return { ...place, path: '', what: 'the file ends within a line, as one that was cut short', fix }
}

export function sha256(data: Uint8Array): Uint8Array {
  return createHash('sha256').update(data).digest()
}

function faultOf({ fix, member, pointer, what }: PolicyError, yaml: YamlText): Fault {
  const path = pointer
    .split('/')
    .slice(1)
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
  const place = member === null ? yaml.placeOf(path) : yaml.placeOfKey(path, member)
  const named = pathText(member === null ? path : [...path, member])
  return { ...place, path: named, what, fix: `${fix[0]!.toUpperCase()}${fix.slice(1)}.` }
}

/** `routes[0].scopes[1]`. Keys are shown as far as they are plain: a file can have anything. */
function pathText(path: readonly string[]): string {
  const parts = path.map((name, at) => {
    if (/^\d{1,4}$/.test(name) && at > 0) return `[${name}]`
    const shown = name.replace(/[^ -~]/g, '?').slice(0, 64)
    return at === 0 ? shown : `.${shown}`
  })
  return parts.join('')
}
