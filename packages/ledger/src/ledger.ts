// A ledger, opened by the one process that writes it: commit → seal → publish, and proofs of what
// is published. See ledger.test.ts; test/crash kills it at every step.
import type { Ballast, Journal } from '@grantlog/journal'
import { type NoteSigner, proveConsistency, proveInclusion } from '@grantlog/tlog'
import { LedgerError } from './codes.ts'
import { CommitLog } from './commit/commit-log.ts'
import type { BatchToCommit, Committed, ContentToCommit, ShownCommit } from './commit/items.ts'
import type { LogToCommit } from './commit/logs.ts'
import { Snapshots } from './commit/snapshots.ts'
import type { StreamName } from './commit/stream.ts'
import type { Streams } from './commit/streams.ts'
import { type ReceiptedLog, signLogReceipt } from './format/log-receipt.ts'
import { type Receipt, signReceipt } from './format/receipt.ts'
import { type RefusedPart, signRefusal } from './format/refusal.ts'
import { type DiskState, FullDisk } from './full-disk.ts'
import type { Keystore } from './io/keystore.ts'
import type { LogPublicKeys } from './io/log-keys.ts'
import type { LockedCheckpoint, LockStore } from './io/lock-store.ts'
import type { SnapshotFile } from './io/snapshot-file.ts'
import { entryCursor, type TileStore } from './io/tiles.ts'
import { silentMinutesMax, unclosedPerMinuteMax } from './limits.ts'
import { type Frame, type FrameLeaves, frameReader, leavesReader } from './prove/frames.ts'
import { isFull, later, type Schedule, SealLoop } from './seal/loop.ts'
import type { Sealer } from './seal/sealer.ts'

export interface LedgerOptions {
  /** Unix milliseconds; default Date.now. */
  readonly now?: () => number
  /** Calls `work` after `ms` milliseconds, unless what it gives is called; default setTimeout. */
  readonly schedule?: Schedule
  /** Told when sealing failed: the ledger takes no more commits, and the process should end. */
  readonly onFatal?: (error: unknown) => void
  /** Told, at each try, that sealing waits for space on the disk; commits are still taken. */
  readonly onFull?: (error: LedgerError) => void
  /** Told once when the disk is full, and once when there is room again. */
  readonly onDisk?: (state: DiskState, error?: LedgerError) => void
  /**
   * Bytes kept back on the ledger's volume for what must still be written when the disk is full,
   * and a little on those of `keys` and `lock`; default none. See ballastBytes.
   */
  readonly ballastBytes?: number
  /** New subjects of a minute that get a key of their own; default newSubjectsPerMinuteMax. */
  readonly newSubjectsPerMinute?: number
}

/** See Ledger.watch. */
type Watch = (commit: ShownCommit) => () => void

/** What a ledger is put together from; see open.ts. */
export interface LedgerParts {
  readonly keys: LogPublicKeys
  readonly lock: LockStore
  readonly keystore: Keystore
  readonly journal: Journal
  readonly tiles: TileStore
  readonly snapshot: SnapshotFile
  readonly log: NoteSigner
  readonly receipt: NoteSigner
  readonly ballasts?: readonly Ballast[]
}

/**
 * Ownership: one per data folder and process. Durability: as said at each method. Concurrency: all
 * methods may be called at any time. Failure: LEDGER_POISONED is final; end the process.
 */
export class Ledger {
  readonly origin: string
  readonly logKey: string
  readonly receiptKey: string
  readonly #parts: LedgerParts
  readonly #now: () => number
  readonly #log: CommitLog
  readonly #seals: SealLoop
  readonly #disk: FullDisk
  readonly #snapshots: Snapshots
  /** Until then the journal is ahead of what the streams know. */
  #isReplayed = false
  #closing: Promise<void> | undefined
  readonly #waiters = new Set<() => void>()
  readonly #watchers = new Set<Watch>()

  /** Use openLedger. `sealer` stands at the newest checkpoint. */
  constructor(parts: LedgerParts, sealer: Sealer, options: LedgerOptions) {
    this.origin = parts.keys.origin
    this.logKey = parts.keys.logKey
    this.receiptKey = parts.keys.receiptKey
    this.#parts = parts
    this.#now = options.now ?? Date.now
    const { onFatal: onFailure, schedule } = options
    this.#disk = new FullDisk({
      ballasts: parts.ballasts ?? [],
      onChange: options.onDisk ?? (() => undefined),
      schedule: schedule ?? later,
    })
    const onFull = (error: LedgerError): void => {
      options.onFull?.(error)
      void this.#disk.full('seal', error)
    }
    const onSealed = (): void => this.#disk.wrote('seal')
    this.#seals = new SealLoop(sealer, { onFailure, onFull, onSealed, schedule })
    this.#log = new CommitLog({
      journal: parts.journal,
      keystore: parts.keystore,
      now: this.#now,
      newSubjectsPerMinute: options.newSubjectsPerMinute,
      entryAt: (index) => this.#entryAt(index),
      onShown: (commit) => {
        const shows = Array.from(this.#watchers, (watch) => watch(commit))
        return () => shows.forEach((show) => show())
      },
      onCommit: (entries) => {
        this.#seals.add(entries)
        this.#wake()
        this.#snapshotWhenDue()
      },
    })
    const { journal, keystore, snapshot: file } = parts
    this.#snapshots = new Snapshots({ file, origin: this.origin, journal, keystore })
  }

  /**
   * Replays the commit log and seals what a crash left unsealed. Once, before anything else. On a
   * full disk the ledger opens all the same, and sealing is tried again until there is space.
   */
  async recover(): Promise<void> {
    const sealed = this.published
    try {
      const sealedEntry = entryCursor(this.#parts.tiles, sealed)
      const snapshot = await this.#snapshots.load(sealed, sealedEntry)
      await this.#log.replay(sealed, sealedEntry, snapshot)
      this.#isReplayed = true
      if (this.#log.size < sealed) {
        const message = `the commit log has ${this.#log.size} leaves, ${sealed} were published`
        throw new LedgerError('LEDGER_ROLLED_BACK', message)
      }
      await this.#seals.start().catch((error: unknown) => {
        if (!isFull(error) || !this.#parts.lock.checkpoint) throw error
      })
      this.#disk.start()
      this.#snapshotWhenDue()
    } catch (error) {
      this.#seals.stop()
      throw error
    }
  }

  /** Leaves committed: durable, perhaps not under a checkpoint yet. */
  get size(): number {
    return this.#log.size
  }

  /** Leaves under the published checkpoint. */
  get published(): number {
    return this.#seals.size
  }

  /** Bytes that wait to be committed: for admission control. */
  get waitingBytes(): number {
    return this.#log.waitingBytes
  }

  /** Leaves that were read when it was opened: those that no snapshot knew. */
  get readAtStart(): number {
    return this.#log.readAtStart
  }

  /** Number of the next commit frame. */
  get nextFrame(): number {
    return this.#parts.journal.next
  }

  /** The latest published checkpoint, a signed note. */
  get checkpoint(): LockedCheckpoint {
    return this.#parts.lock.checkpoint!
  }

  /** Parts of records, since the start, that lie under a key that new subjects share. */
  get subjectsShared(): number {
    return this.#log.subjectsShared
  }

  /**
   * From the first write that found the disk full until there is room again. With a ballast the
   * ledger looks by itself; without one, only the next commit can tell.
   */
  get isFull(): boolean {
    return this.#disk.isFull
  }

  get keystore(): Keystore {
    return this.#parts.keystore
  }

  /** What is known of each stream; to be read, never changed. */
  get streams(): Streams {
    return this.#log.streams
  }

  /**
   * A minute of service has passed: each open stream of which nothing came for `silentMinutesMax`
   * of them gets an `unclosed` leaf. Minutes are counted, not read off a clock, so that neither a
   * clock that steps nor a receiver that slept makes anybody silent. `also` are open streams that
   * were silent long enough with the minutes before a restart, which the ledger does not keep.
   * Gives the streams; throws as commitContent, and the rest of them come with a later minute.
   */
  async minute(also: readonly StreamName[] = []): Promise<StreamName[]> {
    this.#requireOpen()
    this.streams.tick()
    const known = this.streams.silent(silentMinutesMax, unclosedPerMinuteMax)
    const silent = [...known, ...also].slice(0, unclosedPerMinuteMax)
    // Side by side, so that they share a commit: many fall silent at once when a machine dies.
    const done = await Promise.allSettled(
      silent.map((stream) => this.#disk.commit(() => this.#log.commitUnclosed(stream))),
    )
    return silent.filter((_, at) => {
      const one = done[at]!
      if (one.status === 'rejected') throw one.reason
      return one.value
    })
  }

  /**
   * Commits the records of one verified batch; durable when it resolves, in the order given. Throws
   * LEDGER_FULL (try again later), LEDGER_LIMIT, LEDGER_POISONED, LEDGER_CLOSED.
   */
  async commit(batch: BatchToCommit): Promise<readonly Committed[]> {
    this.#requireOpen()
    return this.#disk.commit(() => this.#log.commitBatch(batch))
  }

  /** Commits audit log records; as `commit`. */
  async commitLogs(logs: readonly LogToCommit[]): Promise<readonly Committed[]> {
    this.#requireOpen()
    return this.#disk.commit(() => this.#log.commitLogs(logs))
  }

  /** Commits content of the receiver's own; resolves with its leaf index once it is durable. */
  async commitContent(content: ContentToCommit): Promise<number> {
    this.#requireOpen()
    return this.#disk.commit(() => this.#log.commitContent(content))
  }

  /** A receipt for committed records, as the text of a signed note. */
  signReceipt(receipt: Omit<Receipt, 'origin'>): string {
    const { origin } = this
    return signReceipt({ ...receipt, origin }, this.#parts.receipt)
  }

  /** That these were refused now, and why, as a signed note; `refusedLinesMax` at most. */
  signRefusal(parts: readonly RefusedPart[]): Uint8Array {
    const refusedAt = this.#now()
    return signRefusal({ origin: this.origin, refusedAt, parts }, this.#parts.receipt)
  }

  /** A receipt for committed log records of an edge, `receiptedLogsMax` at most. */
  signLogReceipt(logs: readonly ReceiptedLog[]): Uint8Array {
    const signedAt = this.#now()
    return signLogReceipt({ origin: this.origin, signedAt, logs }, this.#parts.receipt)
  }

  /**
   * Signs an answer to a producer under the receipts' key. The bytes are a JWS signing input: it
   * has no newline, and so is never the text of a note.
   */
  signAnswer(signingInput: Uint8Array): Uint8Array {
    return this.#parts.receipt.sign(signingInput)
  }

  /** Frames from number `from` to the newest durable one, decrypted. */
  frames(from: number): AsyncIterable<Frame> {
    return frameReader(this.#parts.journal, this.#parts.keystore, from)
  }

  /** Leaves of frames from number `from` to before `to`, with nothing decrypted. */
  leaves(from: number, to: number): AsyncIterable<FrameLeaves> {
    return leavesReader(this.#parts.journal, from, to)
  }

  /**
   * Tells of each commit of this process while it is written; what `watch` gives is called once it
   * is durable, before those who wait for its frame, and never when it is not. Neither may throw.
   * Gives what ends it.
   */
  watch(watch: Watch): () => void {
    this.#watchers.add(watch)
    return () => void this.#watchers.delete(watch)
  }

  /** Resolves when frame number `number` is durable, or the signal aborts, or the ledger closes. */
  async waitForFrame(number: number, signal?: AbortSignal): Promise<void> {
    while (this.nextFrame <= number && !signal?.aborted && !this.#closing) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          this.#waiters.delete(wake)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        this.#waiters.add(wake)
        signal?.addEventListener('abort', wake)
      })
    }
  }

  /** The entry of a committed leaf. Throws LEDGER_NOT_FOUND, LEDGER_DAMAGED. */
  async entry(index: number): Promise<Uint8Array> {
    if (index < this.size) return this.#entryAt(index)
    throw new LedgerError('LEDGER_NOT_FOUND', `leaf ${index} is not committed`)
  }

  /** Inclusion proof of a published leaf; throws LEDGER_NOT_FOUND beyond the checkpoint. */
  async proveInclusion(index: number, size: number = this.published): Promise<Uint8Array[]> {
    this.#requirePublished(size)
    if (index >= size) throw new LedgerError('LEDGER_NOT_FOUND', `leaf ${index} is not published`)
    return proveInclusion(this.#parts.tiles.reader(this.published), index, size)
  }

  /** Consistency proof between two published sizes. */
  async proveConsistency(oldSize: number, newSize: number): Promise<Uint8Array[]> {
    this.#requirePublished(newSize)
    if (oldSize > newSize) throw new LedgerError('LEDGER_NOT_FOUND', 'sizes are in wrong order')
    return proveConsistency(this.#parts.tiles.reader(this.published), oldSize, newSize)
  }

  /** Resolves when everything committed before the call is published; LEDGER_FULL: not yet. */
  async settle(): Promise<void> {
    await this.#log.idle()
    await this.#seals.run()
  }

  /**
   * Seals what is committed, and gives the lock back, whatever fails: then it rejects with the
   * first failure. What a full disk leaves unsealed is durable, and sealed at the next start.
   */
  close(): Promise<void> {
    this.#closing ??= this.#close()
    return this.#closing
  }

  async #close(): Promise<void> {
    const { journal, keystore, lock, tiles } = this.#parts
    const failures: unknown[] = []
    const parts = [
      () => (this.#seals.failure === undefined ? this.settle() : undefined),
      () => this.#snapshots.idle(),
      () => (this.published === this.size ? this.#snapshot() : undefined),
      () => this.#seals.stop(),
      () => this.#disk.stop(),
      () => this.#wake(),
      () => tiles.close(),
      () => journal.close(),
      () => keystore.close(),
      // Last: until here nobody else may write.
      () => lock.close(),
    ]
    for (const close of parts) {
      try {
        await close()
      } catch (error) {
        if (!isFull(error)) failures.push(error)
      }
    }
    if (failures.length > 0) throw failures[0]
  }

  #snapshotWhenDue(): void {
    if (!this.#isReplayed || !this.#snapshots.isDue(this.size, this.streams.runs)) return
    void this.#snapshot()
  }

  /** Takes a snapshot of the streams, and writes it when all of it is sealed. */
  async #snapshot(): Promise<void> {
    const { snapshot } = this.#log
    if (snapshot) await this.#snapshots.write(snapshot, () => this.#seals.run())
  }

  #wake(): void {
    for (const wake of this.#waiters) wake()
  }

  async #entryAt(index: number): Promise<Uint8Array> {
    return this.#seals.find(index) ?? this.#parts.tiles.readEntry(index, this.published)
  }

  #requireOpen(): void {
    if (this.#closing) throw new LedgerError('LEDGER_CLOSED', 'the ledger is closed')
    const { failure } = this.#seals
    if (failure === undefined) return
    throw new LedgerError('LEDGER_POISONED', 'sealing failed', { cause: failure })
  }

  #requirePublished(size: number): void {
    if (size <= this.published) return
    throw new LedgerError('LEDGER_NOT_FOUND', `size ${size} is not published`)
  }
}
