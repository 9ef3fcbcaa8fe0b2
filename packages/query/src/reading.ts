// A ledger opened to be searched: its reader, the index that follows it, and the records read last.
// See packages/console/src/server/server.test.ts.
import { type Folders, LedgerError, type LedgerReader, openReader } from '@grantlog/ledger'
import { catchUp } from './columns/follow.ts'
import { openFileStore } from './columns/io/file-store.ts'
import { RecordCache } from './columns/record-cache.ts'
import { RecordIndex } from './columns/record-index.ts'
import { type ChunkStore, memoryStore } from './columns/store.ts'
import { FOLLOW_INTERVAL_MS, QUIET_INTERVAL_MS } from './limits.ts'

/** The name of the index's key in the keystore; a ledger's writer makes it. */
export const INDEX_SECRET = 'index'

export interface ReadingOptions {
  readonly folders: Folders
  /** Where the index is kept; null: in memory, and made anew each time. */
  readonly indexFolder: string | null
  /** Leaves the index as it is: what is taken in stays in memory. */
  readonly readOnly?: boolean
  /** How long to wait for another process that writes the index, ms. Default 0. */
  readonly patienceMs?: number
}

export interface Reading {
  readonly reader: LedgerReader
  readonly index: RecordIndex
  readonly records: RecordCache
  /** Commits that are not indexed yet. */
  readonly behind: number
  /** Takes in what was committed since; one look at a time. Errors: those of the ledger. */
  refresh(): Promise<void>
  /** Refreshes again and again until it is closed. `onError` is told, and it goes on. */
  follow(onError: (error: unknown) => void): void
  /** Told after each refresh that brought something. Gives what ends it. */
  onGrowth(listener: () => void): () => void
  close(): Promise<void>
}

/** Errors: those of `openReader`. */
export async function openReading(options: ReadingOptions): Promise<Reading> {
  const reader = await openReader(options.folders)
  const index = await indexOf(reader, options)
  const records = new RecordCache((number) => reader.frame(number))
  const listeners = new Set<() => void>()
  const ending = new AbortController()
  const rest = reader.rests(ending.signal)
  let refreshing: Promise<number> | null = null
  let following: Promise<void> | null = null
  const look = async (): Promise<number> => {
    await reader.refresh()
    const grown = await catchUp(reader, index, () => ending.signal.throwIfAborted())
    if (grown > 0) for (const listener of listeners) listener()
    return grown
  }
  const refresh = (): Promise<number> => {
    refreshing ??= look().finally(() => (refreshing = null))
    return refreshing
  }
  const followOn = async (onError: (error: unknown) => void): Promise<void> => {
    while (!ending.signal.aborted) {
      const grown = await refresh().catch((error: unknown) => {
        if (!ending.signal.aborted) onError(error)
        return null
      })
      await rest(grown !== 0, { everyMs: FOLLOW_INTERVAL_MS, quietMs: QUIET_INTERVAL_MS })
    }
  }
  return {
    reader,
    index,
    records,
    get behind() {
      return Math.max(0, reader.journal.next - index.nextFrame)
    },
    refresh: async () => void (await refresh()),
    follow: (onError) => void (following ??= followOn(onError)),
    onGrowth: (listener) => {
      listeners.add(listener)
      return () => void listeners.delete(listener)
    },
    close: async () => {
      ending.abort()
      await Promise.allSettled([refreshing, following])
      index.close()
      await reader.close()
    },
  }
}

/** Without it the reader would stay open. */
async function indexOf(reader: LedgerReader, options: ReadingOptions): Promise<RecordIndex> {
  try {
    return new RecordIndex(storeOf(reader, options))
  } catch (error) {
    await reader.close()
    throw error
  }
}

function storeOf({ keystore, origin }: LedgerReader, options: ReadingOptions): ChunkStore {
  const { indexFolder: folder, patienceMs = 0, readOnly = false } = options
  if (folder === null) return memoryStore()
  try {
    const key = keystore.secret(INDEX_SECRET)
    return openFileStore({ folder, origin, key, patienceMs, readOnly })
  } catch (error) {
    // A ledger that was only ever copied, or written before there was an index: it has no key.
    if (error instanceof LedgerError && error.code === 'LEDGER_NOT_FOUND') return memoryStore()
    throw error
  }
}
