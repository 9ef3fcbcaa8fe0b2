import { expect, test } from '@jest/globals'
import { encodePassThrough, type FrameQueue, passThroughSource } from './pass-through.ts'

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

/** One ResourceSpans with one span, and fields that no version of OTLP has. */
const span = Buffer.from('0a061204120212000a', 'hex').subarray(0, 8)
const unknown = [Buffer.from('12027631', 'hex'), Buffer.from('3801', 'hex')]

function holding(payload: Uint8Array): FrameQueue {
  return {
    first: 0,
    async *read(from) {
      if (from === 0) yield { number: 0, payload }
    },
    waitFor: async () => undefined,
  }
}

// Bugs once: what was in such a field was read, and ended the consumer for good; and each of a
// million was a write of its own.
test('fields that nobody knows go on as they came, with what is in front of them', async () => {
  const many = Array.from({ length: 1_000 }, () => unknown[1]!)
  const payload = Buffer.concat([unknown[0]!, span, ...unknown, span, ...many])
  const { next, units } = await passThroughSource(holding(payload), 1e6).take(0)
  expect(next).toBe(1)
  expect(units.map(({ spans }) => spans)).toEqual([0, 1, 1])
  const parts = encodePassThrough(units)
  expect(parts).toHaveLength(1)
  expect(Buffer.concat(parts)).toEqual(payload)
})

test('a frame that is missing without having been dropped is an error', async () => {
  const missing = passThroughSource(dropping(3), 100).take(0)
  await expect(missing).rejects.toMatchObject({ code: 'JOURNAL_MISSING' })
})
