// From facts to a record's attributes: one pure function for each kind.
import type { Description, Hashes } from '../event.ts'
import type { Facts } from '../facts.ts'
import { describeServer } from './authorization-server.ts'
import { describeInteraction } from './interaction.ts'
import { describeLogout } from './logout.ts'

/** What a record says of what happened. */
export function describeFacts(facts: Facts, hashes: Hashes): Description {
  switch (facts.kind) {
    case 'server':
      return describeServer(facts, hashes)
    case 'interaction':
      return describeInteraction(facts, hashes)
    case 'logout':
      return describeLogout(facts, hashes)
    case 'access':
    case 'call':
      throw new TypeError(`nothing describes ${facts.kind}`)
  }
}
