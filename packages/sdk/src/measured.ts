// Records and measurements of the same things: what is described is measured, too, for whoever has
// meters.
import { ATTR, type Guarantee } from '@grantlog/record'
import type { Config } from './config.ts'
import { createDescribe } from './describe/describe.ts'
import { describeLevel } from './describe/level.ts'
import type { Description, Occurrence } from './event.ts'
import type { Facts } from './facts.ts'
import type { Measures } from './measures.ts'
import { createOAuthMetrics } from './metrics/oauth.ts'
import { createHashes } from './protect/hash.ts'

export interface Measured {
  readonly describe: (
    facts: Facts,
    guarantee: Guarantee | null,
    at: Pick<Occurrence, 'startTimeUnixNano' | 'endTimeUnixNano'>,
  ) => Description
  readonly measures: Measures
}

/** What a record says, measured by the way. */
export function createMeasured(
  config: Pick<Config, 'metricsByClient' | 'personKey' | 'policy' | 'tokenKey'>,
): Measured {
  const describe = createDescribe(createHashes(config))
  const { described, measures } = createOAuthMetrics({ byClient: config.metricsByClient === true })
  return {
    describe: (facts, guarantee, at) => {
      const policy = config.policy.at(at.startTimeUnixNano)
      const description = describe(facts, guarantee, policy)
      described(facts.kind, description, at)
      // Then: what a level leaves out of records is measured all the same.
      describeLevel(description, facts, policy)
      description.attributes.set(ATTR.AUDIT_POLICY_HASH, policy.hash)
      return description
    },
    measures,
  }
}
