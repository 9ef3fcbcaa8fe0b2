// The journal: one durable append-only log in a folder. `journalContract` (testing.ts) is its test.
import { randomInt } from 'node:crypto'
import { JournalError, wrapIo } from './errors.ts'
import { nodeFiles } from './io/files.ts'
import type { Files } from './io/files.ts'
import { PAYLOAD_BYTES_MAX, QUOTA_BYTES_MIN, SEGMENT_BYTES_DEFAULT } from './limits.ts'
import { wholeNumber } from './limits.ts'
import { firstFrame, missing, readFrames } from './reader.ts'
import type { JournalFrame } from './reader.ts'
import { inspect, lookAhead, recover } from './segment/recover.ts'
import type { Place, Recovered } from './segment/recover.ts'
import { Writer } from './writer.ts'
import type { JournalState, WriterLimits } from './writer.ts'

/** How to open a journal. */
export interface JournalOptions {
  /** The folder; created when missing, unless `readOnly`. */
  readonly directory: string
  /** The filesystem; default the local disk. */
  readonly files?: Files
  /** Bytes of a segment before the next is begun; default SEGMENT_BYTES_DEFAULT. */
  readonly segmentBytesMax?: number
  /** Bytes of one payload; default and most PAYLOAD_BYTES_MAX. */
  readonly payloadBytesMax?: number
  /** Bytes of all segment files together; above it `append` rejects with JOURNAL_QUOTA. Default:
   * none. With it, `segmentBytesMax` is by default an eighth of it, so that pruning frees space. */
  readonly bytesMax?: number
  /** Changes nothing on disk, and sees what was there at open, or at `refresh`. Default false. */
  readonly readOnly?: boolean
  /** A random u32 for each new segment; default from node:crypto. Only tests need another. */
  readonly salt?: () => number
}

/**
 * A durable append-only list of frames, numbered from 0 without holes.
 *
 * Ownership: one writer per folder; who opens it sees to that. Payloads read are the reader's to
 * keep; payloads given to `append` must stay unchanged until it settles: they are not copied.
 * Durability: a frame whose `append` resolved survives kill -9 and power loss. An unsynced one
 * survives kill -9; of those behind the last synced frame a power cut may take some last ones, and
 * their numbers are given again: a consumer that keeps an offset reads to `durable` only. One whose
 * `append` rejected with JOURNAL_FULL or JOURNAL_QUOTA does not come back; with JOURNAL_POISONED
 * it may or may not.
 * Concurrency: all calls may overlap; appends become durable one after the other, in call order.
 */
export interface Journal {
  /** Number of the oldest frame still kept; equals `next` when there is none. */
  readonly first: number
  /** Number of the next frame: all smaller ones from `first` on are written, and can be read. */
  readonly next: number
  /** All frames below this number survive a power cut; `next` unless some are unsynced. */
  readonly durable: number
  /** Bytes of all segment files. */
  readonly bytes: number
  /** What open found behind the last whole frame: torn writes, cut off (readOnly: left out). */
  readonly recovered: { readonly droppedBytes: number }
  /**
   * Writes and syncs ONE frame at once; resolves with its number once it is durable. `meanwhile` is
   * called while the disk works, for what has only to wait to be shown; it must not throw.
   * With `sync: false` it resolves once the frame is in the page cache; the next synced append, or
   * `sync`, makes it durable, too. JOURNAL_TOO_LARGE, JOURNAL_FULL and JOURNAL_QUOTA leave the
   * journal usable, and so does JOURNAL_IO, when what was pruned cannot be removed to keep the
   * quota. JOURNAL_POISONED is for good: open anew, best in a new process. Also JOURNAL_CLOSED,
   * JOURNAL_READ_ONLY.
   */
  append(
    payload: Uint8Array | readonly Uint8Array[],
    options?: { readonly sync?: boolean; readonly meanwhile?: () => void },
  ): Promise<number>
  /** Resolves when every append called before is durable. Errors as of a synced append. */
  sync(): Promise<void>
  /**
   * Frames `from` to before `to`; `to` defaults to `next` and is capped by it, both at the call.
   * JOURNAL_MISSING when `from` was pruned or is past `next`; JOURNAL_CORRUPT names file and byte.
   */
  read(from: number, to?: number): AsyncIterable<JournalFrame>
  /** The payload of one frame; errors as in `read`. */
  readFrame(number: number): Promise<Uint8Array>
  /**
   * Opened with `readOnly`: takes in what its writer appended since, so that `next` grows. What a
   * power cut may still take is among it. Else it does nothing. JOURNAL_IO.
   */
  refresh(): Promise<void>
  /**
   * Deletes the segments all of whose frames are smaller than `before`, never the last segment.
   * JOURNAL_IO when a file cannot be removed (the rest stays for the next prune).
   */
  prune(before: number): Promise<void>
  /**
   * Waits for the appends and prunes already called, and makes unsynced ones durable; later calls
   * fail with JOURNAL_CLOSED.
   */
  close(): Promise<void>
}

/**
 * Opens or creates the journal in `options.directory` and recovers it: the last segment is checked
 * whole, the torn tail of a crash is cut off and reported in `recovered`.
 * Throws JOURNAL_CORRUPT (rot: nothing is changed), JOURNAL_ARGUMENT, JOURNAL_FULL, JOURNAL_IO,
 * JOURNAL_POISONED (a sync failed: try again in a new process).
 */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const { directory, files = nodeFiles(), salt = () => randomInt(2 ** 32) } = options
  const { bytesMax = Number.MAX_SAFE_INTEGER, payloadBytesMax = PAYLOAD_BYTES_MAX } = options
  wholeNumber('bytesMax', bytesMax, { least: QUOTA_BYTES_MIN })
  const segmentDefault = Math.min(SEGMENT_BYTES_DEFAULT, Math.floor(bytesMax / 8))
  const { segmentBytesMax = segmentDefault } = options
  wholeNumber('segmentBytesMax', segmentBytesMax, { least: 1 })
  wholeNumber('payloadBytesMax', payloadBytesMax, { most: PAYLOAD_BYTES_MAX })
  const place = { files, directory, salt }
  const find = options.readOnly === true ? inspect : recover
  const found = await wrapIo(`open ${directory}`, () => find(place))
  const journal = new LocalJournal(place, found, { segmentBytesMax, payloadBytesMax, bytesMax })
  if (found.active !== undefined) await journal.sync()
  return journal
}

class LocalJournal implements Journal {
  readonly recovered: { readonly droppedBytes: number }
  readonly #state: JournalState
  readonly #payloadBytesMax: number
  /** Undefined when the journal is read-only. */
  readonly #writer: Writer | undefined
  #appends: Promise<unknown> = Promise.resolve()
  #closing: Promise<void> | undefined

  constructor(
    place: Place,
    found: Recovered,
    limits: WriterLimits & { readonly payloadBytesMax: number },
  ) {
    const { segments, next, active, droppedBytes, isUnmarked } = found
    const bytes = segments.reduce((sum, segment) => sum + segment.bytes, 0)
    this.recovered = { droppedBytes }
    this.#state = { place, segments, next, durable: next, bytes, closed: false }
    this.#payloadBytesMax = limits.payloadBytesMax
    this.#writer = active && new Writer(this.#state, active, limits, isUnmarked)
  }

  get first(): number {
    return firstFrame(this.#state)
  }

  get next(): number {
    return this.#state.next
  }

  get durable(): number {
    return this.#state.durable
  }

  get bytes(): number {
    return this.#state.bytes
  }

  async append(
    payload: Uint8Array | readonly Uint8Array[],
    { meanwhile, sync = true }: { readonly sync?: boolean; readonly meanwhile?: () => void } = {},
  ): Promise<number> {
    const writer = this.#writable()
    const parts = payload instanceof Uint8Array ? [payload] : payload
    const length = parts.reduce((sum, part) => sum + part.length, 0)
    if (length > this.#payloadBytesMax) {
      const what = `a payload of ${length} bytes, over ${this.#payloadBytesMax}`
      throw new JournalError('JOURNAL_TOO_LARGE', what)
    }
    return this.#inOrder(() => writer.commit(parts, length, { sync, meanwhile }))
  }

  async sync(): Promise<void> {
    const writer = this.#writable()
    return this.#inOrder(() => writer.sync())
  }

  read(from: number, to: number = this.next): AsyncGenerator<JournalFrame, void, void> {
    return readFrames(this.#state, from, Math.min(to, this.next))
  }

  async readFrame(number: number): Promise<Uint8Array> {
    for await (const frame of this.read(number, number + 1)) return frame.payload
    throw missing(this.#state, number)
  }

  async refresh(): Promise<void> {
    if (this.#writer !== undefined) return
    await this.#inOrder(async () => {
      const { closed, next, place, segments } = this.#state
      if (closed) return
      const look = (): Promise<number> => lookAhead(place, segments, next)
      this.#state.next = await wrapIo(`read ${place.directory}`, look)
      this.#state.durable = this.#state.next
      this.#state.bytes = segments.reduce((sum, { bytes }) => sum + bytes, 0)
    })
  }

  async prune(before: number): Promise<void> {
    const writer = this.#writable()
    return writer.prune(before)
  }

  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    this.#state.closed = true
    const writer = this.#writer
    if (writer === undefined) return
    await Promise.all([this.#appends, writer.pruned()])
    try {
      if (writer.poison === undefined) await writer.sync()
    } finally {
      await wrapIo(`close ${this.#state.place.directory}`, () => writer.close())
    }
  }

  #inOrder<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#appends.then(work)
    this.#appends = done.catch(() => undefined)
    return done
  }

  #writable(): Writer {
    const { closed, place } = this.#state
    if (closed) throw new JournalError('JOURNAL_CLOSED', place.directory)
    if (this.#writer === undefined) throw new JournalError('JOURNAL_READ_ONLY', place.directory)
    if (this.#writer.poison !== undefined) throw this.#writer.poison
    return this.#writer
  }
}
