// SQLite files: written so that a crash leaves the old state or the new one, and read without being
// changed, beside a writer or after one that was killed. See database.test.ts.
import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { LedgerError, type LedgerErrorCode } from '../codes.ts'

/** An open database, and how to give it back. */
export interface OpenDatabase {
  readonly db: DatabaseSync
  close(): void
}

const busyTimeoutMs = 5000
const readTries = 5
/** Primary result codes of SQLite (sqlite.org/rescode.html). */
const sqliteFull = 13
const sqliteDamaged: ReadonlySet<number> = new Set([11, 26])

/** Opens for writing, or creates; what a crash left half done is rolled back. */
export function openDatabase(path: string): OpenDatabase {
  const db = new DatabaseSync(path)
  try {
    db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
    db.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA')
    return { db, close: () => db.close() }
  } catch (error) {
    db.close()
    throw error
  }
}

/**
 * Opens for reading, and changes nothing. A writer that was killed inside a commit leaves a journal
 * that must be rolled back before anything can be read: that is done in a private copy.
 */
export function readDatabase(path: string): OpenDatabase {
  for (let tries = 1; ; tries++) {
    try {
      return openToRead(path)
    } catch (error) {
      if (tries === readTries) throw error
      const copy = existsSync(`${path}-journal`) ? openCopy(path) : null
      if (copy) return copy
    }
  }
}

function openToRead(path: string): OpenDatabase {
  const db = new DatabaseSync(path, { readOnly: true })
  try {
    db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
    db.prepare('SELECT count(*) FROM sqlite_schema').get()
    return { db, close: () => db.close() }
  } catch (error) {
    db.close()
    throw error
  }
}

/** Null when the journal changed meanwhile: somebody else is rolling it back, so try again. */
function openCopy(path: string): OpenDatabase | null {
  const folder = mkdtempSync(join(tmpdir(), 'grantlog-read-'))
  const remove = (): void => rmSync(folder, { recursive: true, force: true })
  try {
    const copy = join(folder, 'copy.db')
    const before = stateOf(`${path}-journal`)
    copyFileSync(`${path}-journal`, `${copy}-journal`)
    copyFileSync(path, copy)
    if (before === stateOf(`${path}-journal`)) {
      const { db } = openDatabase(copy)
      const close = (): void => {
        db.close()
        remove()
      }
      return { db, close }
    }
  } catch (error) {
    remove()
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
  remove()
  return null
}

function stateOf(path: string): string {
  const { ino, mtimeNs, size } = statSync(path, { bigint: true })
  return `${ino} ${mtimeNs} ${size}`
}

/** What a failure of SQLite means; `damaged` is the code for a file that is no sound database. */
export function databaseError(cause: unknown, what: string, damaged: LedgerErrorCode): LedgerError {
  if (cause instanceof LedgerError) return cause
  const { errcode = 0, message } = cause as { errcode?: number; message: string }
  const primary = errcode & 0xff
  if (primary === sqliteFull) return new LedgerError('LEDGER_FULL', `no space: ${what}`, { cause })
  const code = sqliteDamaged.has(primary) ? damaged : 'LEDGER_POISONED'
  return new LedgerError(code, `${what}: ${message}`, { cause })
}
