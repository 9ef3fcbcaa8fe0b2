// One move of the played world: an attack, or what comes before one.
import type { Browser } from '../../../examples/demo/traffic/browser.ts'
import type { World } from '../../../examples/demo/traffic/world.ts'

/** The weak server and its API. */
export interface Weak {
  readonly issuer: string
  readonly api: string
  /** Of its client `app`, and of all others. */
  readonly secret: string
  stop(): Promise<void>
}

export interface PlayedWorld {
  readonly demo: World
  readonly weak: Weak
  /** dora's, who has an account at the weak server, as everybody has. */
  readonly dora: Browser
  /** Of somebody whose name is that of a client. */
  readonly shadow: Browser
  readonly memory: Map<string, string>
}

export interface Move {
  /** null: it is no attack. */
  readonly row: number | null
  readonly tells: string
  /** Throws when the world does not behave as described. */
  readonly run: (world: PlayedWorld) => Promise<unknown>
}
