// A map of bounded size, in which those that were looked at longest ago make way. Two maps say
// which those are: what is looked at moves to the young one, and when that has half of all, it
// becomes the old one and what was left there is let go. A single map in the order of looks would
// have to be written at each of them, and read past all that was deleted from its front. See
// entities.test.ts.
import type { JsonValue } from '@grantlog/record'
import { DetectError } from './codes.ts'

type Pairs<T> = readonly (readonly [key: string, value: T])[]

export class Generations<T> {
  readonly #half: number
  readonly #letGo: (gone: ReadonlyMap<string, T>) => void
  #young = new Map<string, T>()
  /** None of its keys is in `#young`. */
  #old = new Map<string, T>()
  #evicted = 0

  /**
   * `max`: how many are kept at most; the half that was looked at last is kept in any case.
   * `letGo` is told of those that go at a turn.
   */
  constructor(max: number, letGo: (gone: ReadonlyMap<string, T>) => void = () => undefined) {
    this.#half = Math.ceil(max / 2)
    this.#letGo = letGo
  }

  /** It counts as looked at. */
  get(key: string): T | undefined {
    const young = this.#young.get(key)
    if (young !== undefined) return young
    const old = this.#old.get(key)
    if (old !== undefined) this.set(key, old)
    return old
  }

  /** It does not count as looked at. */
  peek(key: string): T | undefined {
    return this.#young.get(key) ?? this.#old.get(key)
  }

  isYoung(key: string): boolean {
    return this.#young.has(key)
  }

  set(key: string, value: T): void {
    const before = this.#young.size
    this.#young.set(key, value)
    if (this.#young.size === before) return
    this.#old.delete(key)
    if (this.#young.size >= this.#half) this.turn()
  }

  delete(key: string): void {
    if (!this.#young.delete(key)) this.#old.delete(key)
  }

  /** What is young becomes old, and what was old is let go. */
  turn(): void {
    const gone = this.#old
    this.#old = this.#young
    this.#young = new Map()
    this.#evicted += gone.size
    this.#letGo(gone)
  }

  get size(): number {
    return this.#young.size + this.#old.size
  }

  get evicted(): number {
    return this.#evicted
  }

  /** The old ones first. */
  *[Symbol.iterator](): IterableIterator<[key: string, value: T]> {
    yield* this.#old
    yield* this.#young
  }

  /** Both maps are in it: after a restore the same ones go. */
  snapshot(encode: (value: T, key: string) => JsonValue): JsonValue {
    const of = (map: ReadonlyMap<string, T>): JsonValue =>
      Array.from(map, ([key, value]) => [key, encode(value, key)])
    return { old: of(this.#old), young: of(this.#young) }
  }

  /**
   * Of a snapshot which this program wrote; what is not there is empty. Throws DetectError
   * SNAPSHOT_MALFORMED for one of an earlier version, a single list, and what `decode` throws.
   */
  restore(snapshot: JsonValue, decode: (value: JsonValue, key: string) => T): void {
    if (Array.isArray(snapshot)) throw new DetectError('SNAPSHOT_MALFORMED', 'a single list')
    const { old = [], young = [] } = snapshot as {
      old?: Pairs<JsonValue>
      young?: Pairs<JsonValue>
    }
    const of = (pairs: Pairs<JsonValue>): Map<string, T> =>
      new Map(pairs.map(([key, value]) => [key, decode(value, key)]))
    this.#old = of(old)
    this.#young = of(young)
  }
}
