// One step of the traffic.
import type { World } from './world.ts'

export interface Step {
  /** Names it in the expectation file and in all that is told. */
  readonly name: string
  /** What happens, in a sentence. */
  readonly tells: string
  /** Does it; throws when the world does not behave as described. */
  readonly run: (world: World) => Promise<unknown>
}
