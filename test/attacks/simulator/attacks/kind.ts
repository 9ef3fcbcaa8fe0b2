// An attack that can be made in the simulated world.
import type { Attack } from '../../label.ts'
import type { Parties } from '../acts.ts'
import type { Play } from '../clock.ts'
import type { Person } from '../people.ts'
import type { Scene } from '../scene.ts'

export interface Attacking {
  readonly scene: Scene
  /** The label of everything that the attacker does, and of what it makes others do. */
  readonly attack: Attack
  readonly people: readonly Person[]
}

export interface AttackKind {
  readonly row: number
  readonly tells: string
  /** It takes a long silence before. */
  readonly isLate?: boolean
  /** What happens long before, and is no attack. */
  readonly prepare?: (attacking: Attacking) => Play
  readonly play: (attacking: Attacking) => Play
}

/** What is done by somebody who means no harm. */
export const harmless = ({ scene }: Attacking): Parties => ({ scene, attack: null })

/** A person whom attacks hit: no admin, and not one of the most active. */
export function victimOf({ people, scene }: Attacking): Person {
  const users = people.filter(({ role }, at) => role === 'user' && at > 20)
  return scene.random.pick(users)
}

/** One of the administrators. */
export function adminOf({ people, scene }: Attacking): Person {
  return scene.random.pick(people.filter(({ role }) => role === 'admin'))
}
