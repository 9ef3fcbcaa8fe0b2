import { expect, test } from '@jest/globals'
import { type FrameQueue, passThroughSource } from './pass-through.ts'

/** Gives `kept` frames, and then drops those before number 3. */
function dropping(kept: number): FrameQueue {
  let first = 0
  return {
    get first() {
      return first
    },
    async *read(from) {
      for (let number = from; number < kept; number++) yield { number, payload: new Uint8Array() }
      first = 3
      throw Object.assign(new Error('dropped'), { code: 'JOURNAL_MISSING' })
    },
    waitFor: async () => undefined,
  }
}

// A bug once: the consumer ended for good.
test('frames dropped by quota while they are read end the load, not the sink', async () => {
  for (const kept of [0, 2]) {
    expect((await passThroughSource(dropping(kept), 100).take(0)).next).toBe(kept)
  }
})

test('a frame that is missing without having been dropped is an error', async () => {
  const missing = passThroughSource(dropping(3), 100).take(0)
  await expect(missing).rejects.toMatchObject({ code: 'JOURNAL_MISSING' })
})
