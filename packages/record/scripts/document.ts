// Renders ATTRIBUTES.md.
import type { Attribute, Group, Registry } from './registry.ts'

const intro = (registry: Registry): string => {
  const attributes = registry.groups.flatMap((group) => group.attributes)
  const covered = attributes.filter((attribute) => attribute.covered).length
  const others = attributes.length - covered
  return `<!-- GENERATED from packages/record/registry by \`npm run generate\`. Do not edit. -->

# Attributes of a record

Registry version ${registry.version}: ${covered} covered attributes and ${others} others.
The source is [\`registry/\`](registry), in the format of the OpenTelemetry semantic conventions;
this page, [\`src/names.ts\`](src/names.ts) and [\`schema/\`](schema) are made from it.

- **Covered** attributes are hashed and signed ([FORMAT.md](../../FORMAT.md) 1.1). Any other
  attribute on a span is unsigned and proves nothing.
- **Since** is the registry version that added the attribute. A batch names its version, and covers
  the attributes whose *since* is not larger. Attributes are never removed or retyped.
- **Slot**: personal attributes are covered through the commitment of their slot, so the slot can be
  withheld or destroyed while everything else still verifies (FORMAT.md 1.3). Those without a slot
  stay for as long as the log does.
- **Type**: string (at most 1,024 bytes, not empty), int (64 bits) or boolean. A *list* is one
  string: items sorted, percent-encoded and joined by a space (FORMAT.md 1.2).
- Values are told below the tables. Where a list of values is *open*, expect others. Values are not
  part of what a verifier checks.
- A keyed hash is \`<kid>.<base64url of 128 bits>\`. *Opt-in* attributes are recorded only when the
  policy asks for it.
- Never recorded, under any name: tokens, codes, verifiers, secrets, assertions, device and user
  codes, \`state\`, \`nonce\`, the \`jti\` of an opaque token.
`
}

/** The text of ATTRIBUTES.md. */
export function renderDocument(registry: Registry): string {
  return [intro(registry), ...registry.groups.map(renderGroup)].join('\n')
}

function renderGroup(group: Group): string {
  const covered = group.attributes.some((attribute) => attribute.covered)
  const lines = [
    `## ${group.name}`,
    '',
    covered ? group.brief : `${group.brief} **Not covered.**`,
    '',
    '| name | type | slot | since | meaning | example | RFC |',
    '|---|---|---|---|---|---|---|',
    ...group.attributes.map(renderRow),
    '',
  ]
  for (const attribute of group.attributes) {
    if (attribute.members.length > 0) lines.push(...renderValues(attribute))
  }
  return lines.join('\n')
}

function renderRow(attribute: Attribute): string {
  const { name, slot, since, brief, note, rfc, members, examples } = attribute
  const type = attribute.list ? 'list' : attribute.type
  const example = members.length > 0 ? [] : examples
  const cells = [
    `\`${name}\``,
    type === 'any' ? 'bytes' : type,
    slot ?? '',
    String(since),
    note ? `${brief} ${note}` : brief,
    example.map((value) => `\`${value}\``).join(', ') || 'see below',
    rfc,
  ]
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`.replaceAll(
    '|  |',
    '| |',
  )
}

function renderValues({ name, members, open }: Attribute): string[] {
  const values = members.map(({ value, brief }) => `- \`${value}\` – ${brief}`)
  return [`\`${name}\`${open ? ' (open)' : ''}:`, '', ...values, '']
}
