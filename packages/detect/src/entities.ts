// What a detector knows of many: tokens, clients, sessions. So many are kept and no more; the one
// that was looked at longest ago makes way. A Map keeps the order, and its order is in the
// snapshot: after a restore the same one goes. See entities.test.ts.
import type { JsonValue } from '@grantlog/record'

/** What a snapshot needs of a map, whatever it holds. */
export interface Stored {
  readonly size: number
  /** How many had to go, since the start. */
  readonly evicted: number
  snapshot(): JsonValue
  restore(snapshot: JsonValue): void
}

/** A map of bounded size. Values are replaced, never changed in place. */
export class Entities<T extends JsonValue> implements Stored {
  readonly #max: number
  readonly #values = new Map<string, T>()
  #evicted = 0

  /** `max`: how many are kept. */
  constructor(max: number) {
    this.#max = max
  }

  /** It counts as looked at. */
  get(key: string): T | undefined {
    const value = this.#values.get(key)
    if (value === undefined) return undefined
    this.#values.delete(key)
    this.#values.set(key, value)
    return value
  }

  set(key: string, value: T): void {
    this.#values.delete(key)
    this.#values.set(key, value)
    if (this.#values.size <= this.#max) return
    this.#values.delete(this.#values.keys().next().value!)
    this.#evicted++
  }

  delete(key: string): void {
    this.#values.delete(key)
  }

  get size(): number {
    return this.#values.size
  }

  get evicted(): number {
    return this.#evicted
  }

  snapshot(): JsonValue {
    return [...this.#values]
  }

  /** Of a snapshot of the same rules, which this program wrote: its shape is not checked again. */
  restore(snapshot: JsonValue): void {
    this.#values.clear()
    for (const [key, value] of snapshot as readonly (readonly [string, T])[]) this.set(key, value)
  }
}
