// What a detector knows of many: tokens, clients, sessions. So many are kept and no more; those
// that were looked at longest ago make way (generations.ts). See entities.test.ts.
import type { JsonValue } from '@grantlog/record'
import { Generations } from './generations.ts'

/** What a snapshot needs of a map, whatever it holds. */
export interface Stored {
  readonly size: number
  /** How many had to go, since the start. */
  readonly evicted: number
  snapshot(): JsonValue
  restore(snapshot: JsonValue): void
}

/**
 * How values are written where they are changed in place: what a snapshot has must not change with
 * them, nor what is restored with the snapshot.
 */
export interface Form<T> {
  encode(value: T, key: string): JsonValue
  decode(value: JsonValue): T
}

/**
 * A map of bounded size. Values are JSON, and replaced when they change; those with a form of their
 * own may be changed in place: what is asked for with each event makes nothing new then.
 */
export class Entities<T extends JsonValue> extends Generations<T> implements Stored {
  readonly #form: Form<T>

  constructor(max: number, form: Form<T> = asItIs as Form<T>) {
    super(max)
    this.#form = form
  }

  override snapshot(): JsonValue {
    return super.snapshot((value, key) => this.#form.encode(value, key))
  }

  /**
   * Of a snapshot of the same rules, which this program wrote: what is in it is not checked again.
   * Throws DetectError SNAPSHOT_MALFORMED for one of an earlier version.
   */
  override restore(snapshot: JsonValue): void {
    super.restore(snapshot, (value) => this.#form.decode(value))
  }
}

const asItIs: Form<JsonValue> = { encode: (value) => value, decode: (value) => value }
