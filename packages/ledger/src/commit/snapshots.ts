// When snapshots of the streams are taken, and which one a start believes. See snapshot.test.ts.
import { equalBytes } from '@grantlog/record'
import type { Journal } from '@grantlog/journal'
import { LedgerError, type LedgerErrorCode } from '../codes.ts'
import { decodeFrame } from '../format/frame.ts'
import type { Keystore } from '../io/keystore.ts'
import type { SnapshotFile } from '../io/snapshot-file.ts'
import { snapshotLeavesMin } from '../limits.ts'
import { decodeSnapshot, encodeSnapshot, hashOfEntry, type Snapshot } from './snapshot.ts'

export interface SnapshotsOptions {
  readonly file: SnapshotFile
  readonly origin: string
  readonly journal: Journal
  readonly keystore: Keystore
}

/** The snapshots of one open ledger. */
export class Snapshots {
  readonly #options: SnapshotsOptions
  readonly #secret: Uint8Array | undefined
  /** Leaves when one was last begun, and in the one that lies there. */
  #begunAt = 0
  #writtenAt = 0
  #writing: Promise<void> | undefined

  /** Before anything is committed: no other keys may be in the keystore's open transaction. */
  constructor(options: SnapshotsOptions) {
    this.#options = options
    this.#secret = secretOf(options.keystore)
  }

  /**
   * The newest snapshot, when it is of this very log, and all of it is sealed (what is not must be
   * read to be sealed). Null otherwise: then the whole log is read.
   */
  async load(
    sealed: number,
    sealedEntry: (index: number) => Promise<Uint8Array>,
  ): Promise<Snapshot | null> {
    const { file, journal, origin } = this.#options
    const bytes = this.#secret && (await file.read())
    const snapshot = bytes && decodeSnapshot(bytes, origin, this.#secret)
    if (!snapshot || snapshot.size > sealed || snapshot.frame > journal.next) return null
    const entry = await lastEntryBefore(journal, snapshot.frame)
    if (!entry || hashOfEntry(entry) !== snapshot.last) return null
    if (!equalBytes(entry, await sealedEntry(snapshot.size - 1))) return null
    this.#begunAt = this.#writtenAt = snapshot.size
    return snapshot
  }

  /** True when so much came since the last one that a start would be slow without another. */
  isDue(size: number, runs: number): boolean {
    // A snapshot costs by its runs, a start by the leaves after it; one that failed cost the same.
    const since = size - this.#begunAt
    return !this.#writing && since >= snapshotLeavesMin && since >= runs
  }

  /**
   * Writes a snapshot of now, once `sealed` resolves. Never rejects: without one, the next start
   * takes longer, and no more.
   */
  write(snapshot: Snapshot, sealed: () => Promise<unknown>): Promise<void> {
    if (!this.#secret || snapshot.size === this.#writtenAt) return Promise.resolve()
    // At once, for the streams go on.
    const parts = encodeSnapshot(snapshot, this.#options.origin, this.#secret)
    this.#begunAt = snapshot.size
    const write = async (): Promise<void> => {
      try {
        await sealed()
        await this.#options.file.write(parts)
        this.#writtenAt = snapshot.size
      } catch {
        // The next one is due as if this had been written.
      }
    }
    this.#writing = write().finally(() => (this.#writing = undefined))
    return this.#writing
  }

  /** Resolves when none is being written. */
  async idle(): Promise<void> {
    await this.#writing
  }
}

const withoutSnapshots: ReadonlySet<LedgerErrorCode> = new Set(['LEDGER_FULL', 'LEDGER_NOT_FOUND'])

/** Undefined when a new key cannot be kept (a full disk, a reader): then there are no snapshots. */
function secretOf(keystore: Keystore): Uint8Array | undefined {
  try {
    const secret = keystore.secret('streams')
    keystore.flush()
    return secret
  } catch (error) {
    if (error instanceof LedgerError && withoutSnapshots.has(error.code)) return undefined
    throw error
  }
}

/** The last leaf of the frame before number `frame`; null when there is none that can be read. */
async function lastEntryBefore(journal: Journal, frame: number): Promise<Uint8Array | null> {
  if (frame < 1) return null
  try {
    for await (const { payload } of journal.read(frame - 1)) {
      return decodeFrame(payload).entries.at(-1) ?? null
    }
  } catch (error) {
    // What is wrong with the frame, the reading of all of them tells.
    if (!(error instanceof Error)) throw error
  }
  return null
}
