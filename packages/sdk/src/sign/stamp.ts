import { ATTR, type RecordAttributes } from '@grantlog/record'
import type { Config } from '../config.ts'
import type { RandomText } from '../random.ts'
import { uuidV7 } from './id.ts'

/**
 * Adds to a record's attributes who made it, its id and its number; and under which policy, where
 * it was described under none: the one in force.
 */
export type Stamp = (attributes: RecordAttributes, sequence: number) => void

/** The stamp of one producer; resource attributes are not covered, so they are copied. */
export function createStamp(
  { service, environment, policy }: Pick<Config, 'service' | 'environment' | 'policy'>,
  random: RandomText,
): Stamp {
  return (attributes, sequence) => {
    attributes.set(ATTR.AUDIT_PRODUCER_SERVICE, service)
    if (environment !== null) attributes.set(ATTR.AUDIT_PRODUCER_ENVIRONMENT, environment)
    if (!attributes.has(ATTR.AUDIT_POLICY_HASH)) {
      attributes.set(ATTR.AUDIT_POLICY_HASH, policy.now.hash)
    }
    attributes.set(ATTR.AUDIT_RECORD_ID, uuidV7(Date.now(), random))
    attributes.set(ATTR.AUDIT_SEQUENCE_NUMBER, BigInt(sequence))
  }
}
