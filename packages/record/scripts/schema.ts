// Renders schema/record.v<N>.schema.json: the canonical form, FORMAT.md 1.4, as JSON Schema.
import type { Attribute, Registry } from './registry.ts'
import { slots } from './registry.ts'

/** b64u of 32 and of 16 bytes; the spare bits of the last character must be zero. */
const hash = '^[A-Za-z0-9_-]{42}[AEIMQUYcgkosw048]$'
const salt = '^[A-Za-z0-9_-]{21}[AQgw]$'

const hexPattern = (digits: number): string => `^(?!0+$)[0-9a-f]{${digits}}$`

/** Values by type, tagged as in OTLP/JSON. */
const tagged = {
  string: closed({ stringValue: { type: 'string', minLength: 1, maxLength: 1024 } }),
  int: closed({ intValue: { type: 'string', pattern: '^(0|-?[1-9][0-9]{0,18})$' } }),
  boolean: closed({ boolValue: { type: 'boolean' } }),
}

/**
 * The schema of canonical forms under one registry version. What JSON Schema cannot say is in its
 * `$comment`.
 */
export function renderSchema(registry: Registry, version: number): string {
  const attributes = registry.groups
    .flatMap((group) => group.attributes)
    .filter((attribute) => attribute.covered && attribute.since <= version)
  const ofSlot = (slot: string | null): Attribute[] => attributes.filter((a) => a.slot === slot)
  const openings = slots.map((slot) => [`opening.${slot}`, opening(ofSlot(slot))])
  return JSON.stringify({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:grantlog:schema:record:v${version}`,
    $comment:
      'GENERATED from packages/record/registry by `npm run generate`. Do not edit. ' +
      'Not expressed: JCS, lengths in bytes of UTF-8 (maxLength counts characters), the range of ' +
      'int64 and fixed64, end after start. Openings of slots are in $defs.',
    title: `grantlog-span-v1, registry version ${version}`,
    ...closed({
      attributes: optional(ofSlot(null)),
      endTimeUnixNano: { $ref: '#/$defs/time' },
      kind: { type: 'integer', minimum: 0, maximum: 5 },
      name: { type: 'string', minLength: 1, maxLength: 256 },
      parentSpanId: { type: 'string', pattern: '^([0-9a-f]{16})?$' },
      slots: {
        type: 'object',
        properties: Object.fromEntries(slots.map((slot) => [slot, { $ref: '#/$defs/hash' }])),
        additionalProperties: false,
      },
      spanId: { type: 'string', pattern: hexPattern(16) },
      startTimeUnixNano: { $ref: '#/$defs/time' },
      status: closed({ code: { enum: [1, 2] }, message: { type: 'string', maxLength: 1024 } }),
      traceId: { type: 'string', pattern: hexPattern(32) },
    }),
    $defs: {
      time: { type: 'string', pattern: '^[1-9][0-9]{0,16}000$' },
      hash: { type: 'string', pattern: hash },
      ...tagged,
      ...Object.fromEntries(openings),
    },
  })
}

/** FORMAT.md 1.3. */
function opening(attributes: Attribute[]): object {
  const fields = { ...optional(attributes), minProperties: 1 }
  return closed({ fields, salt: { type: 'string', pattern: salt } })
}

function optional(attributes: Attribute[]): object {
  const properties = attributes.map(({ name, type, brief }) => [
    name,
    { $ref: `#/$defs/${type}`, description: brief },
  ])
  return {
    type: 'object',
    properties: Object.fromEntries(properties),
    additionalProperties: false,
  }
}

/** An object with exactly these members. */
function closed(properties: Record<string, object>): object {
  return {
    type: 'object',
    properties,
    required: Object.keys(properties),
    additionalProperties: false,
  }
}
