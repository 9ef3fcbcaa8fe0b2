// SQLite files: written so that a crash leaves the old state or the new one, and read without being
// changed, beside a writer or after one that was killed. See database.test.ts.
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync, type SQLInputValue } from 'node:sqlite'
import { LedgerError, type LedgerErrorCode } from '../codes.ts'

/** What is used of a `DatabaseSync`. */
export interface Database {
  readonly isTransaction: boolean
  exec(sql: string): void
  prepare(sql: string): Statement
}

/** What is used of a `StatementSync`. */
export interface Statement {
  get(...values: SQLInputValue[]): Record<string, unknown> | undefined
  run(...values: SQLInputValue[]): { readonly changes: number | bigint }
}

/** An open database, and how to give it back. */
export interface OpenDatabase<D extends Database = Database> {
  readonly db: D
  close(): void
}

/**
 * The small databases beside a ledger.
 *
 * Ownership: one writer each; any number may read. Durability: a transaction is there, whole, once
 * its COMMIT returned; one cut off, or whose COMMIT failed, is there whole or not at all.
 * Concurrency: synchronous. Failure: SQLite's errors as they are.
 */
export interface Databases {
  exists(path: string): boolean
  /** Creates an empty one, readable for its owner alone, in the place of one that is there. */
  create(path: string): OpenDatabase
  /** Opens for writing, or creates. */
  open(path: string): OpenDatabase
  /** Opens for reading, and changes nothing. */
  read(path: string): OpenDatabase
  /** A lock that goes with the process. LEDGER_LOCKED when another process has it. */
  lock(path: string): { close(): void }
}

/** SQLite on the local disk. */
export const localDatabases: Databases = {
  exists: existsSync,
  create(path) {
    for (const old of [path, `${path}-journal`]) rmSync(old, { force: true })
    // SQLite gives its journal the mode of the database, which it would make readable for all.
    closeSync(openSync(path, 'wx', 0o600))
    return openDatabase(path)
  },
  open: openDatabase,
  read: readDatabase,
  lock: takeProcessLock,
}

const busyTimeoutMs = 5000
const readTries = 5
/** Primary result codes of SQLite (sqlite.org/rescode.html). */
const sqliteBusy = 5
const sqliteFull = 13
const sqliteDamaged: ReadonlySet<number> = new Set([11, 26])

/** Opens for writing, or creates; what a crash left half done is rolled back. */
export function openDatabase(path: string): OpenDatabase<DatabaseSync> {
  const db = new DatabaseSync(path)
  try {
    db.exec(`PRAGMA busy_timeout = ${busyTimeoutMs}`)
    // Cutting the journal, and syncing that, costs a third less than removing it.
    db.exec('PRAGMA journal_mode = TRUNCATE; PRAGMA synchronous = EXTRA')
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
export function readDatabase(path: string): OpenDatabase<DatabaseSync> {
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

function openToRead(path: string): OpenDatabase<DatabaseSync> {
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
function openCopy(path: string): OpenDatabase<DatabaseSync> | null {
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

function takeProcessLock(path: string): DatabaseSync {
  let db: DatabaseSync | undefined
  try {
    db = new DatabaseSync(path)
    db.exec('PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE')
    return db
  } catch (cause) {
    db?.close()
    if (((cause as { errcode?: number }).errcode ?? 0) % 256 !== sqliteBusy) {
      throw databaseError(cause, `locking ${path}`, 'LEDGER_DAMAGED')
    }
    throw new LedgerError('LEDGER_LOCKED', 'another process has this ledger open', { cause })
  }
}
