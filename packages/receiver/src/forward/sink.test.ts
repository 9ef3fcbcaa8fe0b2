// What a consumer does with units besides sending them; what it sends, and when, is proven by
// forward.test.ts.
import { expect, test } from '@jest/globals'
import type { SendOutcome } from './outcome.ts'
import { consume, type ConsumerOptions, type ConsumerState } from './sink.ts'

interface World {
  /** What happened, in order. */
  readonly steps: string[]
  readonly state: ConsumerState
  /** What is to be sent, each a load of its own. */
  units: number
  uptimeMs: number
  /** When nothing is left to send. */
  atEnd: (until: AbortSignal) => Promise<void>
  /** What each load gets; default: it is taken. */
  outcomes: SendOutcome[]
  /** What a sending takes. */
  sendMs: number
}

const taken: SendOutcome = { outcome: 'taken', rejectedSpans: 0 }
const later: SendOutcome = { outcome: 'later', reason: 'HTTP 503', retryAfterMs: 0 }

/** A source of units, and a sink; `how`: what is not as usual. */
async function consumed(
  sinkOffsetMs: number,
  how: (world: World, stop: AbortController) => void,
): Promise<World> {
  const stop = new AbortController()
  let value = 0
  const world: World = {
    ...{ steps: [], outcomes: [], units: 1, uptimeMs: 0, sendMs: 0 },
    state: { forwarded: 0, buried: 0, attempts: 0, reason: '', next: 0 },
    atEnd: async () => stop.abort(),
  }
  how(world, stop)
  const { steps } = world
  const unitAt = (index: number) => ({
    ...{ index, spans: 1 },
    letGo: () => void steps.push('let go'),
  })
  const options: ConsumerOptions<ReturnType<typeof unitAt>> = {
    sink: 'one',
    source: {
      ...{ kind: 'ledger', spansMax: 1, first: 0 },
      take: async (from) =>
        from < world.units ? { units: [unitAt(from)], next: from + 1 } : { units: [], next: from },
      waitFor: (_from, until) => world.atEnd(until),
    },
    offset: {
      get value() {
        return value
      },
      async set(next) {
        value = next
        steps.push(`moved to ${next}`)
      },
    },
    send: async () => {
      const outcome = world.outcomes.shift() ?? taken
      world.uptimeMs += world.sendMs
      steps.push(outcome.outcome)
      return outcome
    },
    writeLetter: async () => void steps.push('buried'),
    limits: { backoffMinMs: 1, backoffMaxMs: 1, refusedAllMs: 0, sinkOffsetMs, sinkPaceMs: 0 },
    timing: {
      sleep: async (ms) => void (world.uptimeMs += ms),
      ...{ uptimeMs: () => world.uptimeMs, now: () => 0, random: () => 0 },
    },
    log: () => undefined,
    signal: stop.signal,
  }
  await consume(options, world.state)
  return world
}

test('a unit is let go once it was answered for, and then the offset is behind it', async () => {
  const { steps } = await consumed(0, (world) => void world.outcomes.push(later, taken))
  expect(steps).toEqual(['later', 'taken', 'let go', 'moved to 1'])
})

test('one that comes again is not', async () => {
  const { steps } = await consumed(0, ({ outcomes }, stop) => {
    outcomes.push(later, later)
    outcomes.shift = () => {
      if (outcomes.length === 1) stop.abort()
      return outcomes.pop()
    }
  })
  expect(steps).toEqual(['later', 'later'])
})

test('the offset moves once a second, and at the end, however much is sent', async () => {
  const { state, steps } = await consumed(1_000, (world) => {
    Object.assign(world, { units: 10, sendMs: 300 })
  })
  expect(steps.filter((step) => step.startsWith('moved'))).toEqual([
    'moved to 1',
    'moved to 5',
    'moved to 9',
    'moved to 10',
  ])
  expect(state).toMatchObject({ forwarded: 10, next: 10 })
})

test('before a sink is waited for, the offset is behind what it took', async () => {
  const { steps } = await consumed(1_000, (world) => {
    Object.assign(world, { units: 3, outcomes: [taken, taken, later] })
  })
  const withoutLettingGo = steps.filter((step) => step !== 'let go')
  expect(withoutLettingGo.slice(0, 5)).toEqual([
    'taken',
    'moved to 1',
    'taken',
    'later',
    'moved to 2',
  ])
})

test('what was sent last is behind the offset a second later, though nothing comes', async () => {
  const { steps } = await consumed(1_000, (world, stop) => {
    world.units = 2
    // Waits until it is asked no more; the second time nothing is to be made durable.
    let asked = 0
    world.atEnd = async (until) => {
      if (++asked === 2) return stop.abort()
      const { promise, resolve } = Promise.withResolvers<void>()
      until.addEventListener('abort', () => resolve())
      await promise
    }
  })
  expect(steps).toEqual(['taken', 'let go', 'moved to 1', 'taken', 'let go', 'moved to 2'])
})
