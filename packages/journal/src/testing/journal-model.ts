// Scenario: the power goes, or the process is killed, during any change to the disk; repeatedly.
// Guarantee: every acknowledged frame and offset is there, unaltered; at most the one append that
// was under way may be there too, whole; appending goes on at the right number.
import { ok as must } from 'node:assert/strict'
import { JournalError } from '../errors.ts'
import { openJournal } from '../journal.ts'
import type { Journal } from '../journal.ts'
import { openOffset } from '../offset.ts'
import type { Offset } from '../offset.ts'
import { createMemoryFiles, systemError } from './memory-files.ts'
import type { MemoryFiles } from './memory-files.ts'
import { createRandom } from './random.ts'
import type { Random } from './random.ts'

const LIVES = 5

/** What the world outside was told, or asked for. */
interface World {
  readonly random: Random
  readonly files: MemoryFiles
  /** Payloads of acknowledged frames. */
  readonly frames: Uint8Array[]
  /** Payloads whose append did not resolve, in call order. */
  asked: Uint8Array[]
  prunedTo: number
  offset: number
  askedOffset: number
}

/** What was met on the way. */
export interface JournalModelCounts extends Record<string, number> {
  /** Opens that cut a torn frame off. */
  torn: number
}

/** One seed: a journal and an offset through several lives. Throws when a promise is broken. */
export async function runJournalModel(seed: number): Promise<JournalModelCounts> {
  const random = createRandom(seed)
  const files = createMemoryFiles({ seed })
  const counts = { prunedTo: 0, offset: 0, askedOffset: 0 }
  const world: World = { random, files, frames: [], asked: [], ...counts }
  const segmentBytesMax = 1 + random.below(6000)
  let torn = 0
  for (let life = 0; life < LIVES; life += 1) {
    if (!random.oneIn(4)) files.powerOffIn(1 + random.below(40))
    if (random.oneIn(4)) failSometimes(files, random)
    await unlessDown(async () => {
      const options = { directory: '/j', files, segmentBytesMax, salt: () => random.below(2 ** 32) }
      const journal = await openJournal(options)
      if (journal.recovered.droppedBytes > 0) torn += 1
      const offset = await openOffset('/j/consumer', files)
      await check(world, journal, offset)
      await live(world, journal, offset)
    })
    files.fault = undefined
    files.powerOffIn(Number.POSITIVE_INFINITY)
    if (files.isOff || random.oneIn(2)) files.crash()
    else files.kill()
  }
  const journal = await openJournal({ directory: '/j', files, segmentBytesMax })
  await check(world, journal, await openOffset('/j/consumer', files))
  return { torn }
}

/** Appends, several at once, between prunes and offsets, until something breaks or it is enough. */
async function live(world: World, journal: Journal, offset: Offset): Promise<void> {
  const { random } = world
  for (let step = 0; step < 12; step += 1) {
    const batch = Array.from({ length: random.below(4) }, () => random.bytes(random.below(3000)))
    world.asked = batch.slice()
    await Promise.all(batch.map((payload) => append(world, journal, payload)))
    if (random.oneIn(4)) {
      world.prunedTo = Math.max(world.prunedTo, random.below(journal.next + 1))
      await journal.prune(world.prunedTo)
    }
    if (random.oneIn(3)) {
      world.askedOffset = random.below(2 ** 40)
      await offset.set(world.askedOffset)
      world.offset = world.askedOffset
    }
  }
}

async function append(world: World, journal: Journal, payload: Uint8Array): Promise<void> {
  try {
    const number = await journal.append(payload)
    must(number === world.frames.length, `append gave ${number}, not ${world.frames.length}`)
    world.frames.push(payload)
    world.asked.splice(world.asked.indexOf(payload), 1)
  } catch (error) {
    // A frame refused for want of space may not come back.
    if (!(error instanceof JournalError && error.code === 'JOURNAL_FULL')) throw error
    world.asked.splice(world.asked.indexOf(payload), 1)
  }
}

async function check(world: World, journal: Journal, offset: Offset): Promise<void> {
  const { frames } = world
  const more = journal.next - frames.length
  must(more === 0 || more === 1, `${journal.next} frames, ${frames.length} were acknowledged`)
  if (more === 1) {
    const kept = await journal.readFrame(frames.length)
    must(
      world.asked.some((payload) => Buffer.compare(payload, kept) === 0),
      `frame ${frames.length} was never asked for`,
    )
    frames.push(kept)
  }
  world.asked = []
  must(journal.first <= world.prunedTo, `pruned to ${journal.first}, not ${world.prunedTo}`)
  let number = journal.first
  for await (const frame of journal.read(number)) {
    must(frame.number === number, `frame ${frame.number} instead of ${number}`)
    const isSame = Buffer.compare(frame.payload, frames[number] as Uint8Array) === 0
    must(isSame, `frame ${number} is altered`)
    number += 1
  }
  must(number === frames.length, `read to before ${number}, not ${frames.length}`)
  const isKnown = offset.value === world.offset || offset.value === world.askedOffset
  must(isKnown, `offset ${offset.value}, not ${world.offset}`)
  world.offset = offset.value
  world.askedOffset = offset.value
}

function failSometimes(files: MemoryFiles, random: Random): void {
  files.fault = ({ kind }) => {
    if (!random.oneIn(12)) return undefined
    return systemError(kind === 'write' && random.oneIn(2) ? 'ENOSPC' : 'EIO')
  }
}

/** A call that failed because the disk did ends a life; a wrong answer ends the test. */
async function unlessDown(work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    const codes = ['JOURNAL_POISONED', 'JOURNAL_IO', 'JOURNAL_FULL']
    if (!(error instanceof JournalError && codes.includes(error.code))) throw error
  }
}
