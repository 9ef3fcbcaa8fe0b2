// Where the records of one stream are in the log, by sequence number. See streams.test.ts.
import { runsPerBlockMax } from '../limits.ts'

/**
 * Runs sorted by number, four numbers each: first number, first index, length, and the step from
 * one index to the next. Batches of many records have step 1; records that were committed alone
 * have step 2, for each commit ends with its frame leaf. Indexes grow with time, so steps are
 * positive.
 */
type Block = number[]
const width = 4

/** Numbers from `first` to `last`, both included. */
export type NumberRange = readonly [first: number, last: number]

/** The records of a stream: number → index. */
export class Positions {
  /** Sorted. Bounded, so that inserting into the middle of a stream moves few numbers. */
  readonly #blocks: Block[] = []
  #count = 0
  #lastIndex = -1

  /** The index of a record, undefined when it is not in the log. */
  find(seq: number): number | undefined {
    const block = this.#blocks[blockFor(this.#blocks, seq)]
    const at = block ? runFor(block, seq) * width : -1
    if (!block || at < 0) return undefined
    const after = seq - block[at]!
    return after < block[at + 2]! ? block[at + 1]! + after * block[at + 3]! : undefined
  }

  /** Notes a record that is not there yet; its index is above all others. True: it is a new run. */
  add(seq: number, index: number): boolean {
    this.#count++
    this.#lastIndex = index
    return insert(this.#blocks, seq, index)
  }

  /**
   * The same for records that follow each other in both; gives how many runs are new. A run may go
   * on at another step than 1, so that the first two go the long way.
   */
  addRun(seq: number, index: number, count: number): number {
    let runs = 0
    for (let i = 0; i < count; i++) {
      if (this.add(seq + i, index + i)) runs++
      const rest = count - i - 1
      if (i === 0 || rest === 0 || !lengthen(this.#blocks, seq + i, rest)) continue
      this.#count += rest
      this.#lastIndex = index + count - 1
      break
    }
    return runs
  }

  /** Records with an index below `index`. */
  countBelow(index: number): number {
    if (this.#lastIndex < index) return this.#count
    let count = 0
    for (const [, firstIndex, length, step] of this.#runs()) {
      if (firstIndex >= index) continue
      count += Math.min(length, Math.ceil((index - firstIndex) / step))
    }
    return count
  }

  /** The numbers below `end` that are not there, as at most `most` ranges, the lowest first. */
  missing(end: number, most: number): NumberRange[] {
    const ranges: NumberRange[] = []
    let next = 0
    for (const [first, , length] of this.#runs()) {
      if (ranges.length >= most) return ranges
      if (first > next) ranges.push([next, first - 1])
      next = first + length
    }
    if (next < end && ranges.length < most) ranges.push([next, end - 1])
    return ranges
  }

  /** All runs one after the other, for a snapshot. */
  flat(): number[] {
    return this.#blocks.flat()
  }

  /** What `flat` gave. */
  static from(numbers: readonly number[]): Positions {
    const positions = new Positions()
    for (let at = 0; at < numbers.length; at += runsPerBlockMax * width) {
      positions.#blocks.push(numbers.slice(at, at + runsPerBlockMax * width))
    }
    for (const [, firstIndex, length, step] of positions.#runs()) {
      positions.#count += length
      positions.#lastIndex = Math.max(positions.#lastIndex, firstIndex + (length - 1) * step)
    }
    return positions
  }

  /** Runs that are kept: memory goes by them, about 40 bytes each. */
  get runs(): number {
    return this.#blocks.reduce((sum, block) => sum + block.length, 0) / width
  }

  /** Runs in the longest array: what adding one record moves at most. */
  get runsMovedMax(): number {
    return Math.max(0, ...this.#blocks.map((block) => block.length)) / width
  }

  *#runs(): Generator<readonly [number, number, number, number]> {
    for (const block of this.#blocks) {
      for (let at = 0; at < block.length; at += width) {
        yield [block[at]!, block[at + 1]!, block[at + 2]!, block[at + 3]!]
      }
    }
  }
}

function insert(blocks: Block[], seq: number, index: number): boolean {
  if (blocks.length === 0) blocks.push([])
  const which = Math.max(0, blockFor(blocks, seq))
  const block = blocks[which]!
  const run = runFor(block, seq)
  if (run >= 0 && extend(block, run * width, seq, index)) return false
  block.splice((run + 1) * width, 0, seq, index, 1, 1)
  if (block.length <= runsPerBlockMax * width) return true
  // A stream mostly grows at its end: there a block stays full, and the new run begins the next.
  const isEnd = which === blocks.length - 1 && (run + 2) * width === block.length
  const from = isEnd ? runsPerBlockMax : runsPerBlockMax >>> 1
  blocks.splice(which + 1, 0, block.splice(from * width))
  return true
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

/** Adds records to the run that ends with `seq`, if its indexes follow each other. */
function lengthen(blocks: readonly Block[], seq: number, more: number): boolean {
  const block = blocks[blockFor(blocks, seq)]!
  const at = runFor(block, seq) * width
  if (block[at + 3] !== 1 || block[at]! + block[at + 2]! !== seq + 1) return false
  block[at + 2]! += more
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
