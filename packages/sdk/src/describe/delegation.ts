import { ATTR } from '@grantlog/record'
import { chain } from './list.ts'
import type { Told } from './value.ts'

/** Who acts for the user: subjects of `act`, the current actor first (RFC 8693 section 4.1). */
export function describeActors(told: Told, actors: readonly string[]): void {
  told.add(ATTR.OAUTH_ACTOR_ID, actors[0])
  told.add(ATTR.OAUTH_ACTOR_CHAIN, chain(actors))
  told.add(ATTR.OAUTH_ACTOR_DEPTH, actors.length === 0 ? null : BigInt(actors.length))
}
