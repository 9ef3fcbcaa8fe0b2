// What the scanner knows of each attribute: what stands before its value in a canonical form.
import {
  type AttributeDefinition,
  attributeDefinitions,
  type AttributeValue,
} from '@grantlog/record'

/** An attribute of the canonical form itself, and what was seen of it last. */
export interface Known {
  readonly name: string
  readonly type: AttributeDefinition['type']
  /** `"name":{"stringValue":"`, `…{"intValue":"` or `…{"boolValue":`. */
  readonly head: string
  /** The attribute that came after it last; null: none did. */
  next: Known | null
  /** Its last value, as it stands there and as it is read. */
  text: string
  value: AttributeValue
}

const tags = { string: '{"stringValue":"', int: '{"intValue":"', boolean: '{"boolValue":' }

/** By name: those that no slot hides. */
export function knownAttributes(): ReadonlyMap<string, Known> {
  const bare = [...attributeDefinitions.values()].filter(({ slot }) => slot === null)
  return new Map(bare.map((definition) => [definition.name, knownOf(definition)]))
}

function knownOf({ name, type }: AttributeDefinition): Known {
  return { name, type, head: `"${name}":${tags[type]}`, next: null, text: '', value: '' }
}

const decimal = /^(?:0|-?[1-9]\d{0,18})$/

/** The value that a text is; null: it is none of that type. */
export function valueOf(text: string, type: AttributeDefinition['type']): AttributeValue | null {
  if (type === 'string') return text
  return type === 'int' && decimal.test(text) ? BigInt(text) : null
}
