import { ATTR, encodeList } from '@grantlog/record'
import type { Named } from './value.ts'

/** Who acts for the user: subjects of `act`, the current actor first (RFC 8693 section 4.1). */
export function describeActors(actors: readonly string[]): Named {
  return [
    [ATTR.OAUTH_ACTOR_ID, actors[0]],
    // Escaped like a list, but in their order.
    [ATTR.OAUTH_ACTOR_CHAIN, actors.map((actor) => encodeList([actor])).join(' ')],
    [ATTR.OAUTH_ACTOR_DEPTH, actors.length === 0 ? null : BigInt(actors.length)],
  ]
}
