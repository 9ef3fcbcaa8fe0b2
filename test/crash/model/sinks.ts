// Forwarding from an empty disk through crash after crash: records from a log and bodies from the
// durable queue of pass-through go to two sinks that take, refuse, fail, and answer too late. All
// code of forward/ and queue/ is the real one but HTTP and the timers; the ledger is a journal of
// record numbers.
// Guarantee: whatever was committed reaches every sink, in order but for repeats, or is in its dead
// letters; no offset is ever ahead of that; what was acknowledged of pass-through arrives too, or
// is dropped loudly by quota, and nothing is called dropped that was not. See sinks/checks.ts.
import { createMemoryFiles, createRandom, systemError } from '@grantlog/journal/testing'
import { type Forwarding, startForwarding } from '../../../packages/receiver/src/forward/forward.ts'
import type { LogEvent } from '../../../packages/receiver/src/flow.ts'
import { LIMITS } from '../../../packages/receiver/src/limits.ts'
import {
  openPassThrough,
  type PassThroughQueue,
} from '../../../packages/receiver/src/queue/pass-through.ts'
import type { Driver } from './driver.ts'
import { endBetweenCalls, faultOf, liveAndDie, type Mortal } from './lives.ts'
import { checkAll, checkOffsets, type Sent } from './sinks/checks.ts'
import { bodiesIn, bodyOf, Commits, recordsMax } from './sinks/commits.ts'
import { FakeSinks, sinkNames } from './sinks/fake-sinks.ts'

export const driver: Driver = { name: 'sinks', share: 0.2, run: runSeed }

const folder = '/data/queue'
const livesMax = 4

interface World extends Mortal {
  readonly sinks: FakeSinks
  readonly sent: Sent
  readonly sleepers: Set<() => void>
  readonly queueBytes: number
  readonly deadLetterBytes: number
  records: number
  bodies: number
  uptimeMs: number
  /** What was said that may not be said. */
  broken: string | undefined
  counts: {
    powerCuts: number
    kills: number
    letters: number
    stopped: number
    dropped: number
    rotated: number
  }
}

/** What one process has open. */
interface Process {
  readonly commits: Commits
  readonly queue: PassThroughQueue
  readonly forwarding: Forwarding
}

async function runSeed(seed: number): Promise<Readonly<Record<string, number>>> {
  const random = createRandom(seed)
  const files = createMemoryFiles({ seed })
  const sent = {
    frames: [],
    queued: new Map(),
    acknowledged: [],
    droppedTo: 0,
    skippedTo: new Map(),
    lettersDropped: new Set<string>(),
  }
  const world: World = {
    ...{ random, files, sinks: new FakeSinks(random), sent, sleepers: new Set() },
    queueBytes: random.oneIn(3) ? 300 : LIMITS.queueBytes,
    deadLetterBytes: random.oneIn(3) ? 250 : LIMITS.deadLetterBytes,
    ...{ records: 0, bodies: 0, uptimeMs: 0, isFaulty: false, broken: undefined },
    counts: { powerCuts: 0, kills: 0, letters: 0, stopped: 0, dropped: 0, rotated: 0 },
  }
  await files.makeDirectory(folder)
  for (let life = 0; life < livesMax; life++) await nextLife(world)
  await lastLife(world)
  if (world.broken !== undefined) throw new Error(world.broken)
  const { counts, sinks } = world
  const { lostAnswers, refusals } = sinks
  return { ...counts, records: world.records, bodies: world.bodies, lostAnswers, refusals }
}

async function nextLife(world: World): Promise<void> {
  const { counts, files, sent, sinks } = world
  const setAll = (oneIn: number): void => setFaults(world, oneIn)
  await liveAndDie(world, setAll, () => untilDown(world, () => live(world)))
  counts.letters += await checkOffsets(files, folder, sent, sinks.taken)
}

async function lastLife(world: World): Promise<void> {
  const { files, sent, sinks, sleepers } = world
  sinks.areWell = true
  const process = await start(world)
  for (let rounds = 0; sleepers.size > 0 || rounds < 2; rounds++) {
    await passTime(world, 10 * LIMITS.backoffMaxMs)
    if (rounds > 1000) throw new Error('the sinks are well, and it does not end')
  }
  await end(process)
  files.crash({ torn: false })
  await checkOffsets(files, folder, sent, sinks.taken)
  await checkAll(files, folder, sent, sinks.taken)
}

/** From the start until it is closed, or killed, or the disk fails. */
async function live(world: World): Promise<void> {
  const { files, random } = world
  const process = await start(world)
  try {
    const steps = random.below(6)
    for (let step = 0; step < steps && !files.isOff; step++) {
      await Promise.all([commitSome(world, process), queueSome(world, process)])
      await passTime(world, random.below(2000))
    }
  } finally {
    if (!random.oneIn(3)) endBetweenCalls(world)
    await untilDown(world, () => end(process))
  }
}

async function start(world: World): Promise<Process> {
  const { files, queueBytes, random } = world
  const log = (event: LogEvent): void => heed(world, event, () => queue.first)
  const commits = await Commits.open(files, random)
  await recoverFrames(world, commits)
  const queue = await openPassThrough({
    ...{ directory: `${folder}/passthrough`, frameBytes: 4096, queueBytes, log, files },
    segmentBytes: 130,
  })
  try {
    await noteQueue(world, queue)
    return { commits, queue, forwarding: await forward(world, commits, queue, log) }
  } catch (error) {
    await queue.close()
    throw error
  }
}

function forward(
  world: World,
  commits: Commits,
  queue: PassThroughQueue,
  log: (event: LogEvent) => void,
): Promise<Forwarding> {
  const { deadLetterBytes, files, sinks } = world
  const limits = { sinkBatchSpans: 8, sinkBatchBytes: 200, refusedAllMs: 3000, deadLetterBytes }
  return startForwarding({
    sinks: sinkNames.map((name) => ({ name, url: `http://${name}/v1/traces` })),
    ...{ folder, records: commits, queues: { traces: queue }, files, log, post: sinks.post },
    projection: { origin: 'model.example/log', verdictOf: () => 'verified' },
    limits: { ...LIMITS, ...limits },
    now: () => 1_795_467_000_000 + world.uptimeMs,
    timing: timingOf(world),
  })
}

async function end({ commits, forwarding, queue }: Process): Promise<void> {
  await forwarding.close()
  await queue.close()
  await commits.journal.close()
}

async function commitSome(world: World, { commits }: Process): Promise<void> {
  const { random, sent } = world
  const frames = random.below(3)
  for (let i = 0; i < frames; i++) {
    const count = Math.min(random.below(5), recordsMax - world.records)
    const first = world.records
    await untilDown(world, async () => {
      await commits.append(first, count)
      sent.frames.push([first, count])
      world.records += count
    })
  }
}

/** A frame whose append was cut off may be there. */
async function recoverFrames(world: World, commits: Commits): Promise<void> {
  const { sent } = world
  for await (const { payload } of commits.journal.read(sent.frames.length)) {
    const [first, count] = payload as unknown as [number, number]
    sent.frames.push([first, count])
    world.records = first + count
  }
}

/** Several at once, which share frames. */
async function queueSome(world: World, { queue }: Process): Promise<void> {
  const { random, sent } = world
  const append = async (): Promise<void> => {
    const body = world.bodies++
    await untilDown(world, async () => {
      await queue.append(bodyOf(body))
      sent.acknowledged.push(body)
    })
  }
  await Promise.all(Array.from({ length: random.below(4) }, append))
  if (!world.files.isOff) await noteQueue(world, queue)
}

async function noteQueue(world: World, queue: PassThroughQueue): Promise<void> {
  const { sent } = world
  try {
    for await (const { number, payload } of queue.read(queue.first)) {
      sent.queued.set(number, bodiesIn(payload))
    }
  } catch (error) {
    // Dropped by quota while it was read.
    if ((error as { code?: string }).code !== 'JOURNAL_MISSING') throw error
    await noteQueue(world, queue)
  }
}

/** What is said aloud: that frames of the queue are dropped, or were when a sink came for them. */
function heed(world: World, event: LogEvent, first: () => number): void {
  const { counts, files, queueBytes, sent } = world
  const { code, sink } = event
  if (code === 'SINK_STOPPED') {
    counts.stopped++
    if (!files.isOff && !world.isFaulty) world.broken ??= `${String(event['detail'])}`
  }
  if (code === 'PASS_THROUGH_DROPPED' || code === 'SINK_SKIPPED') {
    counts.dropped++
    if (queueBytes === LIMITS.queueBytes) world.broken ??= `${code}, but nothing was dropped`
  }
  if (code === 'PASS_THROUGH_DROPPED') sent.droppedTo = first()
  if (code === 'SINK_SKIPPED') sent.skippedTo.set(String(sink), first())
  if (code !== 'DEAD_LETTERS_ROTATED') return
  counts.rotated++
  if (event['dropped'] === true) sent.lettersDropped.add(String(sink))
}

/** Everything that waits for nothing but time goes on; then all that can go on has. */
async function passTime(world: World, ms: number): Promise<void> {
  world.uptimeMs += ms
  for (const wake of [...world.sleepers]) wake()
  await new Promise((resolve) => setImmediate(resolve))
}

function timingOf(world: World): {
  uptimeMs: () => number
  random: () => number
  sleep: (ms: number, signal: AbortSignal) => Promise<void>
} {
  const sleep = (_ms: number, signal: AbortSignal): Promise<void> =>
    new Promise((resolve) => {
      const wake = (): void => {
        world.sleepers.delete(wake)
        resolve()
      }
      world.sleepers.add(wake)
      if (signal.aborted) wake()
      signal.addEventListener('abort', wake)
    })
  return { uptimeMs: () => world.uptimeMs, random: () => 0.5, sleep }
}

async function untilDown(world: World, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    requireDisk(world, error)
  }
}

/** A call that failed because the disk did is as it should be; anything else is a bug. */
function requireDisk({ files, isFaulty }: World, error: unknown): void {
  const code = (error as { code?: string }).code ?? ''
  if ((files.isOff || isFaulty) && /^(JOURNAL_(POISONED|IO|FULL|CLOSED)|E[A-Z]+)$/.test(code))
    return
  throw error
}

/** One call in `oneIn` fails, if it is not 0; and in some lives no letter fits on the disk. */
function setFaults(world: World, oneIn: number): void {
  const { files, random } = world
  const areLettersFull = random.oneIn(8)
  files.fault = ({ kind, path }) => {
    if (areLettersFull && kind === 'write' && path.endsWith('.dead.jsonl')) {
      world.isFaulty = true
      return systemError('ENOSPC')
    }
    if (oneIn === 0 || !random.oneIn(oneIn)) return undefined
    world.isFaulty = true
    return faultOf(random, kind)
  }
}
