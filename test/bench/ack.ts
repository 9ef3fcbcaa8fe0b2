// npm run bench -- ack: how long an acknowledgement takes beside fdatasync on the same disk, also
// while others read the ledger.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { askAdmin } from './admin-load.ts'
import { writeBodies } from './bodies.ts'
import { keepRunning, type Answerer, startAnswerer } from './children.ts'
import { rounded } from './figures.ts'
import { type LoopWatch, watchLoop } from './loop.ts'
import type { LoopDelay } from './loop-delay.ts'
import type { Task } from './probe.ts'
import { folderBytes } from './processes.ts'
import type { Benchmark, Result } from './result.ts'
import { type Bench, makeBodies, type Work } from './rounds.ts'
import { startSender } from './sender.ts'
import { type KeptRatio, noiseOf, percentile, ratioOf } from './statistics.ts'
import { dataIn, type Subject } from './subjects.ts'
import { inWorld } from './world.ts'

const spansPerBatch = 64
/** Between an answer and the next request: nothing queues. */
const pauseMs = 10
/** Until what reads beside us is in the middle of it. */
const startMs = 1_500
const heavySearches = 20
/** What the searches read: records of the largest batches. */
const stored: Work = { connections: 4, batchesPerConnection: 12, spansPerBatch: 512 }

const parts = { p50: 0.5, p99: 0.99 } as const
type Part = keyof typeof parts
type Times = Readonly<Record<Part, number>>

/** What goes on beside the requests. */
interface Phase {
  readonly name: string
  /** Begins it; gives what ends it. */
  readonly begin: () => { readonly stop: () => Promise<void> }
}

interface Measured {
  readonly name: string
  /** Milliseconds: a list for each round. */
  readonly acks: number[][]
  readonly syncs: number[][]
  readonly loops: LoopDelay[]
}

export const ack: Benchmark = (bench, { isFull }) => {
  const loop = watchLoop(bench.folder)
  return inWorld({ ...bench, launch: loop.launch }, [], async (world, [subject]) => {
    const probe = await startAnswerer('probe.ts', [
      `${subject!.endpoint}/v1/traces`,
      join(bench.folder, 'appended'),
    ])
    try {
      return await measure(world, { subject: subject!, probe, loop }, isFull)
    } finally {
      await probe.stop()
    }
  })
}

interface Parties {
  readonly subject: Subject
  readonly probe: Answerer
  readonly loop: LoopWatch
}

async function measure(bench: Bench, parties: Parties, isFull: boolean): Promise<Result> {
  const { loop, probe, subject } = parties
  const [rounds, count] = isFull ? [9, 400] : [3, 90]
  await store(bench, subject)
  const bytes = await warmUp(bench, parties)
  const phases = phasesOf(bench, subject)
  const measured = phases.map(({ name }): Measured => ({ name, acks: [], syncs: [], loops: [] }))
  for (let round = 1; round <= rounds; round++) {
    for (const [at, phase] of phases.entries()) {
      const bodies = bodiesIn(bench, count)
      await subject.settled()
      const { stop } = phase.begin()
      if (phase.name !== 'quiet') await delay(startMs)
      await loop.take(subject.pid)
      measured[at]!.acks.push(await ask(probe, { kind: 'acks', bodies, pauseMs }))
      measured[at]!.loops.push(await loop.take(subject.pid))
      await subject.settled()
      measured[at]!.syncs.push(await ask(probe, { kind: 'syncs', count, bytes, pauseMs }))
      await stop()
      rmSync(bodies)
    }
    bench.tell(`ack: round ${round} of ${rounds}`)
  }
  return resultOf(measured, bytes)
}

function phasesOf(bench: Bench, subject: Subject): Phase[] {
  const data = ['--data', dataIn(bench.folder)]
  const search = ['search', '--client', 'nobody', ...data]
  return [
    { name: 'quiet', begin: () => ({ stop: () => Promise.resolve() }) },
    { name: 'searches', begin: () => keepRunning(search, heavySearches) },
    { name: 'verify', begin: () => keepRunning(['verify', ...data], 1) },
    { name: 'admin', begin: () => askAdmin(subject.adminEndpoint!) },
  ]
}

/** Gives the ledger what searches read. */
async function store(bench: Bench, subject: Subject): Promise<void> {
  const files = makeBodies(bench.maker, stored).map(({ signed }, at) => {
    const path = join(bench.folder, `${at}.bodies`)
    writeBodies(path, signed)
    return path
  })
  await (await startSender(subject.endpoint, files)).send()
  for (const file of files) rmSync(file)
  await subject.settled()
}

/** Requests that nobody counts; gives the bytes that one of them adds to the commit journal. */
async function warmUp(bench: Bench, { probe, subject }: Parties): Promise<number> {
  const count = 100
  const journal = join(dataIn(bench.folder), 'ledger', 'commit')
  const before = folderBytes(journal)
  const bodies = bodiesIn(bench, count)
  await ask(probe, { kind: 'acks', bodies, pauseMs })
  rmSync(bodies)
  await subject.settled()
  const bytes = Math.round((folderBytes(journal) - before) / count)
  await ask(probe, { kind: 'syncs', count, bytes, pauseMs })
  return bytes
}

function bodiesIn({ folder, maker }: Bench, count: number): string {
  const path = join(folder, 'acks.bodies')
  writeBodies(path, maker.stream(count, spansPerBatch).signed)
  return path
}

async function ask(probe: Answerer, task: Task): Promise<number[]> {
  return JSON.parse(await probe.ask(JSON.stringify(task))) as number[]
}

function resultOf(measured: readonly Measured[], bytes: number): Result {
  const quiet = measured[0]!
  const ratios: Record<string, KeptRatio> = {}
  for (const part of Object.keys(parts) as Part[]) {
    ratios[`ack/fdatasync/${part}`] = ratioIn(quiet.acks, quiet.syncs, part)
    for (const { acks, name } of measured.slice(1)) {
      ratios[`ack/${name}/${part}`] = ratioIn(acks, quiet.acks, part)
    }
  }
  const ratioTimes = (name: string): Times => ({
    p50: ratios[`ack/${name}/p50`]!.ratio,
    p99: ratios[`ack/${name}/p99`]!.ratio,
  })
  const under = measured.slice(1).map(({ acks, loops, name, syncs }) => {
    const ratioToQuiet = ratioTimes(name)
    const fdatasyncMs = timesOf(syncs)
    return [name, { ...timesOf(acks), ratioToQuiet, fdatasyncMs, eventLoopMs: longest(loops) }]
  })
  const { searches, ...others } = Object.fromEntries(under) as Record<string, object>
  return {
    json: {
      ackMs: timesOf(quiet.acks),
      fdatasyncMs: timesOf(quiet.syncs),
      ratio: ratioTimes('fdatasync'),
      underSearches: searches,
      under: others,
      eventLoopMs: longest(quiet.loops),
      bytes,
      spansPerBatch,
    },
    ratios,
    table: [
      ['beside it', 'ack p50, p99', 'fdatasync p50, p99', 'ack ÷ quiet ack', 'event loop at most'],
      ...measured.map(({ acks, loops, name, syncs }) => [
        name,
        shown(timesOf(acks), ' ms'),
        shown(timesOf(syncs), ' ms'),
        name === 'quiet' ? '' : shown(ratioTimes(name), ''),
        `${longest(loops).maxMs} ms`,
      ]),
    ],
  }
}

/** Of all rounds together: a p99 needs many. */
function timesOf(rounds: readonly number[][]): Times {
  const all = rounds.flat()
  return { p50: rounded(percentile(all, parts.p50)), p99: rounded(percentile(all, parts.p99)) }
}

/** Of all rounds together, and how far the rounds are apart. */
function ratioIn(ours: readonly number[][], theirs: readonly number[][], part: Part): KeptRatio {
  const of = (rounds: readonly number[][]): number[] =>
    rounds.map((times) => percentile(times, parts[part]))
  const ratio = timesOf(ours)[part] / timesOf(theirs)[part]
  return { ratio: rounded(ratio), noise: rounded(noiseOf(ratioOf(of(ours), of(theirs)))) }
}

function longest(loops: readonly LoopDelay[]): LoopDelay {
  const most = (of: keyof LoopDelay): number => rounded(Math.max(...loops.map((loop) => loop[of])))
  return { p99Ms: most('p99Ms'), maxMs: most('maxMs') }
}

function shown({ p50, p99 }: Times, unit: string): string {
  return `${p50}, ${p99}${unit}`
}
