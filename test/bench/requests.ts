// npm run bench -- requests: small batches, as SDKs really send them, against a durable Collector.
import { costOf, ratioTo, warmedUp } from './figures.ts'
import { type Benchmark, type Result, shownRatio } from './result.ts'
import { type Bench, runRounds } from './rounds.ts'
import type { KeptRatio } from './statistics.ts'
import type { Subject } from './subjects.ts'
import { inWorld } from './world.ts'

export const requests: Benchmark = (bench, { isFull }) =>
  inWorld(bench, ['durable'], (world, subjects) => requestsOf(world, subjects, isFull))

/** Spans in a request, and requests of each connection in a quick round. */
const sizes: readonly (readonly [number, number])[] = [
  [1, 60],
  [16, 12],
  [64, 4],
]

/** Us and the durable Collector, request by request. */
export async function requestsOf(
  bench: Bench,
  subjects: readonly Subject[],
  isFull: boolean,
): Promise<Result> {
  const json: Record<string, unknown> = {}
  const ratios: Record<string, KeptRatio> = {}
  const rows: string[][] = []
  for (const [spansPerBatch, count] of sizes) {
    const work = {
      connections: 8,
      batchesPerConnection: isFull ? count * 8 : count,
      spansPerBatch,
    }
    const name = `requests/${spansPerBatch}`
    const [rounds, warmUpRounds] = isFull ? [5, 1] : [3, 3]
    const run = await runRounds(bench, { name, subjects, work, rounds, warmUpRounds })
    const ratio = ratioTo('durable', run)
    const [ours, theirs] = [costOf('grantlog', run, 'requests'), costOf('durable', run, 'requests')]
    json[spansPerBatch] = { ...ratio, cpuUs: ours, peerCpuUs: theirs }
    ratios[name] = ratio
    rows.push([
      `requests of ${spansPerBatch}`,
      `${ours} µs per request; durable ${theirs}; ${warmedUp(run, 'grantlog')}`,
      shownRatio(ratio),
    ])
  }
  return { json, ratios, table: [['what', 'CPU', 'ours ÷ it'], ...rows] }
}
