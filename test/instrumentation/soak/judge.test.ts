// The memory soak can fail: what keeps a little of each request is told.
import { describe, expect, test } from '@jest/globals'
import { ratioOf, riseBytesMax, risesOf, type Sample } from './judge.ts'

/** Ten of them; `kept` bytes of each request, and what a collector leaves now and then. */
function samplesOf(requests: number, kept: number): Sample[] {
  return Array.from({ length: 10 }, (_, i) => {
    const done = ((i + 1) * requests) / 10
    const heapUsed = 40_000_000 + (i % 3) * 200_000 + kept * done
    return { requests: done, heapUsed, external: 20_000_000, rss: heapUsed + 90_000_000 }
  })
}

const heapOf = (samples: readonly Sample[]) => risesOf(samples)[0]!

describe('a heap', () => {
  test('that goes up and down is flat', () => {
    expect(risesOf(samplesOf(1_000_000, 0)).map(({ isFlat }) => isFlat)).toEqual([true, true, true])
  })

  test('that fills up before the warm-up ends is flat', () => {
    const [first, second, third, ...others] = samplesOf(1_000_000, 0)
    const early = [first!, second!, third!].map((one) => ({ ...one, heapUsed: 5_000_000 }))
    expect(heapOf([...early, ...others]).isFlat).toBe(true)
  })

  test.each([
    [1_000_000, 12],
    [100_000, 150],
  ])('that keeps, over %i requests, %i bytes of each is not', (requests, kept) => {
    const { bytes, isFlat } = heapOf(samplesOf(requests, kept))
    expect(isFlat).toBe(false)
    expect(bytes).toBeGreaterThan(riseBytesMax.heapUsed)
  })

  test('is not all: buffers that stay are told, too, and by how much with each request', () => {
    const samples = samplesOf(20_000, 0).map((one) => ({
      ...one,
      external: one.external + 1300 * one.requests,
    }))
    expect(risesOf(samples).map(({ kind, isFlat }) => [kind, isFlat])).toEqual([
      ['heapUsed', true],
      ['external', false],
      ['rss', true],
    ])
    expect(risesOf(samples)[1]!.slope).toBeCloseTo(1300)
    expect(ratioOf(samples, samplesOf(20_000, 0), 'external')).toBeCloseTo(2.3)
  })

  test('of which there is too little to tell is an error', () => {
    expect(() => risesOf(samplesOf(1000, 0).slice(0, 2))).toThrow('too few')
  })
})
