import { expect, test } from '@jest/globals'
import { type Measured, resultOf } from './ack-result.ts'

/** A round of a hundred times: `p50` of 98, `p99` of two. */
const round = (p50: number, p99: number): number[] => [...Array<number>(98).fill(p50), p99, p99]

const measured = (name: string, spans: number, ack: number, sync: number): Measured => ({
  ...{ name, spans, bytes: 1000 * spans },
  acks: [round(ack, 3 * ack), round(ack, 3 * ack)],
  syncs: [round(sync, 2 * sync), round(sync, 2 * sync)],
  loops: [
    { p99Ms: 1, maxMs: ack },
    { p99Ms: 2, maxMs: 1 },
  ],
})

test('times of all rounds, beside fdatasync and beside a quiet machine', () => {
  const { json, ratios, table } = resultOf([
    measured('quiet', 64, 4, 1),
    measured('searches', 64, 6, 1),
    measured('verify', 64, 4, 1),
    measured('quiet', 1, 2, 1),
  ])
  expect(json).toMatchObject({
    ackMs: { p50: 4, p99: 12 },
    fdatasyncMs: { p50: 1, p99: 2 },
    ratio: { p50: 4, p99: 6 },
    underSearches: { p50: 6, p99: 18, ratioToQuiet: { p50: 1.5, p99: 1.5 } },
    under: { verify: { ratioToQuiet: { p50: 1 }, eventLoopMs: { p99Ms: 2, maxMs: 4 } } },
    bySpans: { 64: { ratio: { p50: 4 } }, 1: { ratio: { p50: 2, p99: 3 }, bytes: 1000 } },
  })
  expect(ratios['ack/searches/p99']).toEqual({ ratio: 1.5, noise: 0 })
  expect(table.map(([spans]) => spans)).toEqual(['requests of', '64', '64', '64', '1'])
})
