// Renders src/names.ts, one line for each attribute and use.
import type { Registry } from './registry.ts'
import { constantOf, slots } from './registry.ts'

/** The source of src/names.ts, not yet formatted. */
export function renderConstants(registry: Registry): string {
  const attributes = registry.groups.flatMap((group) => group.attributes)
  const rows = attributes
    .filter((attribute) => attribute.covered)
    .map(({ name, type, slot, since }) => `  ${JSON.stringify([name, type, slot, since])},`)
  const lists = attributes.filter(({ list }) => list).map(({ name }) => `  '${name}',`)
  const constants = attributes.map(({ name }) => `  ${constantOf(name)}: '${name}',`)
  return `// GENERATED from packages/record/registry by \`npm run generate\`. Do not edit.

/** The newest registry version this code knows: FORMAT.md 1.1. */
export const REGISTRY_VERSION = ${registry.version}

/** Personal attributes belong to one of these: FORMAT.md 1.3. */
export type SlotName = ${slots.map((slot) => `'${slot}'`).join(' | ')}

export const slotNames: readonly SlotName[] = ${JSON.stringify(slots)}

export type AttributeType = 'string' | 'int' | 'boolean'

/** A covered attribute. \`since\` is the registry version that added it. */
export interface AttributeDefinition {
  readonly name: string
  readonly type: AttributeType
  readonly slot: SlotName | null
  readonly since: number
}

type Row = readonly [name: string, type: AttributeType, slot: SlotName | null, since: number]

const rows: readonly Row[] = [
${rows.join('\n')}
]

/** The covered attributes of every registry version, by name. */
export const attributeDefinitions: ReadonlyMap<string, AttributeDefinition> = new Map(
  rows.map(([name, type, slot, since]) => [name, { name, type, slot, since }]),
)

/** Attributes whose value is a list in one string: FORMAT.md 1.2. */
export const listAttributes: ReadonlySet<string> = new Set([
${lists.join('\n')}
])

/** Every attribute name, those that are not covered too. */
export const ATTR = {
${constants.join('\n')}
} as const
`
}
