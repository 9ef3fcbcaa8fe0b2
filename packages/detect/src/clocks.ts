// Clocks of services differ by seconds, and a rule that asks which of two services was first needs
// them compared. What the receiver's clock says, and how long records take at least, is the same
// for all: so the shortest way that a record of a service ever had shows how far its clock is off.
// See clocks.test.ts.
import type { JsonValue } from '@grantlog/record'
import { Entities } from './entities.ts'
import type { AuditEvent } from './event.ts'
import { FIELD } from './field.ts'
import { text } from './reading.ts'

/** Batches are sent each second. */
const USUAL_WAY_MS = 1_000

/**
 * Offsets by service. A clock that is put back shows at once; one that was ahead is taken so
 * still.
 */
export class Clocks {
  /** The least of `receivedMs - atMs`. */
  readonly lags: Entities<JsonValue>

  /** `max`: services. */
  constructor(max: number) {
    this.lags = new Entities<JsonValue>(max)
  }

  /**
   * Gives what is added to a time of the event's service, ms. A short way is a way: only a record
   * that came before it was made, or never in less than a second, shows that a clock is off.
   */
  learn(event: AuditEvent): number {
    const service = text(event, FIELD.AUDIT_PRODUCER_SERVICE)
    const lagMs = event.receivedMs - event.atMs
    const known = this.lags.get(service)
    const isLess = typeof known !== 'number' || lagMs < known
    if (isLess) this.lags.set(service, lagMs)
    const leastMs = isLess ? lagMs : known
    return leastMs < 0 || leastMs > USUAL_WAY_MS ? leastMs : 0
  }
}
