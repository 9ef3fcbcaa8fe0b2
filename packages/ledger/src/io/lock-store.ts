// The lock store: the newest checkpoint ever signed, kept apart from the ledger, and who may sign
// the next one. Small and trusted, unlike the ledger's folder. See lock-store.test.ts.
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { LedgerError } from '../codes.ts'
import { databaseError, type OpenDatabase } from './database.ts'
import { type Disk, localDisk } from './disk.ts'
import { makeFolder } from './durable.ts'

/** The newest checkpoint: leaves, b64u root, and the signed note. */
export interface LockedCheckpoint {
  readonly size: number
  readonly root: string
  readonly note: string
}

/**
 * Ownership: one process; `openLockStore` takes an exclusive lock that the operating system gives
 * back when the process dies. Durability: what `swap` wrote survives power loss when it returns.
 * Concurrency: synchronous. Failure: `swap` throws LEDGER_FENCED when somebody else wrote
 * meanwhile, LEDGER_FULL when there is no space: nothing was written; LEDGER_POISONED when it could
 * not write for another reason: what is durable then is not known.
 */
export interface LockStore {
  readonly checkpoint: LockedCheckpoint | null
  /** Compare-and-swap of the checkpoint, under this opening's epoch. */
  swap(next: LockedCheckpoint): void
  close(): void
}

/**
 * Opens the lock store, takes the process lock and a new fencing epoch. Throws LEDGER_LOCKED,
 * LEDGER_FULL, LEDGER_DAMAGED.
 */
export async function openLockStore(
  folder: string,
  origin: string,
  { databases, files }: Disk = localDisk,
): Promise<LockStore> {
  await makeFolder(folder, 0o700, files)
  const guard = databases.lock(join(folder, 'process.db'))
  let opened: OpenDatabase | undefined
  try {
    opened = databases.open(storeIn(folder))
    return lockStoreOn(opened, guard, origin)
  } catch (cause) {
    opened?.close()
    guard.close()
    throw databaseError(cause, 'opening the lock store', 'LEDGER_DAMAGED')
  }
}

function lockStoreOn(opened: OpenDatabase, guard: { close(): void }, origin: string): LockStore {
  const { db } = opened
  db.exec(
    'CREATE TABLE IF NOT EXISTS checkpoint (origin TEXT PRIMARY KEY, epoch INTEGER NOT NULL, ' +
      'size INTEGER NOT NULL, root TEXT NOT NULL, note TEXT NOT NULL) STRICT',
  )
  db.prepare("INSERT OR IGNORE INTO checkpoint VALUES (?, 0, -1, '', '')").run(origin)
  db.prepare('UPDATE checkpoint SET epoch = epoch + 1 WHERE origin = ?').run(origin)
  const row = db.prepare('SELECT * FROM checkpoint WHERE origin = ?').get(origin)!
  const epoch = row.epoch as number
  let checkpoint = row.size === -1 ? null : (row as unknown as LockedCheckpoint)
  const update = db.prepare(
    'UPDATE checkpoint SET size = ?, root = ?, note = ? ' +
      'WHERE origin = ? AND epoch = ? AND size = ? AND root = ?',
  )
  return {
    get checkpoint() {
      return checkpoint
    },
    swap(next) {
      const { size, root } = checkpoint ?? { size: -1, root: '' }
      const values = [next.size, next.root, next.note, origin, epoch, size, root]
      if (changesOf(() => update.run(...values)) !== 1) {
        throw new LedgerError('LEDGER_FENCED', 'the lock store was written by another process')
      }
      checkpoint = next
    },
    close() {
      try {
        opened.close()
      } finally {
        guard.close()
      }
    },
  }
}

function changesOf(update: () => { readonly changes: number | bigint }): number {
  try {
    return Number(update().changes)
  } catch (cause) {
    // Without space nothing was written; anything else leaves in doubt what is durable.
    throw databaseError(cause, 'writing the lock store', 'LEDGER_POISONED')
  }
}

/**
 * Reads the newest checkpoint without taking any lock; null when there is none. Throws
 * LEDGER_DAMAGED when there is a lock store that cannot be read.
 */
export function readLockStore(
  folder: string,
  origin: string,
  disk: Disk = localDisk,
): LockedCheckpoint | null {
  if (!hasLockStore(folder, disk)) return null
  try {
    const { db, close } = disk.databases.read(storeIn(folder))
    try {
      const find = db.prepare('SELECT size, root, note FROM checkpoint WHERE origin = ?')
      const row = find.get(origin)
      return row === undefined || row.size === -1 ? null : (row as unknown as LockedCheckpoint)
    } finally {
      close()
    }
  } catch (cause) {
    const message = `the lock store is unreadable: ${(cause as Error).message}`
    throw new LedgerError('LEDGER_DAMAGED', message, { cause })
  }
}

/** True once a ledger was opened for writing with this lock store. */
export function hasLockStore(folder: string, { databases }: Disk = localDisk): boolean {
  return databases.exists(storeIn(folder))
}

/**
 * Runs `work` while no other process creates a ledger with this lock folder. Not the process lock:
 * who waits for that would make the new ledger look busy to its first receiver.
 */
export async function whileCreating<T>(
  folder: string,
  work: () => Promise<T>,
  disk: Disk = localDisk,
): Promise<T> {
  await makeFolder(folder, 0o700, disk.files)
  const guard = await takeCreationLock(join(folder, 'create.db'), disk)
  try {
    return await work()
  } finally {
    guard.close()
  }
}

async function takeCreationLock(path: string, { databases }: Disk): Promise<{ close(): void }> {
  for (let tries = 1; ; tries++) {
    try {
      return databases.lock(path)
    } catch (error) {
      const isLocked = error instanceof LedgerError && error.code === 'LEDGER_LOCKED'
      if (!isLocked || tries === creationTries) throw error
      await delay(creationWaitMs)
    }
  }
}

const creationTries = 100
const creationWaitMs = 50

function storeIn(folder: string): string {
  return join(folder, 'checkpoints.db')
}
