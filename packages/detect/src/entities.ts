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

/** A map of bounded size. Values are replaced, never changed in place. */
export class Entities<T extends JsonValue> extends Generations<T> implements Stored {
  override snapshot(): JsonValue {
    return super.snapshot((value) => value)
  }

  /**
   * Of a snapshot of the same rules, which this program wrote: what is in it is not checked again.
   * Throws DetectError SNAPSHOT_MALFORMED for one of an earlier version.
   */
  override restore(snapshot: JsonValue): void {
    super.restore(snapshot, (value) => value as T)
  }
}
