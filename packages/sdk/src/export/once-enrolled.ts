// A key that nobody knows yet is no reason to be refused, record by record: until it is enrolled
// all waits here, as for a receiver that is away. See once-enrolled.test.ts.
import type { Config } from '../config.ts'
import { SdkError } from '../codes.ts'
import type { Delivery } from './delivery.ts'

/** `deliver`, which rejects with ENROL_PENDING until then. */
export function onceEnrolled(
  { enrolling }: Pick<Config, 'enrolling'>,
  deliver: Delivery['deliver'],
): Delivery['deliver'] {
  return (batches) => {
    const pending = enrolling?.pending() ?? null
    if (pending === null) return deliver(batches)
    return Promise.reject(new SdkError('ENROL_PENDING', pending))
  }
}
