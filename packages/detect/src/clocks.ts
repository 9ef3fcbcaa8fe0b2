// Clocks of services differ by seconds, and a rule that asks which of two services was first needs
// them compared. What the receiver's clock says, and how long records take at least, is the same
// for all: so the shortest way that a record of a service ever had shows how far its clock is off.
// See clocks.test.ts.
import { ATTR, type JsonValue } from '@grantlog/record'
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

  learn(event: AuditEvent): void {
    const service = text(event, FIELD.AUDIT_PRODUCER_SERVICE)
    const lagMs = event.receivedMs - event.atMs
    const known = this.lags.get(service)
    if (typeof known !== 'number' || lagMs < known) this.lags.set(service, lagMs)
  }

  /**
   * What is added to a time of the event's service, ms. A short way is a way: only a record that
   * came
   * before it was made, or never in less than a second, shows that a clock is off.
   */
  offsetOf(event: AuditEvent): number {
    const known = this.lags.get(text(event, FIELD.AUDIT_PRODUCER_SERVICE))
    if (typeof known !== 'number') return 0
    return known < 0 || known > USUAL_WAY_MS ? known : 0
  }
}
