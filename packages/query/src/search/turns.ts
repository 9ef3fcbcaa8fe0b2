// Long work in slices of time: others get their turn in between. See sweep.test.ts.
import { setImmediate } from 'node:timers/promises'
import { TURN_MS } from '../limits.ts'

/** Work that stops wherever it may be left for a moment. */
export type Work<T> = Generator<void, T, void>

export interface TurnClock {
  /** Milliseconds of a clock that never goes back. */
  readonly now: () => number
  /** Resolves when all others had their turn. */
  readonly giveWay: () => Promise<unknown>
}

const system: TurnClock = { now: () => performance.now(), giveWay: () => setImmediate() }

/** The slices of one piece of work, from now on. */
export class Turns {
  readonly #clock: TurnClock
  #begun: number

  constructor(clock: TurnClock = system) {
    this.#clock = clock
    this.#begun = clock.now()
  }

  /** Does it, and gives way whenever a slice is over. */
  async work<T>(work: Work<T>): Promise<T> {
    for (;;) {
      const step = work.next()
      // Also when it is done: what comes next begins with this slice.
      if (this.#clock.now() - this.#begun >= TURN_MS) {
        await this.#clock.giveWay()
        this.#begun = this.#clock.now()
      }
      if (step.done) return step.value
    }
  }
}
