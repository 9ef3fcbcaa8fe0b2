// From facts to a record's attributes: one pure function for each kind.
import { ATTR, type Guarantee, type Policy } from '@grantlog/record'
import type { Description, Hashes } from '../event.ts'
import type { Facts } from '../facts.ts'
import { describeServer } from './authorization-server.ts'
import { describeCall } from './client.ts'
import { describeEnded } from './ended.ts'
import { describeInteraction } from './interaction.ts'
import { describeLogout } from './logout.ts'
import { describeAccess } from './resource-server.ts'
import { describeWithheld } from './withheld.ts'

/** What a record says of what happened. */
export function describeFacts(facts: Facts, hashes: Hashes, policy: Policy): Description {
  switch (facts.kind) {
    case 'server':
      return describeServer(facts, hashes)
    case 'interaction':
      return describeInteraction(facts, hashes)
    case 'logout':
      return describeLogout(facts, hashes)
    case 'ended':
      return describeEnded(facts, hashes)
    case 'access':
      return describeAccess(facts, hashes, policy)
    case 'call':
      return describeCall(facts, hashes)
    case 'withheld':
      return describeWithheld(facts)
  }
}

/** The same; of an action whose response waits for its record it says that, too. */
export function createDescribe(
  hashes: Hashes,
): (facts: Facts, guarantee: Guarantee | null, policy: Policy) => Description {
  return (facts, guarantee, policy) => {
    const description = describeFacts(facts, hashes, policy)
    if (guarantee !== null) description.attributes.set(ATTR.AUDIT_GUARANTEE, guarantee)
    return description
  }
}
