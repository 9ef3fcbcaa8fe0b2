// Default-deny: only what the registry lists leaves the process, with the registry's type, in
// bounded length; each slot that has a field gets a fresh salt (FORMAT.md 1.2, 1.3).
import {
  attributeBytesMax,
  attributeDefinitions,
  type AttributeValue,
  REGISTRY_VERSION,
  saltAttribute,
  type SlotName,
} from '@grantlog/record'
import type { RandomBytes } from '../random.ts'

const saltBytes = 16
const encoder = new TextEncoder()

/**
 * The attributes that may leave, with the salts of their slots. Takes no part of the input over.
 */
export type Protect = (
  attributes: ReadonlyMap<string, AttributeValue>,
) => Map<string, AttributeValue>

/**
 * See the head of this file. `onHeldBack` gets, once, each name that the registry does not list or
 * gives another type: a fault of this package.
 */
export function createProtector(
  random: RandomBytes,
  onHeldBack: (name: string) => void = () => undefined,
): Protect {
  const told = new Set<string>()

  function holdBack(name: string): void {
    if (told.has(name)) return
    told.add(name)
    onHeldBack(name)
  }

  return (attributes) => {
    const safe = new Map<string, AttributeValue>()
    const slots = new Set<SlotName>()
    for (const [name, value] of attributes) {
      const definition = attributeDefinitions.get(name)
      const isListed = definition !== undefined && definition.since <= REGISTRY_VERSION
      if (!isListed || !isOfType(value, definition.type)) {
        holdBack(name)
        continue
      }
      const kept = typeof value === 'string' ? cut(value) : value
      if (kept === '') continue
      safe.set(name, kept)
      if (definition.slot !== null) slots.add(definition.slot)
    }
    for (const slot of slots) {
      safe.set(saltAttribute(slot), random(saltBytes).toString('base64url'))
    }
    return safe
  }
}

const int64Max = 2n ** 63n - 1n

function isOfType(value: AttributeValue, type: 'string' | 'int' | 'boolean'): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string' && value !== '' && value.isWellFormed()
    case 'int':
      return typeof value === 'bigint' && value <= int64Max && value >= -int64Max - 1n
    case 'boolean':
      return typeof value === 'boolean'
  }
}

/** The longest prefix of whole characters within the limit. */
function cut(text: string): string {
  // A UTF-16 unit becomes at most three bytes, so most texts need no encoding at all.
  if (text.length * 3 <= attributeBytesMax) return text
  const { read } = encoder.encodeInto(text, new Uint8Array(attributeBytesMax))
  return text.slice(0, read)
}
