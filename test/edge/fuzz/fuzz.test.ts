// Guarantee: whatever bytes come from outside, from the network, from a disk or from an operator's
// hands, a reader takes them or refuses them with an error of ours; nothing else comes out, and
// what it takes is what it should. Here through a few thousand inputs of each target; `npm run
// fuzz` goes through as many as wanted.
import { describe, expect, test } from '@jest/globals'
import { canary } from './canary.ts'
import { fuzz, inputOf } from './run.ts'
import { targets } from './targets.ts'

const inputs = 3_000
const inputsMin = 40

describe('a short run', () => {
  test.each(targets.map((source) => [source.name, source] as const))('%s', async (name, source) => {
    const target = await source.open()
    try {
      const count = Math.max(inputsMin, Math.round(inputs * (source.share ?? 1)))
      const { failures, taken } = await fuzz(target, { name, from: 0, count })
      expect(failures).toEqual([])
      // It was neither all noise nor all right.
      expect(taken).toBeGreaterThan(0)
      expect(taken).toBeLessThan(count)
    } finally {
      await target.close?.()
    }
  })
})

test('the same number is the same input', async () => {
  const target = await canary.open()
  const inputs = (): Uint8Array[] =>
    Array.from({ length: 500 }, (_, number) => inputOf(canary.name, target, number))
  expect(inputs()).toEqual(inputs())
  expect(new Set(inputs().map((bytes) => bytes.join())).size).toBeGreaterThan(400)
})

test('a planted bug is found', async () => {
  const { failures } = await fuzz(await canary.open(), {
    ...{ name: canary.name, from: 0, count: 20_000 },
  })
  expect(failures.length).toBeGreaterThan(0)
  expect(failures[0]!.error).toMatch(/TypeError/)
})
