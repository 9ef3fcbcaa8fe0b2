// Scenario: the power goes, or the process is killed, during any change to the disk; repeatedly,
// under faults, on a disk that fills. At last a bit flips or a file is cut.
// Guarantee: every acknowledged frame and offset is there, unaltered; of unsynced ones a power cut
// takes some last ones at most; the one append that was under way may be there too, whole;
// appending goes on at the right number; rot gives no altered frame, and takes no more than the
// last synced one unseen.
import { ok as must } from 'node:assert/strict'
import { openBallast } from '../ballast.ts'
import { JournalError } from '../errors.ts'
import type { JournalErrorCode } from '../errors.ts'
import { openJournal } from '../journal.ts'
import type { Journal, JournalOptions } from '../journal.ts'
import { openOffset } from '../offset.ts'
import type { Offset } from '../offset.ts'
import { writeJournalSync } from '../write-sync.ts'
import { createMemoryFiles, systemError } from './memory-files.ts'
import type { MemoryFiles } from './memory-files.ts'
import { createRandom } from './random.ts'
import type { Random } from './random.ts'

const LIVES = 3
const STEPS = 6
const NO_QUOTA = 2 ** 40
const directory = '/j'
const ballast = { path: '/b/ballast', bytes: 3000 }

/** What was met on the way, over all seeds none of it zero. */
export interface JournalModelCounts extends Record<string, number> {
  kills: number
  powerCuts: number
  /** Lives that ended because a write or sync failed otherwise than by a full disk. */
  poisoned: number
  /** Opens that cut something off. */
  torn: number
  /** Unsynced frames that a power cut took, and that it left. */
  unsyncedLost: number
  unsyncedKept: number
  /** Appends refused on a full disk, over the quota, and taken after the ballast was given up. */
  full: number
  overQuota: number
  relieved: number
  /** Journals written at exit, and those of them that were cut short. */
  exits: number
  exitsCut: number
  /** Rot: told as such, without effect, taken for the torn end. */
  rotFound: number
  rotHarmless: number
  rotAtEnd: number
}

/** What the world outside was told, or asked for. */
interface World {
  readonly random: Random
  readonly files: MemoryFiles
  readonly options: JournalOptions
  readonly counts: JournalModelCounts
  /** Payloads of the frames whose append resolved. */
  readonly frames: Uint8Array[]
  /** Those below this number were promised to survive a power cut. */
  durable: number
  /** Frames that must be there at the next open. */
  least: number
  /** Payloads whose append did not resolve, in call order. */
  asked: Uint8Array[]
  prunedTo: number
  offset: number
  askedOffset: number
}

/** One seed: a journal and an offset through several lives. Throws when a promise is broken. */
export async function runJournalModel(seed: number): Promise<JournalModelCounts> {
  const world = makeWorld(seed)
  const { random, files } = world
  for (let life = 0; life < LIVES; life += 1) {
    files.capacityBytes = random.oneIn(3) ? 3000 + random.below(20_000) : Infinity
    if (!random.oneIn(4)) files.powerOffIn(1 + random.below(40))
    if (random.oneIn(4)) failSometimes(files, random)
    await unlessDown(world, () => live(world))
    await leave(world)
  }
  files.capacityBytes = Infinity
  const journal = await openJournal({ ...world.options, bytesMax: NO_QUOTA })
  await check(world, journal, await openOffset('/j/consumer', files))
  if (world.random.oneIn(2)) await journal.close()
  await rot(world)
  return world.counts
}

function makeWorld(seed: number): World {
  const random = createRandom(seed)
  const files = createMemoryFiles({ seed })
  const segmentBytesMax = 1 + random.below(3000)
  const salt = (): number => random.below(2 ** 32)
  const bytesMax = random.oneIn(3) ? 72 + random.below(6000) : NO_QUOTA
  const counts: JournalModelCounts = {
    ...{ kills: 0, powerCuts: 0, poisoned: 0, torn: 0, unsyncedLost: 0, unsyncedKept: 0 },
    ...{ full: 0, overQuota: 0, relieved: 0, exits: 0, exitsCut: 0 },
    ...{ rotFound: 0, rotHarmless: 0, rotAtEnd: 0 },
  }
  const numbers = { durable: 0, least: 0, prunedTo: 0, offset: 0, askedOffset: 0 }
  const options = { directory, files, segmentBytesMax, bytesMax, salt }
  return { random, files, options, counts, frames: [], asked: [], ...numbers }
}

/** Opens, checks, then appends, several at once, between syncs, prunes and offsets. */
async function live(world: World): Promise<void> {
  const { files, random } = world
  await files.makeDirectory('/b')
  const held = await openBallast({ ...ballast, files })
  const journal = await openJournal(world.options)
  if (journal.recovered.droppedBytes > 0) world.counts.torn += 1
  const offset = await openOffset('/j/consumer', files)
  await check(world, journal, offset)
  for (let step = 0; step < STEPS; step += 1) {
    const batch = Array.from({ length: random.below(4) }, () => somePayload(random))
    world.asked = batch.slice()
    await all(batch.map((payload) => append(world, journal, payload)))
    if (random.oneIn(6)) await sync(world, journal)
    if (random.oneIn(4)) await prune(world, journal)
    if (random.oneIn(4)) await setOffset(world, offset)
    if (files.capacityBytes < Infinity && (await held.release())) await relieve(world, journal)
  }
  if (random.oneIn(4)) await journal.close()
  if (random.oneIn(4)) world.durable = Math.max(world.durable, journal.durable)
}

/** Waits for all, also when one fails: an append must not go on in the next life. */
async function all(appends: Promise<boolean>[]): Promise<void> {
  for (const settled of await Promise.allSettled(appends)) {
    if (settled.status === 'rejected') throw settled.reason
  }
}

function somePayload(random: Random): Uint8Array {
  return random.bytes(random.below(random.oneIn(6) ? 1500 : 200))
}

async function append(world: World, journal: Journal, payload: Uint8Array): Promise<boolean> {
  const isSynced = world.random.oneIn(2)
  const forget = (): unknown => world.asked.splice(world.asked.indexOf(payload), 1)
  try {
    const number = await journal.append(payload, { sync: isSynced })
    must(number === world.frames.length, `append gave ${number}, not ${world.frames.length}`)
    world.frames.push(payload)
    world.least = number + 1
    if (isSynced) world.durable = number + 1
    forget()
    return true
  } catch (error) {
    if (!isOneOf(error, ['JOURNAL_FULL', 'JOURNAL_QUOTA', 'JOURNAL_TOO_LARGE'])) throw error
    if (error.code === 'JOURNAL_FULL') world.counts.full += 1
    if (error.code === 'JOURNAL_QUOTA') world.counts.overQuota += 1
    // A frame refused for want of space may not come back.
    forget()
    return false
  }
}

async function sync(world: World, journal: Journal): Promise<void> {
  const { next } = journal
  await journal.sync()
  world.durable = next
  must(journal.durable >= next, `synced ${next}, but only ${journal.durable} are called durable`)
}

async function prune(world: World, journal: Journal): Promise<void> {
  const { options, random } = world
  const isAll = random.oneIn(2)
  const before = isAll ? journal.next : random.below(journal.next + 1)
  world.prunedTo = Math.max(world.prunedTo, before)
  await journal.prune(before)
  const quota = options.bytesMax as number
  if (!isAll || quota === NO_QUOTA) return
  // With everything pruned, whatever the quota allows at all must fit.
  const payload = random.bytes(Math.max(0, quota - 72 - (quota % 8) - random.below(2)))
  world.asked = [payload]
  const { full } = world.counts
  const isIn = await append(world, journal, payload)
  must(isIn || world.counts.full > full, 'all was pruned, and still there is no room')
}

async function setOffset(world: World, offset: Offset): Promise<void> {
  const { askedOffset } = world
  world.askedOffset = world.random.below(2 ** 40)
  try {
    await offset.set(world.askedOffset)
    world.offset = world.askedOffset
  } catch (error) {
    if (!isOneOf(error, ['JOURNAL_FULL'])) throw error
    world.askedOffset = askedOffset
  }
}

/** The ballast was given up: there is room for a while. */
async function relieve(world: World, journal: Journal): Promise<void> {
  const { counts, files, random } = world
  const { full } = counts
  const payload = random.bytes(500)
  world.asked = [payload]
  const free = await files.freeBytes('/')
  if (await append(world, journal, payload)) counts.relieved += 1
  const isExcused = files.fault !== undefined || free < 1000
  must(counts.full === full || isExcused, 'a ballast was given up, and there is no room')
}

/** The life ends, sometimes after a journal written at exit; then that is checked. */
async function leave(world: World): Promise<void> {
  const { counts, files, random } = world
  const written = !files.isOff && random.oneIn(3) ? writeAtExit(world) : undefined
  files.fault = undefined
  const isPowerCut = files.isOff || random.oneIn(2)
  if (isPowerCut) files.crash()
  else files.kill()
  counts.kills += isPowerCut ? 0 : 1
  counts.powerCuts += isPowerCut ? 1 : 0
  if (isPowerCut) world.least = world.durable
  if (written === undefined) return
  files.capacityBytes = Infinity
  counts.exits += 1
  if (written.least < written.payloads.length) counts.exitsCut += 1
  await checkExit(world, written)
}

interface ExitJournal {
  readonly directory: string
  readonly payloads: Uint8Array[]
  /** Frames that must be there. */
  readonly least: number
}

function writeAtExit({ files, random, options }: World): ExitJournal {
  const folder = `/e${files.lives}`
  const payloads = Array.from({ length: random.below(6) }, () => somePayload(random))
  if (random.oneIn(2)) files.powerOffIn(1 + random.below(14))
  const place = { directory: folder, files: files.syncFiles, salt: options.salt as () => number }
  const limit = random.oneIn(4) ? { bytesMax: 40 + random.below(600) } : {}
  const { frames, error } = writeJournalSync({ ...place, payloads, ...limit })
  const isSure = error === undefined || isOneOf(error, ['JOURNAL_FULL', 'JOURNAL_QUOTA'])
  return { directory: folder, payloads, least: isSure ? frames : 0 }
}

async function checkExit({ files }: World, exit: ExitJournal): Promise<void> {
  const journal = await openJournal({ directory: exit.directory, files })
  must(journal.next >= exit.least, `${journal.next} frames written at exit, not ${exit.least}`)
  for await (const { number, payload } of journal.read(0)) {
    must(isSame(payload, exit.payloads[number]), `frame ${number} written at exit is altered`)
  }
}

async function check(world: World, journal: Journal, offset: Offset): Promise<void> {
  const { counts, frames } = world
  const { next } = journal
  must(next >= world.least, `${next} frames, ${world.least} were promised`)
  must(next <= frames.length + 1, `${next} frames, ${frames.length} were appended`)
  counts.unsyncedKept += Math.min(next, frames.length) - world.durable
  counts.unsyncedLost += Math.max(0, frames.length - next)
  if (next > frames.length) {
    const kept = await journal.readFrame(frames.length)
    const isAsked = world.asked.some((payload) => isSame(payload, kept))
    must(isAsked, `frame ${frames.length} was never asked for`)
    frames.push(kept)
  }
  frames.length = next
  world.asked = []
  world.least = next
  world.durable = next
  must(journal.durable === next, `durable is ${journal.durable}, not ${next}`)
  must(journal.first <= world.prunedTo, `pruned to ${journal.first}, not ${world.prunedTo}`)
  await checkFrames(world, journal)
  const isKnown = offset.value === world.offset || offset.value === world.askedOffset
  must(isKnown, `offset ${offset.value}, not ${world.offset}`)
  world.offset = offset.value
  world.askedOffset = offset.value
}

async function checkFrames({ frames }: World, journal: Journal): Promise<void> {
  let number = journal.first
  for await (const frame of journal.read(number)) {
    must(frame.number === number, `frame ${frame.number} instead of ${number}`)
    must(isSame(frame.payload, frames[number]), `frame ${number} is altered`)
    number += 1
  }
  must(number === journal.next, `read to before ${number}, not ${journal.next}`)
}

/** Only the very last synced frame may be taken for a torn one; what is cut off is gone. */
async function rot(world: World): Promise<void> {
  const { counts, files, frames } = world
  files.crash({ torn: false })
  const what = files.rot(directory)
  try {
    const offset = await openOffset('/j/consumer', files)
    must(offset.value === world.offset, `offset ${offset.value}, not ${world.offset}`)
    const journal = await openJournal({ ...world.options, bytesMax: NO_QUOTA })
    const least = what === 'cut' ? 0 : frames.length - 1
    must(journal.next <= frames.length, `${journal.next} frames, ${frames.length} were appended`)
    must(journal.next >= least, `${journal.next} frames after a flipped bit, not ${frames.length}`)
    await checkFrames(world, journal)
    if (journal.next < frames.length) counts.rotAtEnd += 1
    else counts.rotHarmless += 1
  } catch (error) {
    if (!isOneOf(error, ['JOURNAL_CORRUPT', 'JOURNAL_OFFSET_CORRUPT'])) throw error
    counts.rotFound += 1
  }
}

function isSame(one: Uint8Array, other: Uint8Array | undefined): boolean {
  return other !== undefined && Buffer.compare(one, other) === 0
}

function failSometimes(files: MemoryFiles, random: Random): void {
  files.fault = ({ kind }) => {
    if (!random.oneIn(12)) return undefined
    return systemError(kind === 'write' && random.oneIn(2) ? 'ENOSPC' : 'EIO')
  }
}

/** A call that failed because the disk did ends a life; a wrong answer ends the test. */
async function unlessDown(world: World, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    // Folders of its own the model makes without a journal.
    if (error instanceof Error && 'code' in error && !(error instanceof JournalError)) {
      if (['EIO', 'EPOWER'].includes(String(error.code))) return
    }
    if (!isOneOf(error, ['JOURNAL_POISONED', 'JOURNAL_IO', 'JOURNAL_FULL'])) throw error
    if (error.code === 'JOURNAL_POISONED' && !world.files.isOff) world.counts.poisoned += 1
  }
}

function isOneOf(error: unknown, codes: readonly JournalErrorCode[]): error is JournalError {
  return error instanceof JournalError && codes.includes(error.code)
}
