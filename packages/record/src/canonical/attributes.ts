// A record's attributes while it is made, each at the place of its name in the registry. A map
// would grow as it is filled, and whoever checks, salts and writes would look up each name again.
import {
  type AttributeDefinition,
  attributeDefinitions,
  type SlotName,
  slotNames,
} from '../names.ts'
import type { AttributeValue } from '../span.ts'
import { saltAttribute } from './record.ts'

/** What is told of a record: a `Map`, or what is faster. */
export interface RecordAttributes extends ReadonlyMap<string, AttributeValue> {
  set(name: string, value: AttributeValue): unknown
  delete(name: string): boolean
}

const byName = (a: string, b: string): number => (a < b ? -1 : 1)

/** The registry's, in the order of JCS: the place of each is where it stands here. */
export const placed: readonly AttributeDefinition[] = [...attributeDefinitions.values()].toSorted(
  (a, b) => byName(a.name, b.name),
)
const places = new Map(placed.map(({ name }, place) => [name, place]))
/** Salts of slots stand behind them. */
const saltPlaces = new Map(slotNames.map((slot, i) => [slot, placed.length + i]))
const names = [...placed.map(({ name }) => name), ...slotNames.map(saltAttribute)]
const nothing: readonly (AttributeValue | undefined)[] = names.map(() => undefined)

/** In the order of its places; what the registry does not list stands behind all that it does. */
export class AttributeTable implements RecordAttributes {
  /** By place. */
  readonly #values = nothing.slice()
  /** Mostly there are none. */
  #unlisted: Map<string, AttributeValue> | undefined

  /** The same attributes as a table; itself if it is one. */
  static of(attributes: ReadonlyMap<string, AttributeValue>): AttributeTable {
    if (attributes instanceof AttributeTable) return attributes
    const table = new AttributeTable()
    for (const [name, value] of attributes) table.set(name, value)
    return table
  }

  get(name: string): AttributeValue | undefined {
    const place = places.get(name)
    if (place !== undefined) return this.#values[place]
    const unlisted = this.#unlisted?.get(name)
    if (unlisted !== undefined) return unlisted
    const at = names.indexOf(name, placed.length)
    return at < 0 ? undefined : this.#values[at]
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  set(name: string, value: AttributeValue): void {
    const place = places.get(name)
    if (place !== undefined) this.#values[place] = value
    else (this.#unlisted ??= new Map()).set(name, value)
  }

  delete(name: string): boolean {
    const place = places.get(name)
    if (place === undefined) return this.#unlisted?.delete(name) === true
    const was = this.#values[place] !== undefined
    this.#values[place] = undefined
    return was
  }

  /** Of an attribute of the registry, by its place in `placed`. */
  at(place: number): AttributeValue | undefined {
    return this.#values[place]
  }

  /** The salt that was made for a slot here; no `set` gives one. */
  salt(slot: SlotName): string | undefined {
    return this.#values[saltPlaces.get(slot)!] as string | undefined
  }

  /** `salt`: base64url of 16 bytes, which nobody checks again. */
  setSalt(slot: SlotName, salt: string): void {
    this.#values[saltPlaces.get(slot)!] = salt
  }

  get hasUnlisted(): boolean {
    return this.#unlisted !== undefined
  }

  /** Names that were told and that the registry does not list. */
  unlisted(): string[] {
    return this.#unlisted === undefined ? [] : [...this.#unlisted.keys()]
  }

  get size(): number {
    return [...this].length
  }

  *[Symbol.iterator](): MapIterator<[string, AttributeValue]> {
    for (const [place, value] of this.#values.entries()) {
      if (value !== undefined) yield [names[place]!, value]
    }
    if (this.#unlisted !== undefined) yield* this.#unlisted
  }

  entries(): MapIterator<[string, AttributeValue]> {
    return this[Symbol.iterator]()
  }

  *keys(): MapIterator<string> {
    for (const [name] of this) yield name
  }

  *values(): MapIterator<AttributeValue> {
    for (const [, value] of this) yield value
  }

  forEach(
    visit: (value: AttributeValue, name: string, all: ReadonlyMap<string, AttributeValue>) => void,
  ): void {
    for (const [name, value] of this) visit(value, name, this)
  }
}
