// npm run bench -- ack: how long an acknowledgement takes beside fdatasync on the same disk, also
// while others read the ledger. The requests come one after the other, so that nothing queues.
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { askAdmin } from './admin-load.ts'
import { type Measured, resultOf } from './ack-result.ts'
import { writeBodies } from './bodies.ts'
import { type Answerer, keepRunning, startAnswerer } from './children.ts'
import { type LoopWatch, watchLoop } from './loop.ts'
import type { Task } from './probe.ts'
import { folderBytes } from './processes.ts'
import type { Benchmark, Result } from './result.ts'
import { type Bench, makeBodies, type Work } from './rounds.ts'
import { startSender } from './sender.ts'
import { dataIn, type Subject } from './subjects.ts'
import { inWorld } from './world.ts'

/** Between an answer and the next request: 3,000 records a second, and nothing queues. */
const pauseMs = 15
/** Between two of the writes that it is compared with. */
const syncPauseMs = 5
/** Until what reads beside us is in the middle of it. */
const startMs = 1_500
const heavySearches = 20
/** What the searches read: records of the largest batches. */
const stored: Work = { connections: 4, batchesPerConnection: 10, spansPerBatch: 512 }
/** Streams of a record each, as of processes that came and went: the admin port counts them all. */
const shortStreams = 1_000
/** Of batches like the measured ones. */
const warmUps = 60

interface Phase {
  readonly name: string
  readonly spans: number
  /** Begins what goes on beside the requests; null: nothing. */
  readonly begin: (() => { readonly stop: () => Promise<void> }) | null
}

interface Parties {
  readonly subject: Subject
  readonly probe: Answerer
  readonly loop: LoopWatch
}

export const ack: Benchmark = (bench, { isFull }) => {
  const loop = watchLoop(bench.folder)
  // Searches are the console's.
  const launch = { ...loop.launch, env: { ...loop.launch.env, GRANTLOG_CONSOLE: 'on' } }
  return inWorld({ ...bench, launch }, [], async (world, [subject]) => {
    const url = `${subject!.endpoint}/v1/traces`
    const probe = await startAnswerer('probe.ts', [url, join(bench.folder, 'appended')])
    try {
      return await measure(world, { subject: subject!, probe, loop }, isFull)
    } finally {
      await probe.stop()
    }
  })
}

async function measure(bench: Bench, parties: Parties, isFull: boolean): Promise<Result> {
  const [rounds, count] = isFull ? [9, 300] : [2, 60]
  await store(bench, parties.subject)
  const phases = phasesOf(bench, parties.subject, isFull)
  const bytes = new Map<number, number>()
  for (const { spans } of phases) {
    if (!bytes.has(spans)) bytes.set(spans, await warmUp(bench, parties, spans))
  }
  const measured = phases.map(({ name, spans }): Measured => ({
    ...{ name, spans, bytes: bytes.get(spans)! },
    ...{ acks: [], syncs: [], loops: [] },
  }))
  for (let round = 1; round <= rounds; round++) {
    for (const [at, phase] of phases.entries()) {
      await measurePhase(bench, parties, { phase, count, into: measured[at]! })
    }
    bench.tell(`ack: round ${round} of ${rounds}`)
  }
  return resultOf(measured)
}

interface Round {
  readonly phase: Phase
  readonly count: number
  readonly into: Measured
}

async function measurePhase(bench: Bench, parties: Parties, round: Round): Promise<void> {
  const { loop, probe, subject } = parties
  const { count, into, phase } = round
  const bodies = bodiesIn(bench, count, phase.spans)
  await subject.settled()
  const beside = phase.begin?.()
  if (beside) await delay(startMs)
  await loop.take(subject.pid)
  into.acks.push(await ask(probe, { kind: 'acks', bodies, pauseMs }))
  into.loops.push(await loop.take(subject.pid))
  await subject.settled()
  into.syncs.push(
    await ask(probe, { kind: 'syncs', count, bytes: into.bytes, pauseMs: syncPauseMs }),
  )
  await beside?.stop()
  rmSync(bodies)
}

function phasesOf(bench: Bench, subject: Subject, isFull: boolean): Phase[] {
  const data = ['--data', dataIn(bench.folder)]
  const search = ['search', '--client', 'nobody', ...data]
  const unlowered = [...search, '--normal-priority']
  const spans = 64
  const atNormal: Phase = {
    name: 'searches at normal priority',
    spans,
    begin: () => keepRunning(unlowered, heavySearches),
  }
  return [
    { name: 'quiet', spans, begin: null },
    { name: 'searches', spans, begin: () => keepRunning(search, heavySearches) },
    { name: 'verify', spans, begin: () => keepRunning(['verify', ...data], 1) },
    { name: 'admin', spans, begin: () => askAdmin(subject.adminEndpoint!) },
    { name: 'quiet', spans: 16, begin: null },
    { name: 'quiet', spans: 1, begin: null },
    ...(isFull ? [atNormal] : []),
  ]
}

/** Gives the ledger what searches read, and what the admin port tells of. */
async function store(bench: Bench, subject: Subject): Promise<void> {
  const large = makeBodies(bench.maker, stored).map(({ signed }) => signed)
  const short = Array.from({ length: shortStreams }, () => bench.maker.stream(1, 1).signed[0]!)
  const files = [...large, short].map((bodies, at) => {
    const path = join(bench.folder, `${at}.bodies`)
    writeBodies(path, bodies)
    return path
  })
  await (await startSender(subject.endpoint, files)).send()
  for (const file of files) rmSync(file)
  await subject.settled()
}

/** Requests that nobody counts; gives the bytes that one of them adds to the commit journal. */
async function warmUp(bench: Bench, { probe, subject }: Parties, spans: number): Promise<number> {
  const journal = join(dataIn(bench.folder), 'ledger', 'commit')
  const before = folderBytes(journal)
  const bodies = bodiesIn(bench, warmUps, spans)
  await ask(probe, { kind: 'acks', bodies, pauseMs })
  rmSync(bodies)
  await subject.settled()
  return Math.round((folderBytes(journal) - before) / warmUps)
}

function bodiesIn({ folder, maker }: Bench, count: number, spans: number): string {
  const path = join(folder, 'acks.bodies')
  writeBodies(path, maker.stream(count, spans).signed)
  return path
}

async function ask(probe: Answerer, task: Task): Promise<number[]> {
  return JSON.parse(await probe.ask(JSON.stringify(task))) as number[]
}
