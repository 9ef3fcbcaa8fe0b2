// The state of an adapter: one text in a small database, which is also the lock that one process
// has.
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ObserveError } from '../codes.ts'

/**
 * Ownership: one process, until `close` or its end. Durability: what `write` returned from is on
 * the disk; one cut off is there whole or not at all. Failure: OBSERVE_DISK_FAILING, and what was
 * there before stays.
 */
export interface StateStore {
  /** null: nothing was written yet. */
  readonly read: () => string | null
  readonly write: (text: string) => void
  readonly close: () => void
}

/** Primary result code SQLITE_BUSY (sqlite.org/rescode.html). */
const sqliteBusy = 5

/** All of `work`, or nothing of it. Throws OBSERVE_DISK_FAILING. */
export function inTransaction(db: DatabaseSync, folder: string, work: () => void): void {
  try {
    db.exec('BEGIN')
    work()
    db.exec('COMMIT')
  } catch (cause) {
    // Where SQLite has not done it by itself.
    if (db.isTransaction) db.exec('ROLLBACK')
    const { message } = cause as Error
    throw new ObserveError('OBSERVE_DISK_FAILING', `${folder}: ${message}`, { cause })
  }
}

/** Throws OBSERVE_LOCKED, OBSERVE_STATE_DAMAGED. */
export function openStateStore(folder: string): StateStore {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'observer.db')
  // SQLite would make it readable for all.
  closeSync(openSync(path, 'a', 0o600))
  const db = new DatabaseSync(path)
  try {
    db.exec('PRAGMA busy_timeout = 0; PRAGMA locking_mode = EXCLUSIVE; PRAGMA synchronous = EXTRA')
    db.exec('BEGIN EXCLUSIVE; CREATE TABLE IF NOT EXISTS state (text TEXT NOT NULL); COMMIT')
  } catch (cause) {
    db.close()
    const isBusy = ((cause as { errcode?: number }).errcode ?? 0) % 256 === sqliteBusy
    throw new ObserveError(isBusy ? 'OBSERVE_LOCKED' : 'OBSERVE_STATE_DAMAGED', path, { cause })
  }
  const select = db.prepare('SELECT text FROM state')
  const insert = db.prepare('INSERT INTO state (text) VALUES (?)')
  return {
    read: () => (select.get() as { text: string } | undefined)?.text ?? null,
    write: (text) =>
      inTransaction(db, folder, () => {
        db.exec('DELETE FROM state')
        insert.run(text)
      }),
    close: () => db.close(),
  }
}
