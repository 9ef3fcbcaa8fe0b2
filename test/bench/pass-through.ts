// npm run bench -- passthrough: spans that are no records, against a durable Collector.
import { costOf, ratioTo, warmedUp } from './figures.ts'
import { type Benchmark, type Result, shownRatio } from './result.ts'
import { type Bench, largeBatches, runRounds } from './rounds.ts'
import type { Subject } from './subjects.ts'
import { inWorld } from './world.ts'

export const passthrough: Benchmark = (bench, { isFull }) =>
  inWorld(bench, ['durable'], (world, subjects) => passThrough(world, subjects, isFull))

export async function passThrough(
  bench: Bench,
  subjects: readonly Subject[],
  isFull: boolean,
): Promise<Result> {
  const sizes = largeBatches(isFull)
  const name = 'passthrough'
  const run = await runRounds(bench, { name, subjects, isPlain: true, ...sizes })
  const ratio = ratioTo('durable', run)
  const [ours, theirs] = [costOf('grantlog', run, 'spans'), costOf('durable', run, 'spans')]
  const json = { ratioToDurable: ratio.ratio, noise: ratio.noise, cpuUsPerSpan: ours }
  const row = [
    'pass-through',
    `${ours} µs per span; durable ${theirs}; ${warmedUp(run, 'grantlog')}`,
    shownRatio(ratio),
  ]
  return {
    json: { ...json, peerCpuUsPerSpan: theirs },
    ratios: { passthrough: ratio },
    table: [['what', 'CPU', 'ours ÷ it'], row],
  }
}
