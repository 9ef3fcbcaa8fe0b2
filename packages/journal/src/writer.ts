// The writing half of a journal: the commit order, rotation, pruning, and what each failure means.
// Proved by writer.test.ts (each fault) and crash.test.ts (a crash at each step).
import { isFull, JournalError, messageOf, systemCode, wrapIo } from './errors.ts'
import type { Files, OpenFile } from './io/files.ts'
import { crcOf, encodeFrameHeader, FRAME_HEADER_BYTES } from './segment/frame.ts'
import { framedBytes, paddingBytes, syncPoint } from './segment/frame.ts'
import { createSegment } from './segment/recover.ts'
import type { Place } from './segment/recover.ts'
import { addMark, SEGMENT_HEADER_BYTES } from './segment/segment.ts'
import type { Segment } from './segment/segment.ts'

/** What writer and readers share. Changed by the writer only, and only after it is written. */
export interface JournalState {
  readonly place: Place
  readonly segments: Segment[]
  next: number
  /** All frames below this number are durable. */
  durable: number
  bytes: number
  closed: boolean
}

/** See Journal.append. */
export interface CommitOptions {
  readonly sync: boolean
  readonly meanwhile?: (() => void) | undefined
}

/** See JournalOptions. */
export interface WriterLimits {
  readonly segmentBytesMax: number
  readonly bytesMax: number
}

/** Writes frames into the last segment; the caller calls `commit` and `sync` one at a time. */
export class Writer {
  readonly #state: JournalState
  readonly #limits: WriterLimits
  #file: OpenFile
  #poison: JournalError | undefined
  #prunes: Promise<void> = Promise.resolve()
  #prunedTo = 0
  /** Nothing on disk says that the last frames are durable, be they or not. */
  #isUnmarked: boolean

  constructor(state: JournalState, file: OpenFile, limits: WriterLimits, isUnmarked: boolean) {
    this.#state = state
    this.#file = file
    this.#limits = limits
    this.#isUnmarked = isUnmarked
  }

  /** Set for good by the first write or sync whose outcome is unknown. */
  get poison(): JournalError | undefined {
    return this.#poison
  }

  /**
   * 1. rotate when the segment is full (see createSegment);
   * 2. sync what was not: a synced frame says that all before it are durable;
   * 3. write header, payload and padding at once, and, if asked for, sync them: a crash leaves
   *    none, part or all of the frame; open cuts off a part, and keeps a whole frame although
   *    nobody was told its number; a crash after the sync finds the frame;
   * 4. only then move `next`, so that no reader and no caller sees a synced frame that could be
   *    lost.
   */
  async commit(
    parts: readonly Uint8Array[],
    length: number,
    options: CommitOptions,
  ): Promise<number> {
    const { sync } = options
    this.#mustBeSound()
    const size = framedBytes(length)
    await this.#fit(size)
    if (this.#isFullWith(size)) await this.#rotate()
    if (sync) await this.#syncFile()
    const state = this.#state
    const segment = this.#last()
    const number = state.next
    const offset = segment.bytes
    const unsynced = sync ? 0 : number - state.durable + 1
    const header = { number, length, crc: crcOf(parts), salt: segment.salt as number, unsynced }
    const padding = new Uint8Array(paddingBytes(length))
    await this.#write([encodeFrameHeader(header), ...parts, padding], offset, options)
    addMark(segment, { number, offset })
    this.#grow(segment, size)
    state.next = number + 1
    if (sync) state.durable = state.next
    this.#isUnmarked = !sync
    return number
  }

  /**
   * Makes all frames durable, and then says so on disk, by a sync point: else damage to one of them
   * would look like an unsynced frame that a crash tore.
   */
  async sync(): Promise<void> {
    this.#mustBeSound()
    if (!this.#isUnmarked) return
    await this.#syncFile()
    const segment = this.#last()
    if (this.#state.bytes + FRAME_HEADER_BYTES > this.#limits.bytesMax) return
    const point = encodeFrameHeader(syncPoint(this.#state.next, segment.salt as number))
    try {
      await this.#write([point], segment.bytes, { sync: true })
    } catch (error) {
      // What was promised is done; there is only no space to say so.
      if (error instanceof JournalError && error.code === 'JOURNAL_FULL') return
      throw error
    }
    this.#grow(segment, FRAME_HEADER_BYTES)
    this.#isUnmarked = false
  }

  /** Oldest first, each made durable before the next: a crash leaves a journal without a hole. */
  prune(before: number): Promise<void> {
    this.#prunedTo = Math.max(this.#prunedTo, before)
    const done = this.#prunes.then(() => this.#prune(before))
    this.#prunes = done.catch(() => undefined)
    return done
  }

  /** Resolves when the prunes called so far have ended. */
  pruned(): Promise<void> {
    return this.#prunes
  }

  async close(): Promise<void> {
    await this.#file.close()
  }

  async #prune(before: number): Promise<void> {
    const { place, segments } = this.#state
    for (;;) {
      this.#mustBeSound()
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

  #last(): Segment {
    return this.#state.segments.at(-1) as Segment
  }

  #grow(segment: Segment, bytes: number): void {
    segment.bytes += bytes
    this.#state.bytes += bytes
  }

  /** JOURNAL_QUOTA when `size` bytes more are too many, also after everything pruned is gone. */
  async #fit(size: number): Promise<void> {
    const { bytesMax } = this.#limits
    if (SEGMENT_HEADER_BYTES + size > bytesMax) {
      throw new JournalError('JOURNAL_TOO_LARGE', `a frame of ${size} bytes, over ${bytesMax}`)
    }
    if (!this.#isOver(size)) return
    const { next, place } = this.#state
    if (this.#prunedTo >= next) {
      // The last segment is never pruned; a new one makes it the last but one.
      if (this.#last().first !== next) await this.#rotate()
      await this.prune(next)
      if (!this.#isOver(size)) return
    }
    const { bytes } = this.#state
    const what = `${place.directory}: ${bytes} bytes, and ${size} more are over ${bytesMax}`
    throw new JournalError('JOURNAL_QUOTA', what)
  }

  #isOver(size: number): boolean {
    const header = this.#isFullWith(size) ? SEGMENT_HEADER_BYTES : 0
    return this.#state.bytes + header + size > this.#limits.bytesMax
  }

  /** A segment without frames is never full: a frame over the limit gets one to itself. */
  #isFullWith(size: number): boolean {
    const { bytes, first } = this.#last()
    return bytes + size > this.#limits.segmentBytesMax && first !== this.#state.next
  }

  async #rotate(): Promise<void> {
    const { place, segments, next } = this.#state
    await this.#syncFile()
    try {
      const { segment, file } = await createSegment(place, next)
      const old = this.#file
      this.#file = file
      segments.push(segment)
      // A segment that another follows must be whole.
      this.#isUnmarked = false
      this.#state.bytes += segment.bytes
      await old.close()
    } catch (error) {
      throw isFull(error) ? this.#full(error) : this.#poisonBy(error)
    }
  }

  /** Syncs what was appended unsynced. */
  async #syncFile(): Promise<void> {
    if (this.#state.durable === this.#state.next) return
    await this.#orPoison(() => this.#file.sync())
    this.#state.durable = this.#state.next
  }

  /**
   * A full disk is undone, and only reported; any other failure poisons. Was it the sync that found
   * no space, the one after the cut says so.
   */
  async #write(
    parts: readonly Uint8Array[],
    offset: number,
    { meanwhile, sync }: CommitOptions,
  ): Promise<void> {
    const file = this.#file
    try {
      const written = sync ? file.writeAndSync(parts, offset) : file.write(parts, offset)
      meanwhile?.()
      await written
    } catch (error) {
      if (!isFull(error)) throw this.#poisonBy(error)
      await this.#orPoison(async () => {
        await file.truncate(offset)
        // Synced, so that no part of this frame can come back behind a later one.
        await file.sync()
      })
      this.#state.durable = this.#state.next
      throw this.#full(error)
    }
  }

  #full(cause: unknown): JournalError {
    const { directory } = this.#state.place
    return new JournalError('JOURNAL_FULL', `${directory}: no space left`, { cause })
  }

  #mustBeSound(): void {
    if (this.#poison !== undefined) throw this.#poison
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
