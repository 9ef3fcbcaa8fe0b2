// Reads the attribute registry, packages/record/registry/*.yaml, and refuses what it must not hold.
// Format: OpenTelemetry semantic-convention registry; `annotations.grantlog` is checked here too.
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'yaml'

export const slots = ['user', 'actor', 'target', 'pseudonym', 'network', 'request'] as const

/** The files in the order in which everything generated tells them. */
const files = ['audit.yaml', 'oauth.yaml', 'reused.yaml', 'machinery.yaml']
/** Longest string value of a record, in bytes: FORMAT.md 1.2. */
const maxValueBytes = 1024

export interface Member {
  value: string
  brief: string
}

export interface Attribute {
  name: string
  /** `any` stands for OTLP bytes and is only for attributes that are not covered. */
  type: 'string' | 'int' | 'boolean' | 'any'
  /** Known values; empty if there are too many to tell. */
  members: Member[]
  /** Whether other values than the members are to be expected. */
  open: boolean
  brief: string
  note: string
  stability: string
  examples: string[]
  slot: (typeof slots)[number] | null
  since: number
  rfc: string
  covered: boolean
  /** Whether a string value is a list: FORMAT.md 1.2. */
  list: boolean
}

export interface Group {
  name: string
  brief: string
  attributes: Attribute[]
}

export interface Registry {
  version: number
  groups: Group[]
}

/** Everything wrong with the registry, one line each. */
export class RegistryError extends Error {
  readonly code = 'REGISTRY_INVALID'
}

/** A YAML mapping. */
type Node = Record<string, unknown>
type Complain = (problem: string) => void

/**
 * The registry in a folder.
 * @throws RegistryError naming every problem
 */
export function readRegistry(folder: string): Registry {
  const texts = new Map<string, string>()
  for (const file of readdirSync(folder)) texts.set(file, readFileSync(join(folder, file), 'utf8'))
  return parseRegistry(texts)
}

/**
 * The registry in the texts of its files, by name.
 * @throws RegistryError naming every problem
 */
export function parseRegistry(texts: ReadonlyMap<string, string>): Registry {
  const problems: string[] = []
  for (const file of texts.keys()) {
    if (!files.includes(file)) problems.push(`${file}: not one of ${files.join(', ')}`)
  }
  const groups = files.flatMap((file) => {
    const document = mapping(parse(texts.get(file) ?? ''))
    const complain: Complain = (problem) => void problems.push(`${file}: ${problem}`)
    checkKeys(document, ['groups'], complain)
    return list(document['groups']).map((group) => readGroup(mapping(group), complain))
  })
  const attributes = groups.flatMap((group) => group.attributes)
  checkNames(attributes.map((attribute) => attribute.name)).forEach((p) => problems.push(p))
  if (problems.length > 0) throw new RegistryError(problems.join('\n'))
  return { version: Math.max(...attributes.map((attribute) => attribute.since)), groups }
}

function readGroup(node: Node, complain: Complain): Group {
  const id = text(node['id'])
  const inGroup: Complain = (problem) => complain(`${id || 'a group'}: ${problem}`)
  checkKeys(node, ['id', 'type', 'display_name', 'brief', 'attributes'], inGroup)
  if (!/^registry(\.[a-z_]+)+$/.test(id)) inGroup('id is not registry.NAME')
  if (node['type'] !== 'attribute_group') inGroup('type is not attribute_group')
  for (const key of ['display_name', 'brief']) if (!text(node[key])) inGroup(`no ${key}`)
  const attributes = list(node['attributes']).map((item) => readAttribute(mapping(item), complain))
  return { name: text(node['display_name']), brief: text(node['brief']), attributes }
}

function readAttribute(node: Node, complain: Complain): Attribute {
  const name = text(node['id'])
  const inAttribute: Complain = (problem) => complain(`${name || 'an attribute'}: ${problem}`)
  const allowed = ['id', 'type', 'brief', 'note', 'stability', 'examples', 'annotations']
  checkKeys(node, allowed, inAttribute)
  checkKeys(mapping(node['annotations']), ['grantlog'], inAttribute)
  const ours = mapping(mapping(node['annotations'])['grantlog'])
  checkKeys(ours, ['since', 'slot', 'open', 'rfc', 'covered', 'list'], inAttribute)
  const members = list(mapping(node['type'])['members']).map((item) => {
    const member = mapping(item)
    checkKeys(member, ['id', 'value', 'brief'], inAttribute)
    return { value: text(member['value']), brief: text(member['brief']) }
  })
  const type = members.length > 0 ? 'string' : (node['type'] as Attribute['type'])
  const given = list(node['examples'])
  const attribute: Attribute = {
    name,
    type,
    members,
    open: ours['open'] === true,
    brief: text(node['brief']),
    note: text(node['note']),
    stability: text(node['stability']),
    examples: members.length > 0 ? members.map((member) => member.value) : given.map(String),
    slot: (ours['slot'] ?? null) as Attribute['slot'],
    since: ours['since'] as number,
    rfc: text(ours['rfc']),
    covered: ours['covered'] !== false,
    list: ours['list'] === true,
  }
  checkAttribute(attribute, inAttribute)
  for (const example of given) {
    if (!fits(example, type)) inAttribute(`example ${String(example)} is no ${type}`)
  }
  return attribute
}

function checkAttribute(attribute: Attribute, complain: Complain): void {
  const { type, covered, slot, since } = attribute
  const types = covered ? ['string', 'int', 'boolean'] : ['string', 'int', 'boolean', 'any']
  if (!types.includes(type)) complain(`type ${type} is not one of ${types.join(', ')}`)
  if (!Number.isInteger(since) || since < 1) complain('since is not a registry version')
  if (slot !== null && !slots.includes(slot)) complain(`unknown slot ${slot}`)
  if (slot !== null && !covered) complain('has a slot but is not covered')
  if (!['development', 'stable'].includes(attribute.stability)) complain('no stability')
  if (attribute.list && type !== 'string') complain('is a list but no string')
  if (!attribute.brief) complain('no brief')
  if (attribute.examples.length === 0) complain('no example')
  const values = attribute.members.map((member) => member.value)
  if (new Set(values).size < values.length) complain('a value is listed twice')
  if (attribute.members.some((m) => !m.value || !m.brief)) complain('a value without brief')
}

/**
 * Problems with the names together. No name may be another's namespace: Elasticsearch cannot store
 * `a.b` and `a.b.c`. Nor may two names have the same constant, as `a.b` and `a_b` would.
 */
function checkNames(names: string[]): string[] {
  const problems: string[] = []
  const constants = new Map<string, string>()
  for (const name of names) {
    if (!/^[a-z][a-z0-9]*(_[a-z0-9]+)*(\.[a-z][a-z0-9]*(_[a-z0-9]+)*)+$/.test(name)) {
      problems.push(`${name}: not dotted snake_case`)
    }
    const other = constants.get(constantOf(name))
    if (other !== undefined) problems.push(`${name}: same name or constant as ${other}`)
    constants.set(constantOf(name), name)
    const nested = names.find((longer) => longer.startsWith(`${name}.`))
    if (nested !== undefined) problems.push(`${name}: also the namespace of ${nested}`)
  }
  return problems
}

/** `audit.record.id` → `AUDIT_RECORD_ID`. */
export function constantOf(name: string): string {
  return name.replaceAll('.', '_').toUpperCase()
}

function fits(example: unknown, type: Attribute['type']): boolean {
  if (type === 'int') return Number.isSafeInteger(example)
  if (type === 'boolean') return typeof example === 'boolean'
  return (
    typeof example === 'string' && example !== '' && Buffer.byteLength(example) <= maxValueBytes
  )
}

/** A misspelt key would otherwise be an attribute without slot, which is a leak. */
function checkKeys(node: Node, allowed: string[], complain: Complain): void {
  for (const key of Object.keys(node)) {
    if (!allowed.includes(key)) complain(`unknown key ${key}`)
  }
}

function mapping(value: unknown): Node {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Node) : {}
}

function list(value: unknown): unknown[] {
  return Array.isArray(value) ? value : []
}

function text(value: unknown): string {
  return typeof value === 'string' ? value.trim() : ''
}
