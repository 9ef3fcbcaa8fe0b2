// npm run bench -- verify: `grantlog verify` over a whole ledger, and over its tree alone beside
// Tessera's fsck on the same log.
import { join } from 'node:path'
import { foldersUnder } from '@grantlog/ledger'
import { findPeer } from '../peers/peers.ts'
import { rounded } from './figures.ts'
import { type Benchmark, shownRatio } from './result.ts'
import { sealLeaves } from './sealed-leaves.ts'
import { sealRecords } from './sealed-records.ts'
import { median, noiseOf, ratioOf } from './statistics.ts'
import { timed } from './timed.ts'

const main = join(import.meta.dirname, '../../packages/cli/dist/main.js')
const width = 256

/** Microseconds of CPU for each entry or record, round by round. */
interface Costs {
  readonly tree: number[]
  readonly fsck: number[]
  readonly full: number[]
}

export const verify: Benchmark = async ({ folder, tell }, { isFull }) => {
  const { batches, rounds, tiles } = isFull
    ? { batches: 2048, rounds: 7, tiles: 4096 }
    : { batches: 192, rounds: 3, tiles: 2048 }
  const [records, leaves, nothing, few] = ['records', 'leaves', 'nothing', 'few'].map((name) =>
    join(folder, name),
  ) as [string, string, string, string]
  const count = await sealRecords(records, batches)
  await sealRecords(nothing, 0)
  await sealLeaves(leaves, tiles)
  await sealLeaves(few, 1)
  tell(`verify: ${count} records and ${tiles * width} leaves are sealed`)
  const costs: Costs = { tree: [], fsck: [], full: [] }
  for (let round = 0; round <= rounds; round++) {
    const entries = (tiles - 1) * width
    const each: Record<keyof Costs, number> = {
      tree: (ours(leaves, ['--tree']) - ours(few, ['--tree'])) / entries,
      fsck: (fsck(leaves) - fsck(few)) / entries,
      full: (ours(records, []) - ours(nothing, [])) / count,
    }
    for (const name of ['tree', 'fsck', 'full'] as const) {
      // In the first round the files come into the page cache.
      if (round > 0) costs[name].push(each[name])
    }
    tell(`verify: round ${round} of ${rounds}`)
  }
  return resultOf(costs, count)
}

/** Microseconds of CPU of our command; throws when it finds anything. */
function ours(data: string, flags: readonly string[]): number {
  const { cpuUs, output } = timed(process.execPath, [
    ...[main, 'verify', '--data', data, '--json', ...flags],
  ])
  if (!output.includes('"self-consistent only"')) throw new Error(`not verified: ${output}`)
  return cpuUs
}

function fsck(data: string): number {
  const { ledger, keys } = foldersUnder(data)
  const { path, reason } = findPeer('tessera-fsck')
  if (path === null) throw new Error(reason)
  const log = [`--storage_url=file://${ledger}/`, `--public_key=${join(keys, 'log.vkey')}`]
  const { cpuUs, output } = timed(path, ['--ui=false', ...log])
  if (!output.includes("Successfully fsck'd")) throw new Error(`fsck: ${output}`)
  return cpuUs
}

function resultOf({ fsck: theirs, full, tree }: Costs, records: number) {
  const perSecond = (costs: readonly number[]): number => rounded(1e6 / median(costs))
  const speed = ratioOf(theirs, tree)
  // A larger ratio is a worse one there: what ours cost, divided by what theirs cost.
  const [cost, whole] = [ratioOf(tree, theirs), ratioOf(full, theirs)]
  const kept = { ratio: rounded(cost.median), noise: rounded(noiseOf(cost)) }
  const keptWhole = { ratio: rounded(whole.median), noise: rounded(noiseOf(whole)) }
  const treeOnly = {
    entriesPerSecond: perSecond(tree),
    fsckEntriesPerSecond: perSecond(theirs),
    ratioToFsck: rounded(speed.median),
    noise: rounded(noiseOf(speed)),
  }
  const cpuUsPerRecord = rounded(median(full))
  const one = (costs: readonly number[]): string => `${rounded(median(costs))} µs`
  return {
    json: {
      treeOnly,
      full: { recordsPerCoreSecond: perSecond(full), cpuUsPerRecord },
      records,
    },
    ratios: { 'verify/tree': kept, 'verify/full': keptWhole },
    table: [
      ['what', 'CPU', 'ours ÷ fsck'],
      ['tree only, per entry', `${one(tree)}; tessera fsck ${one(theirs)}`, shownRatio(kept)],
      ['everything, per record', one(full), shownRatio(keptWhole)],
    ],
  }
}
