// The state of an adapter: one text in a small database, which is also the lock that one process
// has.
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ObserveError } from '../codes.ts'

/**
 * Ownership: one process, until `close` or its end. Durability: what `write` returned from is on
 * the disk; one cut off is there whole or not at all. Failure: SQLite's errors.
 */
export interface StateStore {
  /** null: nothing was written yet. */
  readonly read: () => string | null
  readonly write: (text: string) => void
  readonly close: () => void
}

/** Primary result code SQLITE_BUSY (sqlite.org/rescode.html). */
const sqliteBusy = 5

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
    write: (text) => {
      db.exec('BEGIN; DELETE FROM state')
      insert.run(text)
      db.exec('COMMIT')
    },
    close: () => db.close(),
  }
}
