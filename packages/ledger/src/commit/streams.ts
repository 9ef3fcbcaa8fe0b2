// Where each record of each stream is in the log: what makes a batch sent twice be sealed once.
// Pure memory, rebuilt from the leaves at start. See streams.test.ts.
import { runsPerBlockMax } from '../limits.ts'

/** A stream's state, for accounting. */
export interface StreamState {
  readonly kid: string
  readonly instance: string
  readonly records: number
  readonly highestSeq: number
  /** Numbers below the highest that never arrived. */
  readonly missing: number
  readonly closed: boolean
}

/**
 * Runs sorted by number, four numbers each: first number, first index, length, and the step from
 * one index to the next. Batches of many records have step 1; records that were committed alone
 * have step 2, for each commit ends with its frame leaf.
 */
type Block = number[]
const width = 4

interface Stream {
  readonly kid: string
  readonly instance: string
  /** Sorted. Bounded, so that inserting into the middle of a stream moves few numbers. */
  readonly blocks: Block[]
  records: number
  highestSeq: number
  closed: boolean
}

/** Positions of all records by (kid, instance, sequence number). */
export class Streams {
  readonly #streams = new Map<string, Stream>()

  /** The leaf index of a record, undefined when it is not in the log. */
  find(kid: string, instance: string, seq: number): number | undefined {
    const stream = this.#streams.get(`${kid} ${instance}`)
    const block = stream?.blocks[blockFor(stream.blocks, seq)]
    const at = block ? runFor(block, seq) * width : -1
    if (!block || at < 0) return undefined
    const after = seq - block[at]!
    return after < block[at + 2]! ? block[at + 1]! + after * block[at + 3]! : undefined
  }

  /** Notes a record that is not in the log yet. */
  add(record: { kid: string; instance: string; seq: number; type: string }, index: number): void {
    const { kid, instance, seq, type } = record
    const name = `${kid} ${instance}`
    const stream = this.#streams.get(name) ?? {
      kid,
      instance,
      blocks: [],
      records: 0,
      highestSeq: -1,
      closed: false,
    }
    this.#streams.set(name, stream)
    if (type === 'stop') stream.closed = true
    stream.records++
    stream.highestSeq = Math.max(stream.highestSeq, seq)
    insert(stream.blocks, seq, index)
  }

  *states(): Generator<StreamState> {
    for (const { kid, instance, records, highestSeq, closed } of this.#streams.values()) {
      const missing = highestSeq + 1 - records
      yield { kid, instance, records, highestSeq, missing, closed }
    }
  }

  /** Runs that are kept: memory goes by them, about 40 bytes each. */
  get runs(): number {
    let numbers = 0
    for (const { blocks } of this.#streams.values()) {
      for (const block of blocks) numbers += block.length
    }
    return numbers / width
  }

  /** Runs in the longest array: what adding one record moves at most. */
  get runsMovedMax(): number {
    let longest = 0
    for (const { blocks } of this.#streams.values()) {
      for (const block of blocks) longest = Math.max(longest, block.length)
    }
    return longest / width
  }
}

function insert(blocks: Block[], seq: number, index: number): void {
  if (blocks.length === 0) blocks.push([])
  const which = Math.max(0, blockFor(blocks, seq))
  const block = blocks[which]!
  const run = runFor(block, seq)
  if (run >= 0 && extend(block, run * width, seq, index)) return
  block.splice((run + 1) * width, 0, seq, index, 1, 1)
  if (block.length <= runsPerBlockMax * width) return
  // A stream mostly grows at its end: there a block stays full, and the new run begins the next.
  const isEnd = which === blocks.length - 1 && (run + 2) * width === block.length
  const from = isEnd ? runsPerBlockMax : runsPerBlockMax >>> 1
  blocks.splice(which + 1, 0, block.splice(from * width))
}

/** Adds a record to the run before it, if it is the run's next. A run of one takes any step. */
function extend(block: Block, at: number, seq: number, index: number): boolean {
  const [firstSeq, firstIndex, length] = [block[at]!, block[at + 1]!, block[at + 2]!]
  if (seq !== firstSeq + length) return false
  const step = length === 1 ? index - firstIndex : block[at + 3]!
  if (index !== firstIndex + length * step) return false
  block[at + 2] = length + 1
  block[at + 3] = step
  return true
}

/** Position of the last block that begins at or before `seq`; -1 when none does. */
function blockFor(blocks: readonly Block[], seq: number): number {
  return lastWhere(blocks.length, (i) => blocks[i]![0]! <= seq)
}

/** Position of the last run that begins at or before `seq`; -1 when none does. */
function runFor(block: Block, seq: number): number {
  return lastWhere(block.length / width, (i) => block[i * width]! <= seq)
}

/** The last of `count` positions for which `holds`, which holds for a first part of them only. */
function lastWhere(count: number, holds: (position: number) => boolean): number {
  let low = 0
  let high = count
  while (low < high) {
    const middle = (low + high) >>> 1
    if (holds(middle)) low = middle + 1
    else high = middle
  }
  return low - 1
}
