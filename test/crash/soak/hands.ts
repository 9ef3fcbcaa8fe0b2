// Who breaks the parts of a soak run: at random, from a seed, until told to stop.
import { setTimeout as delay } from 'node:timers/promises'
import { createRandom } from '../../../packages/journal/src/testing/random.ts'
import type { Part, World } from './parts.ts'

export interface Hands {
  /** What was done, by name. */
  readonly counts: Readonly<Record<string, number>>
  /** Resolves when all parts run again. */
  stop(): Promise<void>
}

const kinds = ['service', 'service', 'service', 'receiver', 'receiver', 'both', 'stop', 'sink']

/** Every `seconds` on average one or two of the parts are killed, or stopped for a while. */
export function breakParts(world: World, seed: number, seconds: number): Hands {
  const random = createRandom(seed)
  const ended = new AbortController()
  const counts: Record<string, number> = {}
  // The first service is spared: a process that lives for the whole run shows what it keeps.
  const victims = world.services.slice(1)

  async function killed(part: Part): Promise<void> {
    counts[`kill -9 ${part.name}`] = (counts[`kill -9 ${part.name}`] ?? 0) + 1
    await part.kill()
    await delay(random.below(2_000))
    await part.start()
  }

  async function stopped(part: Part): Promise<void> {
    counts[`SIGSTOP ${part.name}`] = (counts[`SIGSTOP ${part.name}`] ?? 0) + 1
    part.signal('SIGSTOP')
    await delay(500 + random.below(2_500))
    part.signal('SIGCONT')
  }

  async function once(): Promise<void> {
    const kind = kinds[random.below(kinds.length)]
    const service = victims[random.below(victims.length)]!
    if (kind === 'service') await killed(service)
    else if (kind === 'receiver') await killed(world.receiver)
    else if (kind === 'sink') await killed(world.sink)
    else if (kind === 'both') await Promise.all([killed(service), killed(world.receiver)])
    else await stopped(random.oneIn(2) ? world.receiver : service)
  }

  async function run(): Promise<void> {
    while (!ended.signal.aborted) {
      const wait = seconds * 500 + random.below(Math.round(seconds * 1_000))
      await delay(wait, undefined, { signal: ended.signal }).catch(() => undefined)
      if (!ended.signal.aborted) await once()
    }
  }

  const running = run()
  return {
    counts,
    stop: async () => {
      ended.abort()
      await running
    },
  }
}
