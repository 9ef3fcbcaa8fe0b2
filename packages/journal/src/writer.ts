// The writing half of a journal: the commit order, rotation, pruning, and what each failure means.
// Proved by writer.test.ts (each fault) and crash.test.ts (a crash at each step).
import { isFull, JournalError, messageOf, systemCode, wrapIo } from './errors.ts'
import type { Files, OpenFile } from './io/files.ts'
import { crcOf, encodeFrameHeader, framedBytes, paddingBytes } from './segment/frame.ts'
import { createSegment } from './segment/recover.ts'
import type { Place } from './segment/recover.ts'
import { addMark } from './segment/segment.ts'
import type { Segment } from './segment/segment.ts'

/** What writer and readers share. Changed by the writer only, and only after it is durable. */
export interface JournalState {
  readonly place: Place
  readonly segments: Segment[]
  next: number
  bytes: number
  closed: boolean
}

/** Writes frames into the last segment; the caller calls `commit` one at a time. */
export class Writer {
  readonly #state: JournalState
  readonly #segmentBytesMax: number
  #file: OpenFile
  #poison: JournalError | undefined

  constructor(state: JournalState, file: OpenFile, segmentBytesMax: number) {
    this.#state = state
    this.#file = file
    this.#segmentBytesMax = segmentBytesMax
  }

  /** Set for good by the first write or sync whose outcome is unknown. */
  get poison(): JournalError | undefined {
    return this.#poison
  }

  /**
   * 1. rotate when the segment is full (see createSegment);
   * 2. write header, payload and padding at once: a crash leaves none, part or all of the frame;
   *    open cuts off a part, and keeps a whole frame although nobody was told its number;
   * 3. fdatasync: a crash after it finds the frame;
   * 4. only then move `next`, so that no reader and no caller sees a frame that could be lost.
   */
  async commit(parts: readonly Uint8Array[], length: number): Promise<number> {
    if (this.#poison !== undefined) throw this.#poison
    const size = framedBytes(length)
    if (this.#isFullWith(size)) await this.#rotate()
    const state = this.#state
    const segment = this.#last()
    const number = state.next
    const offset = segment.bytes
    const header = { number, length, crc: crcOf(parts), salt: segment.salt as number }
    const padding = new Uint8Array(paddingBytes(length))
    await this.#write([encodeFrameHeader(header), ...parts, padding], offset)
    await this.#orPoison(() => this.#file.sync())
    addMark(segment, { number, offset })
    segment.bytes = offset + size
    state.bytes += size
    state.next = number + 1
    return number
  }

  /** Oldest first, each made durable before the next: a crash leaves a journal without a hole. */
  async prune(before: number): Promise<void> {
    const { place, segments } = this.#state
    for (;;) {
      if (this.#poison !== undefined) throw this.#poison
      const [oldest, second] = segments
      if (oldest === undefined || second === undefined || second.first > before) return
      segments.shift()
      this.#state.bytes -= oldest.bytes
      try {
        await wrapIo(`prune ${oldest.path}`, () => removeIfThere(place.files, oldest.path))
      } catch (error) {
        // It stays the oldest: were the next ones removed before it, they would leave a hole.
        segments.unshift(oldest)
        this.#state.bytes += oldest.bytes
        throw error
      }
      await this.#orPoison(() => place.files.syncDirectory(place.directory))
    }
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  #last(): Segment {
    return this.#state.segments.at(-1) as Segment
  }

  /** A segment without frames is never full: a frame over the limit gets one to itself. */
  #isFullWith(size: number): boolean {
    const { bytes, first } = this.#last()
    return bytes + size > this.#segmentBytesMax && first !== this.#state.next
  }

  async #rotate(): Promise<void> {
    const { place, segments, next } = this.#state
    try {
      const { segment, file } = await createSegment(place, next)
      const old = this.#file
      this.#file = file
      segments.push(segment)
      this.#state.bytes += segment.bytes
      await old.close()
    } catch (error) {
      throw isFull(error) ? this.#full(error) : this.#poisonBy(error)
    }
  }

  /** A full disk is undone, and only reported; any other failed write poisons. */
  async #write(parts: readonly Uint8Array[], offset: number): Promise<void> {
    const file = this.#file
    try {
      await file.write(parts, offset)
    } catch (error) {
      if (!isFull(error)) throw this.#poisonBy(error)
      await this.#orPoison(async () => {
        await file.truncate(offset)
        // Synced, so that no part of this frame can come back behind a later one.
        await file.sync()
      })
      throw this.#full(error)
    }
  }

  #full(cause: unknown): JournalError {
    const { directory } = this.#state.place
    return new JournalError('JOURNAL_FULL', `${directory}: no space left`, { cause })
  }

  /** After a failed sync the kernel may drop the pages and call the next sync good: never retry. */
  async #orPoison(work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      throw this.#poisonBy(error)
    }
  }

  #poisonBy(cause: unknown): JournalError {
    const what = `${this.#state.place.directory}: ${messageOf(cause)}; what is on disk is unknown`
    this.#poison ??= new JournalError('JOURNAL_POISONED', what, { cause })
    return this.#poison
  }
}

/** A removal that failed may have been made all the same. */
async function removeIfThere(files: Files, path: string): Promise<void> {
  try {
    await files.remove(path)
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error
  }
}
