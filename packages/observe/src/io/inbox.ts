// Events that a service sends itself, kept until they are records. See
// test/peers/observed-hydra.test.ts.
import { closeSync, mkdirSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { inboxBytesMax, inboxKeptMs } from '../limits.ts'
import { inTransaction } from './state-store.ts'

export interface InboxRow {
  readonly id: string
  /** When it came, Unix milliseconds; never smaller than of a row before. */
  readonly time: number
  readonly body: Uint8Array
}

/**
 * Durability: what `add` returned from is on the disk. The same id is kept once, for ten minutes
 * after it was read at least. One process, as the state beside it.
 */
export interface Inbox {
  /** False: it is full, and none of them was taken. Throws OBSERVE_DISK_FAILING: likewise. */
  readonly add: (rows: readonly Pick<InboxRow, 'body' | 'id'>[]) => boolean
  /** Of `from` and later, without the first `skip`; forgets what is much older. */
  readonly read: (from: number, skip: number, max: number) => readonly InboxRow[]
  readonly close: () => void
}

export function openInbox(folder: string): Inbox {
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, 'inbox.db')
  closeSync(openSync(path, 'a', 0o600))
  const db = new DatabaseSync(path)
  db.exec('PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = EXTRA')
  db.exec(`CREATE TABLE IF NOT EXISTS event (
    id TEXT PRIMARY KEY, time INTEGER NOT NULL, body BLOB NOT NULL) WITHOUT ROWID;
    CREATE INDEX IF NOT EXISTS byTime ON event (time, id)`)
  const insert = db.prepare('INSERT OR IGNORE INTO event (id, time, body) VALUES (?, ?, ?)')
  const select = db.prepare(
    'SELECT id, time, body FROM event WHERE time >= ? ORDER BY time, id LIMIT ? OFFSET ?',
  )
  const forget = db.prepare('DELETE FROM event WHERE time < ?')
  const number = (sql: string): number => Number(Object.values(db.prepare(sql).get() ?? {})[0] ?? 0)
  const pageBytes = number('PRAGMA page_size')
  let latest = number('SELECT max(time) FROM event')
  return {
    add: (rows) => {
      const used = number('PRAGMA page_count') - number('PRAGMA freelist_count')
      if (used * pageBytes > inboxBytesMax) return false
      // A clock that is set back must not put an event before those that were read.
      latest = Math.max(latest, Date.now())
      inTransaction(db, folder, () => {
        for (const { body, id } of rows) insert.run(id, latest, body)
      })
      return true
    },
    read: (from, skip, max) => {
      forget.run(Math.max(0, from - inboxKeptMs))
      return select.all(from, max, skip) as unknown as InboxRow[]
    },
    close: () => db.close(),
  }
}
