import { ATTR } from '@grantlog/record'
import { chain } from './list.ts'
import type { Named } from './value.ts'

/** Who acts for the user: subjects of `act`, the current actor first (RFC 8693 section 4.1). */
export function describeActors(actors: readonly string[]): Named {
  return [
    [ATTR.OAUTH_ACTOR_ID, actors[0]],
    [ATTR.OAUTH_ACTOR_CHAIN, chain(actors)],
    [ATTR.OAUTH_ACTOR_DEPTH, actors.length === 0 ? null : BigInt(actors.length)],
  ]
}
