// What must hold of forwarding after any crash.
import { openOffset } from '@grantlog/journal'
import type { MemoryFiles } from '@grantlog/journal/testing'
import { readDeadLetters } from '../../../../packages/receiver/src/forward/io/dead-letter.ts'
import type { Taken } from './fake-sinks.ts'

/** What there is to be forwarded. */
export interface Sent {
  /** Frames of the log: first record and count. */
  readonly frames: (readonly [first: number, count: number])[]
  /** Bodies in each frame of the queue, as it was read. */
  readonly queued: Map<number, readonly number[]>
  /** Bodies that were acknowledged. */
  readonly acknowledged: number[]
  /** Frames of the queue before this one were said to be dropped, by quota; or skipped, by sink. */
  droppedTo: number
  readonly skippedTo: Map<string, number>
  /** Sinks whose oldest dead letters were said to be dropped. */
  readonly lettersDropped: Set<string>
}

interface Accounted {
  readonly records: ReadonlySet<number>
  readonly bodies: ReadonlySet<number>
  /** Frames of the queue that a dead letter names. */
  readonly buried: ReadonlySet<number>
}

/** Every offset is of what its sink took or what lies in its dead letters. Gives the letters. */
export async function checkOffsets(
  files: MemoryFiles,
  folder: string,
  sent: Sent,
  sinks: ReadonlyMap<string, Taken>,
): Promise<number> {
  let count = 0
  for (const [name, taken] of sinks) {
    const { accounted, letters } = await accountFor(files, folder, name, taken)
    count += letters
    if (sent.lettersDropped.has(name)) continue
    const records = (await openOffset(`${folder}/${name}.offset`, files)).value
    checkRecords(name, sent.frames.slice(0, records), accounted)
    const bodies = (await openOffset(`${folder}/${name}.pass-through.offset`, files)).value
    checkBodies(name, sent, accounted, bodies)
  }
  return count
}

/** Everything is accounted for. */
export async function checkAll(
  files: MemoryFiles,
  folder: string,
  sent: Sent,
  sinks: ReadonlyMap<string, Taken>,
): Promise<void> {
  for (const [name, taken] of sinks) {
    const { accounted } = await accountFor(files, folder, name, taken)
    if (sent.lettersDropped.has(name)) continue
    checkRecords(name, sent.frames, accounted)
    checkBodies(name, sent, accounted, Number.POSITIVE_INFINITY)
    const queued = new Set([...sent.queued.values()].flat())
    for (const body of sent.acknowledged) {
      if (!queued.has(body)) throw new Error(`body ${body} was acknowledged, and is not queued`)
    }
  }
}

async function accountFor(
  files: MemoryFiles,
  folder: string,
  name: string,
  { bodies, records }: Taken,
): Promise<{ accounted: Accounted; letters: number }> {
  checkOrder(name, records)
  checkOrder(name, bodies)
  const letters = await readDeadLetters(folder, name, files)
  const indexesOf = (kind: string): number[] =>
    letters.flatMap(({ indexes, source }) => (source === kind ? indexes : []))
  const accounted = {
    records: new Set([...records, ...indexesOf('ledger')]),
    bodies: new Set(bodies),
    buried: new Set(indexesOf('pass-through')),
  }
  return { accounted, letters: letters.length }
}

/** In order, but for what comes again. */
function checkOrder(name: string, taken: readonly number[]): void {
  const seen = new Set<number>()
  let last = -1
  for (const number of taken) {
    if (seen.has(number)) continue
    if (number < last) throw new Error(`${name} got ${number} for the first time after ${last}`)
    seen.add(number)
    last = number
  }
}

function checkRecords(name: string, frames: Sent['frames'], { records }: Accounted): void {
  for (const [first, count] of frames) {
    for (let record = first; record < first + count; record++) {
      if (!records.has(record)) throw new Error(`${name} never got record ${record}`)
    }
  }
}

function checkBodies(
  name: string,
  { droppedTo, queued, skippedTo }: Sent,
  { bodies, buried }: Accounted,
  before: number,
): void {
  const told = Math.max(droppedTo, skippedTo.get(name) ?? 0)
  for (const [frame, inFrame] of queued) {
    if (frame >= before || frame < told || buried.has(frame)) continue
    for (const body of inFrame) {
      if (!bodies.has(body)) throw new Error(`${name} never got body ${body}, of frame ${frame}`)
    }
  }
}
