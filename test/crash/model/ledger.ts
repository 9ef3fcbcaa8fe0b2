// The ledger from an empty disk through crash after crash: created, opened, committed to by several
// producers who repeat themselves and contradict themselves, sealed, published, closed. All code is
// the real one but SQLite (memory-databases.ts says what stands for it) and the clock.
// Guarantee: what has a receipt is there, at the very place that the receipt named, once, and can
// be opened; what was refused is not; every checkpoint ever published is of one history, and of
// tiles that are on the disk; these are the tiles of a ledger sealed in one go. See
// ledger/checks.ts.
import crypto from 'node:crypto'
import { syncBuiltinESMExports } from 'node:module'
import { createMemoryFiles, createRandom, type Random } from '@grantlog/journal/testing'
import {
  type BatchToCommit,
  createLedger,
  foldersUnder,
  type Ledger,
  LedgerError,
  ledgerExists,
  openLedger,
} from '@grantlog/ledger'
import type { Driver } from './driver.ts'
import {
  checkHistory,
  checkLog,
  checkPublished,
  checkReceipts,
  readCheckpoint,
} from './ledger/checks.ts'
import { type Producer, producers } from './ledger/producers.ts'
import { Told } from './ledger/told.ts'
import { endBetweenCalls, faultOf, liveAndDie, type Mortal } from './lives.ts'
import { createMemoryDatabases, type MemoryDatabases } from './memory-databases.ts'

export const driver: Driver = { name: 'ledger', share: 0.1, run: runSeed }

const folders = foldersUnder('/data')
const dayMs = 86_400_000
const livesMax = 4

interface Counts {
  lives: number
  powerCuts: number
  kills: number
  full: number
  poisoned: number
  receipted: number
  resent: number
  conflicts: number
  recovered: number
  checkpoints: number
}

interface World extends Mortal {
  readonly databases: MemoryDatabases
  readonly told: Told
  readonly counts: Counts
  /** Next number of each producer. */
  readonly next: number[]
  /** Batches that a producer may send again: their answer was lost, or it does not believe it. */
  readonly sent: BatchToCommit[]
  exists: boolean
  nowMs: number
  /** Frames before are checked; the last check goes over all of them again. */
  checkedTo: number
  contents: number
  /** Leaves of the newest checkpoint that anybody could read, and of the newest that is durable. */
  published: number
  durable: number
}

async function runSeed(seed: number): Promise<Readonly<Record<string, number>>> {
  const random = createRandom(seed)
  seedKeys(random)
  const files = createMemoryFiles({ seed })
  const databases = createMemoryDatabases(files)
  const world: World = {
    ...{ random, files, databases, told: new Told(), counts: noCounts() },
    ...{ next: producers.map(() => 0), sent: [], exists: false, nowMs: 1_795_467_000_000 },
    ...{ checkedTo: 0, contents: 0, published: 0, durable: 0, isFaulty: false },
  }
  try {
    for (let life = 0; life < livesMax; life++) await nextLife(world)
    await lastLife(world)
  } finally {
    databases.dispose()
  }
  world.counts.receipted = world.told.receipted.size
  world.counts.checkpoints = world.told.checkpoints.length
  return { ...world.counts }
}

function noCounts(): Counts {
  const ends = { lives: 0, powerCuts: 0, kills: 0, full: 0, poisoned: 0 }
  return { ...ends, receipted: 0, resent: 0, conflicts: 0, recovered: 0, checkpoints: 0 }
}

async function nextLife(world: World): Promise<void> {
  const { counts, files } = world
  counts.lives++
  const setAll = (oneIn: number): void => setFaults(world, oneIn)
  await liveAndDie(world, setAll, () => untilDown(world, () => live(world)))
  if (!world.exists) return
  const size = await checkPublished(files, folders.ledger)
  if (size < world.durable) throw new Error(`${world.durable} were published, ${size} are left`)
}

async function lastLife(world: World): Promise<void> {
  const { files, told } = world
  setFaults(world, 0)
  const ledger = await open(world, [])
  await checkLog(ledger, told, 0)
  checkReceipts(told, ledger.size)
  await ledger.settle()
  await ledger.close()
  files.crash({ torn: false })
  if ((await checkPublished(files, folders.ledger)) !== ledger.size) {
    throw new Error('closed, and not all of it is published')
  }
  await checkHistory(files, folders.ledger, told, ledger.size)
}

/** From opening until it is closed, or the disk fails. */
async function live(world: World): Promise<void> {
  const { random } = world
  const planned: (() => void)[] = []
  const ledger = await open(world, planned)
  try {
    world.checkedTo = await checkLog(ledger, world.told, world.checkedTo)
    const steps = random.below(5)
    for (let step = 0; step < steps && !world.files.isOff; step++) {
      for (const work of planned.splice(0)) work()
      await Promise.all([commitSome(world, ledger), random.oneIn(2) && settle(world, ledger)])
      world.nowMs += random.oneIn(8) ? random.below(2 * dayMs) - dayMs / 2 : 1
    }
  } finally {
    // One that is dead already closes in vain; but nothing of it may go on in the next life.
    if (!random.oneIn(3)) endBetweenCalls(world)
    await untilDown(world, () => ledger.close())
  }
}

async function open(world: World, planned: (() => void)[]): Promise<Ledger> {
  const { databases, files } = world
  const disk = { databases, files }
  if ((await ledgerExists(folders, disk)) !== true) {
    if (world.exists) throw new Error('a ledger was created, and is lost')
    await createLedger(folders, 'model.example/log', disk)
    world.exists = true
  }
  const options = {
    now: () => world.nowMs,
    schedule: (work: () => void) => {
      planned.push(work)
      return () => void planned.splice(planned.indexOf(work), 1)
    },
  }
  const ledger = await openLedger(folders, options, disk)
  // One that was found may be in the page cache only, until it is opened.
  world.exists = true
  if (ledger.published < world.published) throw new Error('the log has shrunk')
  world.counts.recovered += ledger.size
  return ledger
}

/** Batches of several producers at once, new, sent again, and contradicting. */
async function commitSome(world: World, ledger: Ledger): Promise<void> {
  const { random } = world
  const batches = Array.from({ length: random.below(4) }, () => nextBatch(world))
  const work: Promise<void>[] = batches.map((batch) => commit(world, ledger, batch))
  const contents = random.oneIn(250) ? 130 : random.oneIn(6) ? 1 : 0
  for (let i = 0; i < contents; i++) work.push(commitContent(world, ledger))
  await Promise.all(work)
}

function nextBatch(world: World): BatchToCommit {
  const { counts, next, random, sent } = world
  if (sent.length > 0 && random.oneIn(3)) {
    counts.resent++
    return sent[random.below(sent.length)]!
  }
  const which = random.below(producers.length)
  const producer: Producer = producers[which]!
  const count = 1 + random.below(4)
  // Sometimes overlapping what was sent before, sometimes with a hole.
  const first = Math.max(0, next[which]! + (random.oneIn(4) ? random.below(4) - 2 : 0))
  if (first + count > 60) return sent[random.below(sent.length)]!
  const batch = producer.batch(first, count, random.oneIn(8) ? 1 : 0)
  next[which] = Math.max(next[which]!, first + count)
  sent.push(batch)
  return batch
}

async function commit(world: World, ledger: Ledger, batch: BatchToCommit): Promise<void> {
  const { counts, told } = world
  try {
    const committed = await ledger.commit(batch)
    told.answer(batch, committed)
    counts.conflicts += committed.filter(({ outcome }) => outcome === 'conflict').length
  } catch (error) {
    requireDisk(world, error)
    if (!isRefusal(error)) told.doubt(batch)
  }
}

async function commitContent(world: World, ledger: Ledger): Promise<void> {
  const { told } = world
  const digits = String(world.contents++).padStart(12, '0')
  const id = `01999999-0000-7000-9000-${digits}`
  try {
    const content = Buffer.from(id)
    told.content.set(id, await ledger.commitContent({ type: 'refusals', id, content }))
  } catch (error) {
    requireDisk(world, error)
    if (!isRefusal(error)) told.doubtOne(id)
  }
}

async function settle(world: World, ledger: Ledger): Promise<void> {
  await untilDown(world, async () => {
    await ledger.settle()
    world.durable = Math.max(world.durable, ledger.published)
  })
}

/** Whoever is told this may forget the record: it does not come back. */
function isRefusal(error: unknown): boolean {
  return error instanceof LedgerError && ['LEDGER_FULL', 'LEDGER_LIMIT'].includes(error.code)
}

async function untilDown(world: World, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    requireDisk(world, error)
  }
}

/** A call that failed because the disk did is as it should be; anything else is a bug. */
function requireDisk(world: World, error: unknown): void {
  const { counts, files } = world
  const code = (error as { code?: string }).code ?? ''
  if (code === 'LEDGER_FULL') counts.full++
  if (code === 'LEDGER_POISONED') counts.poisoned++
  const expected = /^(LEDGER_FULL|LEDGER_POISONED|JOURNAL_(POISONED|IO|FULL|CLOSED)|EPOWER)$/
  const isDown = files.isOff || world.isFaulty
  if (isDown && (expected.test(code) || (files.isOff && code === 'KEYSTORE_DAMAGED'))) return
  throw error
}

/** One call in `oneIn` fails, if it is not 0; and whatever is published is noted. */
function setFaults(world: World, oneIn: number): void {
  const { files, random, told } = world
  const checkpoint = `${folders.ledger}/checkpoint`
  files.fault = ({ kind, path }) => {
    if (kind === 'rename' && path === checkpoint) {
      const seen = readCheckpoint(files.contents(`${path}.tmp`))
      told.checkpoints.push(seen)
      world.published = Math.max(world.published, seen.size)
    }
    if (oneIn === 0 || !random.oneIn(oneIn)) return undefined
    world.isFaulty = true
    return faultOf(random, kind)
  }
}

/**
 * Keys and nonces by the seed: their bytes decide nothing, but how well they compress does, and a
 * seed must be the same run each time.
 */
function seedKeys(random: Random): void {
  const own = createRandom(random.below(2 ** 32))
  const randomBytes = (size: number): Buffer => Buffer.from(own.bytes(size))
  Object.assign(crypto, { randomBytes })
  syncBuiltinESMExports()
}
