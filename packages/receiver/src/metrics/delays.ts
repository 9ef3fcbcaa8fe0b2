// How long something has been waiting, from looks at how far the log was: nothing is noted for each
// commit. As exact as the looks are close. See delays.test.ts.
import { MAX_LOG_LOOKS } from '../limits.ts'
import type { Delays } from './readings.ts'

/** How far the log is. */
export interface LogPlace {
  readonly nextFrame: number
  readonly size: number
  readonly published: number
  /** Commits that the sink furthest behind has not got. */
  readonly behind: number
}

export interface DelayWatch extends Delays {
  /** How many are kept. */
  readonly looks: number
  look(): void
}

/** `uptimeMs` never goes back. */
export function watchDelays(place: () => LogPlace, uptimeMs: () => number): DelayWatch {
  /** The oldest first, which is that of the sink furthest behind; of many, others are forgotten. */
  let looks: { readonly at: number; readonly nextFrame: number }[] = []
  let published = -1
  let waitsSince: number | undefined
  return {
    get looks() {
      return looks.length
    },
    get checkpointS() {
      return waitsSince === undefined ? 0 : (uptimeMs() - waitsSince) / 1_000
    },
    behindS(lagCommits) {
      if (lagCommits === 0) return 0
      const got = place().nextFrame - lagCommits
      const seen = looks.find(({ nextFrame }) => nextFrame > got)
      return seen === undefined ? 0 : (uptimeMs() - seen.at) / 1_000
    },
    look() {
      const at = uptimeMs()
      const now = place()
      if (now.published >= now.size) waitsSince = undefined
      else if (waitsSince === undefined || now.published !== published) waitsSince = at
      published = now.published
      const got = now.nextFrame - now.behind
      if (looks.length > 0 && looks[0]!.nextFrame <= got) {
        looks = looks.filter(({ nextFrame }) => nextFrame > got)
      }
      if (now.behind === 0 || looks.at(-1)?.nextFrame === now.nextFrame) return
      looks.push({ at, nextFrame: now.nextFrame })
      if (looks.length > MAX_LOG_LOOKS) looks = looks.filter((_, i) => i % 2 === 0)
    },
  }
}
