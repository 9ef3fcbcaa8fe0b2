// A ledger opened for reading only, beside a running receiver or from a copy: no lock is taken and
// nothing is written. What it reads is not trusted; `audit` checks it.
import { type Journal, openJournal, type Rest, restsIn } from '@grantlog/journal'
import { decodeCheckpoint, decodeNote } from '@grantlog/tlog'
import type { Snapshot } from './commit/snapshot.ts'
import { Snapshots } from './commit/snapshots.ts'
import { Streams } from './commit/streams.ts'
import { wordOf } from './commit/words.ts'
import { checkpointPath, commitFolder, type Folders, snapshotPath } from './folders.ts'
import { isRecordLeaf } from './format/leaf.ts'
import { type Keystore, openKeystore } from './io/keystore.ts'
import { readPublicKeys, readRootKey } from './io/log-keys.ts'
import { type LockedCheckpoint, readLockStore } from './io/lock-store.ts'
import { snapshotFile } from './io/snapshot-file.ts'
import { type TileStore, tileStore } from './io/tiles.ts'
import { readWhenChanged } from './io/when-changed.ts'
import {
  type Frame,
  frameReader,
  type PlainFrame,
  plainFrameReader,
  readFrame,
} from './prove/frames.ts'

export interface LedgerReader {
  readonly origin: string
  readonly logKey: string
  readonly receiptKey: string
  /** The published checkpoint as it lies there, unverified; null when there is none. */
  readonly published: Uint8Array | null
  /** What the lock store remembers; null when there is none. */
  readonly locked: LockedCheckpoint | null
  readonly tiles: TileStore
  readonly journal: Journal
  readonly keystore: Keystore
  /** Committed frames from number `from` on, decrypted; up to what was there at opening, or at
   * `refresh`. */
  frames(from: number): AsyncIterable<Frame>
  /** The same as bytes, each until the next one is asked for. */
  plainFrames(from: number): AsyncIterable<PlainFrame>
  /** One of them. */
  frame(number: number): Promise<Frame>
  /** Takes in what was committed and published since. */
  refresh(): Promise<void>
  /** What there is between two looks for what was committed. */
  rests(signal: AbortSignal): Rest
  /**
   * What is known of each stream, and how many leaves are committed: from the snapshot beside the
   * ledger, if it is its own, and the frames after it.
   */
  streams(): Promise<{ readonly streams: Streams; readonly committed: number }>
  close(): Promise<void>
}

/**
 * Opens for reading. Throws LEDGER_MISSING, KEYSTORE_DAMAGED, LEDGER_DAMAGED (the lock store cannot
 * be read), or a JournalError.
 */
export async function openReader(folders: Folders): Promise<LedgerReader> {
  const { origin, logKey, receiptKey } = await readPublicKeys(folders.keys)
  const tiles = tileStore(folders.ledger)
  const checkpoint = readWhenChanged(checkpointPath(folders), () => tiles.checkpoint())
  // The checkpoint first: what is sealed after it was read only makes the rest longer.
  let published = await checkpoint.read()
  // Asked for by few who refresh: it is a database.
  let locked: LockedCheckpoint | null | undefined = readLockStore(folders.lock, origin)
  const keystore = openKeystore(folders.keys, await readRootKey(folders.keys), { readOnly: true })
  try {
    const directory = commitFolder(folders)
    const journal = await openJournal({ directory, readOnly: true })
    return {
      origin,
      logKey,
      receiptKey,
      get published() {
        return published
      },
      get locked() {
        return (locked ??= readLockStore(folders.lock, origin))
      },
      tiles,
      journal,
      keystore,
      frames: (from) => frameReader(journal, keystore, from),
      plainFrames: (from) => plainFrameReader(journal, keystore, from),
      frame: async (number) => readFrame(number, await journal.readFrame(number), keystore),
      refresh: async () => {
        published = await checkpoint.read()
        locked = undefined
        await journal.refresh()
      },
      rests: (signal) => restsIn(directory, signal),
      streams: async () => {
        const size = published ? decodeCheckpoint(decodeNote(published).text).size : 0
        const file = snapshotFile(snapshotPath(folders))
        const snapshots = new Snapshots({ file, origin, journal, keystore })
        const snapshot = await snapshots.load(size, (index) => tiles.readEntry(index, size))
        return readStreams(frameReader(journal, keystore, snapshot?.frame ?? 0), snapshot)
      },
      close: async () => {
        await journal.close()
        keystore.close()
      },
    }
  } catch (error) {
    keystore.close()
    throw error
  }
}

async function readStreams(
  frames: AsyncIterable<Frame>,
  snapshot: Snapshot | null,
): Promise<{ readonly streams: Streams; readonly committed: number }> {
  const streams = snapshot?.streams ?? new Streams()
  let committed = snapshot?.size ?? 0
  for await (const { entries, first } of frames) {
    // The frame leaf stands behind its entries and is not among them.
    committed = first + entries.length + 1
    for (const { index, leaf, stored } of entries) {
      if (leaf.type === 'unclosed') streams.unclose(leaf)
      if (!isRecordLeaf(leaf) || stored.kind !== 'record') continue
      streams.add(leaf, index, leaf.type === 'record' ? undefined : wordOf(stored.canonical))
    }
  }
  return { streams, committed }
}
