// Default-deny: only what the registry lists leaves the process, with the registry's type, in
// bounded length; each slot that has a field gets a fresh salt (FORMAT.md 1.2, 1.3).
import {
  attributeBytesMax,
  AttributeTable,
  type AttributeValue,
  placed,
  type RecordAttributes,
  REGISTRY_VERSION,
} from '@grantlog/record'
import type { RandomText } from '../random.ts'

const saltBytes = 16
const encoder = new TextEncoder()

/** What may leave, with the salts of its slots; in the same table, which is its own from now on. */
export type Protect = (attributes: RecordAttributes) => AttributeTable

/**
 * See the head of this file. `onHeldBack` gets, once, each name that the registry does not list or
 * gives another type: a fault of this package.
 */
export function createProtector(
  random: RandomText,
  onHeldBack: (name: string) => void = () => undefined,
): Protect {
  const told = new Set<string>()

  function holdBack(name: string): void {
    if (told.has(name)) return
    told.add(name)
    onHeldBack(name)
  }

  return (attributes) => {
    const table = AttributeTable.of(attributes)
    for (const name of table.unlisted()) {
      table.delete(name)
      holdBack(name)
    }
    for (let place = 0; place < placed.length; place++) {
      const value = table.at(place)
      if (value === undefined) continue
      const { name, since, slot, type } = placed[place]!
      if (since > REGISTRY_VERSION || !isOfType(value, type)) {
        table.delete(name)
        holdBack(name)
        continue
      }
      if (typeof value === 'string' && isLong(value)) table.set(name, cut(value))
      if (slot !== null && table.salt(slot) === undefined) {
        table.setSalt(slot, random(saltBytes, 'base64url'))
      }
    }
    return table
  }
}

const int64Max = 2n ** 63n - 1n
const int64Min = -(2n ** 63n)

function isOfType(value: AttributeValue, type: 'string' | 'int' | 'boolean'): boolean {
  switch (type) {
    case 'string':
      return typeof value === 'string' && value !== '' && value.isWellFormed()
    case 'int':
      return typeof value === 'bigint' && isInt64(value)
    case 'boolean':
      return typeof value === 'boolean'
  }
}

function isInt64(value: bigint): boolean {
  // Nearly all are safe integers; comparing bigints takes longer.
  if (Number.isSafeInteger(Number(value))) return true
  return value <= int64Max && value >= int64Min
}

/** A UTF-16 unit becomes at most three bytes, so most texts need no encoding at all. */
function isLong(text: string): boolean {
  return text.length * 3 > attributeBytesMax
}

/** The longest prefix of whole characters within the limit. */
function cut(text: string): string {
  const { read } = encoder.encodeInto(text, new Uint8Array(attributeBytesMax))
  return text.slice(0, read)
}
