// The small databases beside a ledger, over the filesystem model, at the level of what SQLite
// promises: a transaction is durable, and whole, once COMMIT returned; one that a crash cut off is
// there whole or not at all. That SQLite keeps this promise on a real disk is SQLite's to prove;
// the faults from outside (strace, power cut) are put to it in the other tests of this folder.
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { MemoryFiles } from '@grantlog/journal/testing'
import { LedgerError } from '@grantlog/ledger'
import type { Database, Databases } from '../../../packages/ledger/src/io/database.ts'

interface Stored {
  readonly path: string
  readonly db: DatabaseSync
  readonly statements: Map<string, StatementSync>
  /** There after a crash: something was committed. */
  isThere: boolean
}

/** An empty set of databases, which crash with `files`. Give them back with `dispose`. */
export interface MemoryDatabases extends Databases {
  dispose(): void
}

export function createMemoryDatabases(files: MemoryFiles): MemoryDatabases {
  const stored = new Map<string, Stored>()
  const locks = new Map<string, number>()

  function open(path: string, isNew: boolean): ReturnType<Databases['open']> {
    if (isNew) {
      stored.get(path)?.db.close()
      stored.delete(path)
    }
    const one = stored.get(path) ?? newStored(path)
    stored.set(path, one)
    // What the last life left open, its end rolled back.
    if (one.db.isTransaction) one.db.exec('ROLLBACK')
    return { db: databaseOn(one, files), close: () => undefined }
  }

  return {
    exists: (path) => stored.get(path)?.isThere === true,
    create: (path) => open(path, true),
    open: (path) => open(path, false),
    read: (path) => open(path, false),
    lock(path) {
      const { lives } = files
      if (locks.get(path) === lives) throw new LedgerError('LEDGER_LOCKED', 'opened twice')
      locks.set(path, lives)
      return { close: () => void (locks.get(path) === lives && locks.delete(path)) }
    },
    dispose() {
      for (const { db } of stored.values()) db.close()
    },
  }
}

function newStored(path: string): Stored {
  return { path, db: new DatabaseSync(':memory:'), statements: new Map(), isThere: false }
}

/** A database as the process of this life has it open. */
function databaseOn(stored: Stored, files: MemoryFiles): Database {
  const { db, path, statements } = stored
  const born = files.lives
  const mustBeAlive = (): void => {
    if (files.isOff || files.lives !== born) throw sqliteError('EPOWER')
  }
  const commit = (): void => {
    try {
      files.commit(path, () => {
        db.exec('COMMIT')
        stored.isThere = true
      })
    } catch (cause) {
      throw sqliteError((cause as { code: string }).code)
    }
  }
  /** Within a transaction as it is; alone, it is one of its own. */
  const change = <T>(work: () => T): T => {
    mustBeAlive()
    if (db.isTransaction) return work()
    db.exec('BEGIN')
    try {
      const result = work()
      commit()
      return result
    } finally {
      if (db.isTransaction && !files.isOff) db.exec('ROLLBACK')
    }
  }
  const prepared = (sql: string): StatementSync => {
    const known = statements.get(sql)
    if (known) return known
    const statement = db.prepare(sql)
    statements.set(sql, statement)
    return statement
  }
  return {
    get isTransaction() {
      return files.lives === born && db.isTransaction
    },
    exec(sql) {
      mustBeAlive()
      if (sql.startsWith('PRAGMA')) return
      if (sql === 'COMMIT') return commit()
      if (sql === 'ROLLBACK' || sql.startsWith('BEGIN')) db.exec(sql)
      else change(() => db.exec(sql))
    },
    prepare(sql) {
      mustBeAlive()
      return {
        get(...values) {
          mustBeAlive()
          return prepared(sql).get(...values)
        },
        run: (...values) => change(() => prepared(sql).run(...values)),
      }
    },
  }
}

/** As node:sqlite gives it: SQLITE_FULL for want of space, else SQLITE_IOERR. */
function sqliteError(code: string): Error {
  const errcode = code === 'ENOSPC' ? 13 : 10
  return Object.assign(new Error(`${code}: injected`), { code: 'ERR_SQLITE_ERROR', errcode })
}
