// npm run bench -- ingest: the receiver with everything on, against a Collector on the same spans.
import { costOf, ratioTo, rounded, warmedUp } from './figures.ts'
import { passThrough } from './pass-through.ts'
import { peakMibOfAll } from './processes.ts'
import { requestsOf } from './requests.ts'
import type { Benchmark, Result } from './result.ts'
import { shownRatio } from './result.ts'
import { type Bench, largeBatches, runRounds } from './rounds.ts'
import type { Subject, SubjectName } from './subjects.ts'
import { inWorld, peerNames } from './world.ts'

export const ingest: Benchmark = (bench, { isFull }) =>
  inWorld(bench, [...peerNames, 'shipped'], async (world, subjects) => {
    const whole = await batches(world, subjects, isFull)
    const pair = subjects.filter(({ name }) => name === 'grantlog' || name === 'durable')
    const requests = await requestsOf(world, pair, isFull)
    const passed = await passThrough(world, pair, isFull)
    const { peers, everythingOn, shipped } = whole.json
    return {
      json: {
        everythingOn,
        shipped,
        requests: requests.json,
        passThrough: passed.json,
        bytesPerRecord: whole.json.bytesPerRecord,
        peers,
      },
      ratios: { ...whole.ratios, ...requests.ratios, ...passed.ratios },
      table: [...whole.table, ...requests.table.slice(1), ...passed.table.slice(1)],
    }
  })

/** Batches of 512, everything on. */
async function batches(
  bench: Bench,
  subjects: readonly Subject[],
  isFull: boolean,
): Promise<Result> {
  const { rounds, ...sizes } = largeBatches(isFull)
  const ours = subjects.find(({ name }) => name === 'grantlog')!
  const before = ours.bytes() ?? 0
  const run = await runRounds(bench, { name: 'ingest', subjects, rounds, ...sizes })
  const records = run.spans * rounds + (run.warmUpSpans.grantlog ?? 0)
  const bytesPerRecord = rounded(((ours.bytes() ?? 0) - before) / records)
  const peak = new Map(subjects.map(({ name, pid }) => [name, Math.round(peakMibOfAll(pid))]))
  const durable = ratioTo('durable', run)
  const inMemory = ratioTo('inMemory', run)
  const costs = (name: SubjectName) => ({
    cpuUsPerSpan: costOf(name, run, 'spans'),
    peakMiB: peak.get(name),
    busy: run.busy[name],
    warmUpSpans: run.warmUpSpans[name],
  })
  const everythingOn = {
    ...costs('grantlog'),
    ratioToDurable: durable.ratio,
    ratioToInMemory: inMemory.ratio,
    noise: durable.noise,
  }
  const withIndex = ratioTo('durable', run, 'shipped')
  const shipped = {
    ...costs('shipped'),
    ratioToDurable: withIndex.ratio,
    noise: withIndex.noise,
  }
  const peers = Object.fromEntries(peerNames.map((name) => [name, costs(name)]))
  const rows = subjects.map(({ name }) => [
    `batches of 512: ${name}`,
    `${costOf(name, run, 'spans')} µs per span, at most ${peak.get(name)} MiB; ` +
      warmedUp(run, name),
    name === 'grantlog' ? '' : shownRatio(ratioTo(name, run)),
  ])
  rows.push([
    'batches of 512: shipped ÷ durable',
    'with index and detection',
    shownRatio(withIndex),
  ])
  return {
    json: { everythingOn, shipped, peers, bytesPerRecord },
    ratios: {
      ...{ 'ingest/durable': durable, 'ingest/inMemory': inMemory },
      'ingest/shipped': withIndex,
    },
    table: [['what', 'CPU', 'ours ÷ it'], ...rows],
  }
}
