// A ledger, opened by the one process that writes it: commit → seal → publish, and proofs of what
// is published. See ledger.test.ts; test/crash kills it at every step.
import type { Journal } from '@grantlog/journal'
import { openJournal } from '@grantlog/journal'
import { base64url } from '@grantlog/record'
import { loadFrontier, type NoteSigner, proveConsistency, proveInclusion } from '@grantlog/tlog'
import { LedgerError } from './codes.ts'
import {
  type BatchToCommit,
  CommitLog,
  type Committed,
  type CommittedEntry,
  type ContentToCommit,
} from './commit/commit-log.ts'
import type { StreamState } from './commit/streams.ts'
import { commitFolder, type Folders } from './folders.ts'
import { type Receipt, signReceipt } from './format/receipt.ts'
import { makeFolder } from './io/durable.ts'
import { type Keystore, openKeystore } from './io/keystore.ts'
import {
  createLogKeys,
  hasLogKeys,
  type LogPublicKeys,
  readPublicKeys,
  readRootKey,
  readSigners,
} from './io/log-keys.ts'
import { type LockedCheckpoint, type LockStore, openLockStore } from './io/lock-store.ts'
import { type TileStore, tileStore } from './io/tiles.ts'
import { sealIntervalMs } from './limits.ts'
import { type Frame, frameReader } from './prove/frames.ts'
import { Sealer } from './seal/sealer.ts'

export interface LedgerOptions {
  /** Unix milliseconds; default Date.now. */
  readonly now?: () => number
  /** Told when sealing failed: the ledger takes no more commits, and the process should end. */
  readonly onFatal?: (error: unknown) => void
}

/** Creates an empty ledger with new keys. Throws LEDGER_EXISTS when there is one. */
export async function createLedger(folders: Folders, origin: string): Promise<LogPublicKeys> {
  const created = [commitFolder(folders), folders.queue, folders.index]
  for (const folder of created) await makeFolder(folder)
  return createLogKeys(folders.keys, origin)
}

/** True when a ledger was created with these folders. */
export async function ledgerExists(folders: Folders): Promise<boolean> {
  return hasLogKeys(folders.keys)
}

/**
 * Opens a ledger for writing: takes the process lock, compares the folder with the newest
 * checkpoint in the lock store, and goes on where the last process ended.
 *
 * Throws LEDGER_MISSING, LEDGER_LOCKED, LEDGER_ROLLED_BACK (the folder is older than the newest
 * signed checkpoint: never sign a second history), LEDGER_DAMAGED.
 */
export async function openLedger(folders: Folders, options: LedgerOptions = {}): Promise<Ledger> {
  const keys = await readPublicKeys(folders.keys)
  const opened: (() => unknown)[] = []
  try {
    const lock = await openLockStore(folders.lock, keys.origin)
    opened.push(() => lock.close())
    const keystore = openKeystore(folders.keys, await readRootKey(folders.keys))
    opened.push(() => keystore.close())
    const journal = await openJournal({ directory: commitFolder(folders) })
    opened.push(() => journal.close())
    const tiles = tileStore(folders.ledger)
    const { log, receipt } = await readSigners(folders.keys)
    return await Ledger.start({ keys, lock, keystore, journal, tiles, log, receipt }, options)
  } catch (error) {
    for (const close of opened.toReversed()) await close()
    throw error
  }
}

interface Parts {
  readonly keys: LogPublicKeys
  readonly lock: LockStore
  readonly keystore: Keystore
  readonly journal: Journal
  readonly tiles: TileStore
  readonly log: NoteSigner
  readonly receipt: NoteSigner
}

/**
 * Ownership: one per data folder and process. Durability: as said at each method. Concurrency: all
 * methods may be called at any time. Failure: LEDGER_POISONED is final; end the process.
 */
export class Ledger {
  readonly origin: string
  readonly logKey: string
  readonly receiptKey: string
  readonly #parts: Parts
  readonly #options: LedgerOptions
  readonly #log: CommitLog
  #sealer: Sealer | undefined
  #pending: CommittedEntry[] = []
  /** Entries that are being sealed: still looked up here, not yet in tiles. */
  #sealing: readonly CommittedEntry[] = []
  #timer: NodeJS.Timeout | undefined
  #sealRun: Promise<void> = Promise.resolve()
  #lastSealMs = 0
  #failure: unknown
  #closed = false
  readonly #waiters = new Set<() => void>()

  private constructor(parts: Parts, options: LedgerOptions) {
    this.origin = parts.keys.origin
    this.logKey = parts.keys.logKey
    this.receiptKey = parts.keys.receiptKey
    this.#parts = parts
    this.#options = options
    this.#log = new CommitLog({
      journal: parts.journal,
      keystore: parts.keystore,
      now: options.now ?? Date.now,
      entryAt: (index) => this.#entryAt(index),
      onCommit: (entries) => this.#committed(entries),
    })
  }

  /** @internal Use openLedger. */
  static async start(parts: Parts, options: LedgerOptions): Promise<Ledger> {
    const ledger = new Ledger(parts, options)
    const sealed = await requireNewest(parts)
    const size = sealed?.size ?? 0
    const { tiles, lock, log: signer } = parts
    ledger.#sealer = await Sealer.load({ origin: ledger.origin, tiles, lock, signer }, size)
    await ledger.#log.replay(size)
    if (ledger.#log.size < size) {
      throw rolledBack(`the commit log has ${ledger.#log.size} leaves, ${size} were published`)
    }
    await ledger.#sealNow()
    return ledger
  }

  /** Leaves committed: durable, perhaps not under a checkpoint yet. */
  get size(): number {
    return this.#log.size
  }

  /** Leaves under the published checkpoint. */
  get published(): number {
    return this.#sealer?.size ?? 0
  }

  /** Bytes that wait to be committed: for admission control. */
  get waitingBytes(): number {
    return this.#log.waitingBytes
  }

  /** Number of the next commit frame. */
  get nextFrame(): number {
    return this.#parts.journal.next
  }

  /** The latest published checkpoint, a signed note. */
  get checkpoint(): LockedCheckpoint {
    return this.#parts.lock.checkpoint!
  }

  get keystore(): Keystore {
    return this.#parts.keystore
  }

  streams(): Iterable<StreamState> {
    return this.#log.streams.states()
  }

  /**
   * Commits the records of one verified batch; durable when it resolves, in the order given. Throws
   * LEDGER_FULL (try again later), LEDGER_LIMIT, LEDGER_POISONED, LEDGER_CLOSED.
   */
  async commit(batch: BatchToCommit): Promise<readonly Committed[]> {
    this.#requireOpen()
    return this.#log.commitBatch(batch)
  }

  /** Commits content of the receiver's own; resolves with its leaf index once it is durable. */
  async commitContent(content: ContentToCommit): Promise<number> {
    this.#requireOpen()
    return this.#log.commitContent(content)
  }

  /** A receipt for committed records, as a signed note. */
  signReceipt(receipt: Omit<Receipt, 'origin'>): Uint8Array {
    return signReceipt({ origin: this.origin, ...receipt }, this.#parts.receipt)
  }

  /** Frames from number `from` to the newest durable one, decrypted. */
  frames(from: number): AsyncIterable<Frame> {
    return frameReader(this.#parts.journal, this.#parts.keystore, from)
  }

  /** Resolves when frame number `number` is durable, or the signal aborts, or the ledger closes. */
  async waitForFrame(number: number, signal?: AbortSignal): Promise<void> {
    while (this.nextFrame <= number && !signal?.aborted && !this.#closed) {
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

  /** Resolves when everything committed before the call is published. */
  async settle(): Promise<void> {
    await this.#log.idle()
    await this.#sealNow()
  }

  /** Seals what is committed, and gives the lock back. */
  async close(): Promise<void> {
    if (this.#closed) return
    this.#closed = true
    clearTimeout(this.#timer)
    try {
      if (this.#failure === undefined) await this.settle()
    } finally {
      this.#wake()
      await this.#parts.journal.close().catch(() => undefined)
      this.#parts.keystore.close()
      this.#parts.lock.close()
    }
  }

  #committed(entries: readonly CommittedEntry[]): void {
    this.#pending.push(...entries)
    this.#wake()
    this.#schedule()
  }

  #wake(): void {
    for (const wake of this.#waiters) wake()
  }

  /** At once when the last seal is long ago, else so that seals keep their distance. */
  #schedule(): void {
    if (this.#timer || this.#closed || !this.#sealer) return
    const wait = Math.max(0, this.#lastSealMs + sealIntervalMs - performance.now())
    this.#timer = setTimeout(() => {
      this.#timer = undefined
      void this.#sealNow().catch(() => undefined)
    }, wait)
  }

  /** Seals never overlap; each takes all that is pending when it begins. */
  #sealNow(): Promise<void> {
    this.#sealRun = this.#sealRun.then(() => this.#seal())
    return this.#sealRun
  }

  async #seal(): Promise<void> {
    if (this.#pending.length === 0 && this.#parts.lock.checkpoint) return
    this.#sealing = this.#pending
    this.#pending = []
    try {
      await this.#sealer!.seal(this.#sealing)
      this.#sealing = []
      this.#lastSealMs = performance.now()
    } catch (error) {
      this.#failure = error
      this.#options.onFatal?.(error)
      throw error
    }
  }

  async #entryAt(index: number): Promise<Uint8Array> {
    for (const entries of [this.#pending, this.#sealing]) {
      const found = entries[index - (entries[0]?.index ?? 0)]
      if (found?.index === index) return found.entry
    }
    return this.#parts.tiles.readEntry(index, this.published)
  }

  #requireOpen(): void {
    if (this.#closed) throw new LedgerError('LEDGER_CLOSED', 'the ledger is closed')
    if (this.#failure === undefined) return
    throw new LedgerError('LEDGER_POISONED', 'sealing failed', { cause: this.#failure })
  }

  #requirePublished(size: number): void {
    if (size <= this.published) return
    throw new LedgerError('LEDGER_NOT_FOUND', `size ${size} is not published`)
  }
}

/**
 * The newest checkpoint, after comparing the folder with it. The lock store remembers what was
 * signed last; a folder that has less, or another tree, must not be signed again.
 */
async function requireNewest(parts: Parts): Promise<LockedCheckpoint | null> {
  const { journal, lock, tiles } = parts
  const newest = lock.checkpoint
  const published = await tiles.checkpoint()
  if (!newest) {
    if (published || journal.next > 0) {
      throw rolledBack('there is a ledger, but the lock store does not know it')
    }
    return null
  }
  const root = await rootOf(tiles, newest.size)
  if (root !== newest.root) {
    throw rolledBack(`the tiles do not have the root of the checkpoint at size ${newest.size}`)
  }
  // A crash between swap and publication: the lock store is ahead of the folder.
  if (!published || new TextDecoder().decode(published) !== newest.note) {
    await tiles.publish(newest.note)
  }
  return newest
}

async function rootOf(tiles: TileStore, size: number): Promise<string | null> {
  try {
    return base64url((await loadFrontier(tiles.reader(size), size)).root())
  } catch (error) {
    if (error instanceof LedgerError && error.code === 'LEDGER_DAMAGED') return null
    throw error
  }
}

function rolledBack(message: string): LedgerError {
  return new LedgerError('LEDGER_ROLLED_BACK', message)
}
