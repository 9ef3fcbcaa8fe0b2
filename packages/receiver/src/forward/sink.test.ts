// What a consumer does with units besides sending them; what it sends, and when, is proven by
// forward.test.ts.
import { expect, test } from '@jest/globals'
import type { SendOutcome } from './outcome.ts'
import { consume, type ConsumerOptions } from './sink.ts'

/** A source of one unit, and what happened to it, in order. */
async function consumed(...outcomes: readonly SendOutcome[]): Promise<string[]> {
  const steps: string[] = []
  const stop = new AbortController()
  const left = [...outcomes]
  const unit = { index: 0, spans: 1, letGo: () => void steps.push('let go') }
  let value = 0
  const options: ConsumerOptions<typeof unit> = {
    sink: 'one',
    source: {
      ...{ kind: 'ledger', spansMax: 1, first: 0 },
      take: async (from) => (from === 0 ? { units: [unit], next: 1 } : { units: [], next: from }),
      waitFor: async () => stop.abort(),
    },
    offset: {
      get value() {
        return value
      },
      async set(next) {
        value = next
        steps.push('moved')
      },
    },
    send: async () => {
      const outcome = left.shift() ?? { outcome: 'later', reason: 'none left', retryAfterMs: 0 }
      if (left.length === 0 && outcome.outcome === 'later') stop.abort()
      steps.push(outcome.outcome)
      return outcome
    },
    writeLetter: async () => void steps.push('buried'),
    limits: { backoffMinMs: 1, backoffMaxMs: 1, refusedAllMs: 0, sinkPaceMs: 0 },
    timing: { sleep: async () => undefined, uptimeMs: () => 0, now: () => 0, random: () => 0 },
    log: () => undefined,
    signal: stop.signal,
  }
  await consume(options, { forwarded: 0, buried: 0, attempts: 0, reason: '' })
  return steps
}

const later: SendOutcome = { outcome: 'later', reason: 'HTTP 503', retryAfterMs: 0 }

test('a unit is let go once it was answered for, and the offset is behind it', async () => {
  const taken: SendOutcome = { outcome: 'taken', rejectedSpans: 0 }
  expect(await consumed(later, taken)).toEqual(['later', 'taken', 'moved', 'let go'])
})

test('one that comes again is not', async () => {
  expect(await consumed(later, later)).toEqual(['later', 'later'])
})
