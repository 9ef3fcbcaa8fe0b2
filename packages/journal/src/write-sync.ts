// A whole journal by synchronous calls, for what must be kept while a process ends.
// Proved by write-sync.test.ts, and by crash.test.ts for crashes in the middle.
import { randomInt } from 'node:crypto'
import { join } from 'node:path'
import { isFull, JournalError, messageOf, systemCode } from './errors.ts'
import { nodeSyncFiles } from './io/sync-files.ts'
import type { SyncFile, SyncFiles } from './io/sync-files.ts'
import { PAYLOAD_BYTES_MAX } from './limits.ts'
import { crcOf, encodeFrameHeader, framedBytes, paddingBytes, syncPoint } from './segment/frame.ts'
import { encodeSegmentHeader, segmentName, SEGMENT_HEADER_BYTES } from './segment/segment.ts'

/** What writeJournalSync needs. */
export interface WriteSyncOptions {
  /** The folder; created when missing. It must hold no journal yet. */
  readonly directory: string
  /** The frames, from number 0 on. */
  readonly payloads: Iterable<Uint8Array>
  /** Bytes of the journal's files; what would go over is not written. Default: no bound. */
  readonly bytesMax?: number
  /** The filesystem; default the local disk. */
  readonly files?: SyncFiles
  /** A random u32 for the segment; default from node:crypto. Only tests need another. */
  readonly salt?: () => number
  /** Permission bits of the new folder and file; default 0o777 and 0o666 less the umask. */
  readonly permissions?: { readonly folder: number; readonly file: number }
}

/** What came of it. */
export interface WrittenSync {
  /** Frames that are in the journal: 0 to before this, all durable unless `error` is set. */
  readonly frames: number
  /**
   * Why it are not all. JOURNAL_FULL, JOURNAL_QUOTA, JOURNAL_TOO_LARGE: those that are there are
   * durable. JOURNAL_POISONED: a sync failed, so perhaps they are. JOURNAL_IO: nothing was written.
   */
  readonly error: JournalError | undefined
}

/**
 * Writes a new journal of one segment, for `process.on('exit')`: frames one after the other, then
 * one fdatasync for all. Killed in the middle, and also after a power cut, openJournal finds a
 * first part of them, whole. Never throws on behalf of the disk: nobody is there to catch it.
 */
export function writeJournalSync(options: WriteSyncOptions): WrittenSync {
  const { directory, files = nodeSyncFiles(), salt = () => randomInt(2 ** 32) } = options
  const { permissions, bytesMax = Number.MAX_SAFE_INTEGER } = options
  let file: SyncFile | undefined
  try {
    files.makeDirectory(directory, permissions?.folder)
    file = files.create(join(directory, segmentName(0)), permissions?.file)
    const writing = new SyncWriting(file, salt())
    writing.begin(() => files.syncDirectory(directory))
    for (const payload of options.payloads) writing.add(payload, bytesMax)
    writing.end()
    return writing.result()
  } catch (error) {
    return { frames: 0, error: errorOf(directory, error) }
  } finally {
    closeQuietly(file)
  }
}

class SyncWriting {
  readonly #file: SyncFile
  readonly #salt: number
  #bytes = 0
  #frames = 0
  #error: JournalError | undefined

  constructor(file: SyncFile, salt: number) {
    this.#file = file
    this.#salt = salt
  }

  /** The same order as createSegment: no frame before header and name are durable. */
  begin(syncNames: () => void): void {
    this.#file.write([encodeSegmentHeader(0, this.#salt)], 0)
    this.#file.sync()
    syncNames()
    this.#bytes = SEGMENT_HEADER_BYTES
  }

  /** Appends, until the first that does not fit: the order has no holes. */
  add(payload: Uint8Array, bytesMax: number): void {
    if (this.#error !== undefined) return
    const { length } = payload
    const size = framedBytes(length)
    if (length > PAYLOAD_BYTES_MAX) return this.#stop('JOURNAL_TOO_LARGE', `${length} bytes`)
    if (this.#bytes + size > bytesMax) return this.#stop('JOURNAL_QUOTA', `over ${bytesMax} bytes`)
    const number = this.#frames
    // None before it is durable yet.
    const header = { number, length, crc: crcOf([payload]), salt: this.#salt, unsynced: number + 1 }
    const padding = new Uint8Array(paddingBytes(length))
    if (!this.#write([encodeFrameHeader(header), payload, padding])) return
    this.#bytes += size
    this.#frames += 1
  }

  /** Makes all durable, and says so by a sync point if there is room for one. */
  end(): void {
    if (this.#frames === 0 || this.#error?.code === 'JOURNAL_POISONED') return
    if (!this.#sync()) return
    const isFullDisk = this.#error?.code === 'JOURNAL_FULL'
    if (isFullDisk || !this.#write([encodeFrameHeader(syncPoint(this.#frames, this.#salt))])) return
    this.#sync()
  }

  result(): WrittenSync {
    return { frames: this.#frames, error: this.#error }
  }

  /** A frame that is not whole is cut off again. False: nothing more can be written. */
  #write(parts: readonly Uint8Array[]): boolean {
    try {
      this.#file.write(parts, this.#bytes)
      return true
    } catch (error) {
      this.#stop(isFull(error) ? 'JOURNAL_FULL' : 'JOURNAL_POISONED', messageOf(error), error)
    }
    try {
      this.#file.truncate(this.#bytes)
    } catch {
      // Then it stays there, torn, and open cuts it off.
    }
    return false
  }

  #sync(): boolean {
    try {
      this.#file.sync()
      return true
    } catch (error) {
      this.#error = new JournalError('JOURNAL_POISONED', messageOf(error), { cause: error })
      return false
    }
  }

  #stop(code: JournalError['code'], message: string, cause?: unknown): void {
    this.#error = new JournalError(code, message, { cause })
  }
}

function errorOf(directory: string, cause: unknown): JournalError {
  if (cause instanceof JournalError) return cause
  const code = isFull(cause) ? 'JOURNAL_FULL' : 'JOURNAL_IO'
  const what = systemCode(cause) === 'EEXIST' ? 'there is a journal already' : messageOf(cause)
  return new JournalError(code, `${directory}: ${what}`, { cause })
}

function closeQuietly(file: SyncFile | undefined): void {
  try {
    file?.close()
  } catch {
    // What was to be durable was synced before.
  }
}
