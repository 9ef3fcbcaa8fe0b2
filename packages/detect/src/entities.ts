// What a detector knows of many: tokens, clients, sessions. So many are kept and no more; those
// that were looked at longest ago make way. Two maps say which those are: what is looked at moves
// to the young one, and when that has half of all, it becomes the old one and what was left there
// is let go. A single map in the order of looks would have to be written at each of them. Both are
// in the snapshot: after a restore the same ones go. See entities.test.ts.
import type { JsonValue } from '@grantlog/record'
import { DetectError } from './codes.ts'

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
  readonly #half: number
  #young = new Map<string, T>()
  /** None of its keys is in `#young`. */
  #old = new Map<string, T>()
  #evicted = 0

  /** `max`: how many are kept at most; the half that was looked at last is kept in any case. */
  constructor(max: number) {
    this.#half = Math.ceil(max / 2)
  }

  /** It counts as looked at. */
  get(key: string): T | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  set(key: string, value: T): void {
    const before = this.#young.size
    this.#young.set(key, value)
    if (this.#young.size === before) return
    this.#old.delete(key)
    if (this.#young.size < this.#half) return
    this.#evicted += this.#old.size
    this.#old = this.#young
    this.#young = new Map()
  }

  delete(key: string): void {
    if (!this.#young.delete(key)) this.#old.delete(key)
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get evicted(): number {
    return this.#evicted
  }

  snapshot(): JsonValue {
    return { old: [...this.#old], young: [...this.#young] }
  }

  /**
   * Of a snapshot of the same rules, which this program wrote: what is in it is not checked again.
   * Throws DetectError SNAPSHOT_MALFORMED for one of an earlier version, a single list.
   */
  restore(snapshot: JsonValue): void {
    if (Array.isArray(snapshot)) throw new DetectError('SNAPSHOT_MALFORMED', 'a single list')
    const { old, young } = snapshot as unknown as Kept<T>
    this.#old = new Map(old)
    this.#young = new Map(young)
  }
}

interface Kept<T> {
  readonly old: readonly (readonly [key: string, value: T])[]
  readonly young: readonly (readonly [key: string, value: T])[]
}
