// The lock store: the newest checkpoint ever signed, kept apart from the ledger, and who may sign
// the next one. Small and trusted, unlike the ledger's folder. See lock-store.test.ts.
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { LedgerError } from '../codes.ts'
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
 * meanwhile.
 */
export interface LockStore {
  readonly checkpoint: LockedCheckpoint | null
  /** Compare-and-swap of the checkpoint, under this opening's epoch. */
  swap(next: LockedCheckpoint): void
  close(): void
}

/** Opens the lock store, takes the process lock and a new fencing epoch. Throws LEDGER_LOCKED. */
export async function openLockStore(folder: string, origin: string): Promise<LockStore> {
  await makeFolder(folder, 0o700)
  const guard = takeProcessLock(join(folder, 'process.db'))
  const db = openDatabase(join(folder, 'checkpoints.db'))
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
      const done = update.run(next.size, next.root, next.note, origin, epoch, size, root)
      if (done.changes !== 1) {
        throw new LedgerError('LEDGER_FENCED', 'the lock store was written by another process')
      }
      checkpoint = next
    },
    close() {
      db.close()
      guard.close()
    },
  }
}

/** Reads the newest checkpoint without taking any lock; null when there is none. */
export function readLockStore(folder: string, origin: string): LockedCheckpoint | null {
  try {
    const db = new DatabaseSync(join(folder, 'checkpoints.db'), { readOnly: true })
    db.exec('PRAGMA busy_timeout = 5000')
    const row = db.prepare('SELECT size, root, note FROM checkpoint WHERE origin = ?').get(origin)
    db.close()
    return row === undefined || row.size === -1 ? null : (row as unknown as LockedCheckpoint)
  } catch {
    return null
  }
}

function takeProcessLock(path: string): DatabaseSync {
  const db = new DatabaseSync(path)
  try {
    db.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
    return db
  } catch (cause) {
    db.close()
    throw new LedgerError('LEDGER_LOCKED', 'another process has this ledger open', { cause })
  }
}

function openDatabase(path: string): DatabaseSync {
  const db = new DatabaseSync(path)
  db.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA')
  return db
}
