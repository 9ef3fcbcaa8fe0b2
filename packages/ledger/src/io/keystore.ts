// The keystore: subject keys and frame keys, wrapped, in a small mutable file outside the ledger.
// Destroying a subject's key here is what erases a person. See keystore.test.ts.
import { createHmac, createSecretKey, type KeyObject, randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { SQLInputValue } from 'node:sqlite'
import { LedgerError } from '../codes.ts'
import { subjectKeysCachedMax } from '../limits.ts'
import {
  databaseError,
  type Databases,
  localDatabases,
  type OpenDatabase,
  type Statement,
} from './database.ts'
import { kekName, unwrap, wrap } from './key-wrap.ts'
import { countGone, countsGone, schema } from './keystore-schema.ts'

/** A key of the keystore: its random 16-byte id, and the key for AES-256. */
export interface StoredKey {
  readonly id: Uint8Array
  readonly key: KeyObject
}

/**
 * Ownership: one writing process (the ledger's lock); readers may open it beside. Durability: keys
 * handed out since the last `flush` are lost in a crash; flush before anything encrypted with them
 * is made durable. Failure: KEYSTORE_DAMAGED when a key does not unwrap. When new keys cannot be
 * written, LEDGER_FULL or LEDGER_POISONED: all keys handed out since the last `flush` are gone, and
 * nothing that was encrypted with them may be kept.
 */
export interface Keystore {
  /** The key for frames of this day (Unix milliseconds): a day's frames stay far below 2^32. */
  frameKey(receivedAt: number): StoredKey
  /** Asked once for each frame read: here a key destroyed by another process is forgotten. */
  frameKeyById(id: string): KeyObject
  /** Forgets what another process has destroyed: for whoever encrypts, before each commit. */
  forgetDestroyed(): void
  /** How often all keys were forgotten: whoever keeps some must do so, too. */
  readonly forgotten: number
  /** The key of a subject, made when it is new. Identities never reach the file in clear. */
  subjectKey(identity: string): StoredKey
  /** The same; undefined for a new one when `mayMake`, which is asked only then, says no. */
  subjectKey(identity: string, mayMake: () => boolean): StoredKey | undefined
  /** Undefined when the key was destroyed: what it encrypted is erased. */
  subjectKeyById(id: Uint8Array): KeyObject | undefined
  /**
   * Remembers that another identity (a session before log-in) is the same subject: what comes is
   * encrypted under the subject's key, and the session's own key goes when the subject's goes. A
   * key of another person, who used the session before, stays that person's. Nothing when the
   * identity is new and `mayMake`, which is asked only then, says no.
   */
  link(identity: string, subject: StoredKey, mayMake?: () => boolean): void
  /** A named 32-byte secret, made when it is new. */
  secret(name: string): Uint8Array
  /** Makes all new keys durable; returns at once when there are none. */
  flush(): void
  close(): void
}

export interface KeystoreOptions {
  readonly readOnly?: boolean
  /** Default: on the local disk. */
  readonly databases?: Databases
}

/** Creates the keystore, over one that is there: only for a ledger that was never used. */
export function createKeystore(
  folder: string,
  rootKey: Uint8Array,
  databases: Databases = localDatabases,
): void {
  const path = fileIn(folder)
  try {
    const { db, close } = databases.create(path)
    try {
      db.exec(`BEGIN IMMEDIATE; ${schema}`)
      const kek = createSecretKey(randomBytes(32))
      const wrapped = wrap(createSecretKey(rootKey), kek, kekName(1))
      db.prepare('INSERT INTO kek VALUES (1, ?)').run(wrapped)
      const id = randomBytes(16)
      const identity = wrap(kek, createSecretKey(randomBytes(32)), id)
      const insert = db.prepare("INSERT INTO key VALUES (?, 'secret', 'identity', 1, ?)")
      insert.run(id, identity)
      db.exec('COMMIT')
    } finally {
      close()
    }
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOSPC') {
      throw new LedgerError('LEDGER_FULL', `no space left to write ${path}`, { cause })
    }
    throw databaseError(cause, `creating ${path}`, 'KEYSTORE_DAMAGED')
  }
}

/**
 * Opens the keystore; `rootKey` is the 32-byte root key, which wraps everything in it. Throws
 * KEYSTORE_DAMAGED, also when it is not there: another one in its place would read no record.
 */
export function openKeystore(
  folder: string,
  rootKey: Uint8Array,
  { databases = localDatabases, readOnly = false }: KeystoreOptions = {},
): Keystore {
  const path = fileIn(folder)
  if (!databases.exists(path)) throw new LedgerError('KEYSTORE_DAMAGED', `there is no ${path}`)
  let opened: OpenDatabase
  try {
    opened = readOnly ? databases.read(path) : databases.open(path)
  } catch (cause) {
    throw unreadable(cause)
  }
  try {
    if (!readOnly) {
      // secure_delete: a destroyed key must not linger in a free page.
      opened.db.exec('PRAGMA secure_delete = ON')
      countGone(opened)
    }
    return keystoreOn(opened, rootKey, { readOnly })
  } catch (cause) {
    opened.close()
    throw unreadable(cause)
  }
}

/** A keystore on an open database, which it closes. */
export function keystoreOn(
  opened: OpenDatabase,
  rootKey: Uint8Array,
  options: { readonly readOnly?: boolean } = {},
): Keystore {
  return new SqliteKeystore(opened, rootKey, options.readOnly === true)
}

class SqliteKeystore implements Keystore {
  readonly #opened: OpenDatabase
  readonly #readOnly: boolean
  readonly #kek: KeyObject
  readonly #epoch: number
  readonly #identityKey: KeyObject
  readonly #subjects = new Map<string, StoredKey>()
  readonly #frames = new Map<string, KeyObject>()
  /** Subject keys by id (latin1). */
  readonly #byIds = new Map<string, KeyObject>()
  readonly #statements = new Map<string, Statement>()
  /** Changes when another connection has changed the file (sqlite.org/pragma.html#data_version). */
  #version: unknown
  /** How many keys had been destroyed by then; null: the keystore does not count them. */
  #gone: unknown = null
  #current: { readonly day: string; readonly key: StoredKey } | undefined
  /** True while a transaction holds new keys. */
  #open = false
  forgotten = 0

  constructor(opened: OpenDatabase, rootKey: Uint8Array, readOnly: boolean) {
    this.#opened = opened
    this.#readOnly = readOnly
    const row = this.#get('SELECT * FROM kek ORDER BY epoch DESC LIMIT 1')
    if (!row) throw new LedgerError('KEYSTORE_DAMAGED', 'the keystore has no KEK')
    this.#epoch = row.epoch as number
    const name = kekName(this.#epoch)
    this.#kek = unwrap(createSecretKey(rootKey), row.wrapped as Uint8Array, name)
    this.#identityKey = createSecretKey(this.secret('identity'))
  }

  frameKey(receivedAt: number): StoredKey {
    const day = new Date(receivedAt).toISOString().slice(0, 10)
    if (this.#current?.day !== day) this.#current = { day, key: this.#named('frame', day) }
    return this.#current.key
  }

  frameKeyById(id: string): KeyObject {
    this.#forgetIfChanged()
    const known = this.#frames.get(id)
    if (known) return known
    const key = this.#byId(Buffer.from(id, 'base64url'), ['frame'])
    if (!key) throw new LedgerError('KEYSTORE_DAMAGED', `no frame key ${id} in the keystore`)
    this.#frames.set(id, key)
    return key
  }

  forgetDestroyed(): void {
    this.#forgetIfChanged()
  }

  subjectKey(identity: string): StoredKey
  subjectKey(identity: string, mayMake: () => boolean): StoredKey | undefined
  subjectKey(identity: string, mayMake: () => boolean = always): StoredKey | undefined {
    const cached = this.#subjects.get(identity)
    if (cached) return cached
    const digest = this.#digest(identity)
    const row = this.#get('SELECT key FROM identity WHERE digest = ?', digest)
    const stored = row && this.#storedById(row.key as Uint8Array)
    if (!stored && !mayMake()) return undefined
    const subject = stored ?? this.#newSubject(identity, digest)
    keepBounded(this.#subjects, identity, subject)
    return subject
  }

  subjectKeyById(id: Uint8Array): KeyObject | undefined {
    const bytes = Buffer.isBuffer(id) ? id : Buffer.from(id.buffer, id.byteOffset, id.length)
    const name = bytes.toString('latin1')
    const known = this.#byIds.get(name)
    if (known) return known
    const key = this.#byId(id, ['subject', 'session'])
    if (key) keepBounded(this.#byIds, name, key)
    return key
  }

  link(identity: string, subject: StoredKey, mayMake: () => boolean = always): void {
    if (this.#subjects.get(identity) === subject) return
    const digest = this.#digest(identity)
    const row = this.#get(
      'SELECT identity.key, kind FROM identity LEFT JOIN key ON id = identity.key WHERE digest = ?',
      digest,
    )
    if (!row && !mayMake()) return
    if (!row || Buffer.compare(row.key as Uint8Array, subject.id) !== 0) {
      this.#write(() => {
        if (row?.kind === 'session') {
          this.#run(
            'INSERT OR REPLACE INTO linked VALUES (?, ?)',
            row.key as Uint8Array,
            subject.id,
          )
        }
        this.#run('INSERT OR REPLACE INTO identity VALUES (?, ?)', digest, subject.id)
      })
    }
    keepBounded(this.#subjects, identity, subject)
  }

  secret(name: string): Uint8Array {
    return this.#named('secret', name).key.export()
  }

  flush(): void {
    if (!this.#open) return
    try {
      this.#opened.db.exec('COMMIT')
      this.#open = false
    } catch (cause) {
      throw this.#undo(cause)
    }
  }

  close(): void {
    try {
      this.flush()
    } finally {
      this.#opened.close()
    }
  }

  #newSubject(identity: string, digest: Uint8Array): StoredKey {
    const kind = identity.startsWith(sessionPrefix) ? 'session' : 'subject'
    const subject = this.#insert(kind, null)
    this.#write(() =>
      this.#run('INSERT OR REPLACE INTO identity VALUES (?, ?)', digest, subject.id),
    )
    return subject
  }

  #named(kind: string, name: string): StoredKey {
    const row = this.#get('SELECT id FROM key WHERE kind = ? AND name = ?', kind, name)
    const found = row && this.#storedById(row.id as Uint8Array)
    return found ?? this.#insert(kind, name)
  }

  #insert(kind: string, name: string | null): StoredKey {
    const id = randomBytes(16)
    const key = createSecretKey(randomBytes(32))
    const wrapped = wrap(this.#kek, key, id)
    this.#write(() =>
      this.#run('INSERT INTO key VALUES (?, ?, ?, ?, ?)', id, kind, name, this.#epoch, wrapped),
    )
    return { id, key }
  }

  #storedById(id: Uint8Array): StoredKey | undefined {
    const row = this.#get('SELECT wrapped FROM key WHERE id = ?', id)
    return row && { id, key: unwrap(this.#kek, row.wrapped as Uint8Array, id) }
  }

  #byId(id: Uint8Array, kinds: readonly string[]): KeyObject | undefined {
    const row = this.#get('SELECT kind, wrapped FROM key WHERE id = ?', id)
    if (!row || !kinds.includes(row.kind as string)) return undefined
    return unwrap(this.#kek, row.wrapped as Uint8Array, id)
  }

  #digest(identity: string): Uint8Array {
    return createHmac('sha256', this.#identityKey).update(identity).digest()
  }

  /** What was destroyed elsewhere must not be used on. */
  #forgetIfChanged(): void {
    const version = this.#get('PRAGMA data_version')?.data_version
    if (version === this.#version) return
    this.#version = version
    // New people come with each commit: for them alone nothing is forgotten.
    const isCounted = this.#get(countsGone) !== undefined
    const gone = isCounted ? this.#get('SELECT count FROM gone')?.count : null
    if (gone === null || gone !== this.#gone) this.#forget()
    this.#gone = gone
  }

  #forget(): void {
    this.forgotten++
    this.#subjects.clear()
    this.#byIds.clear()
    this.#frames.clear()
    this.#current = undefined
  }

  #prepared(sql: string): Statement {
    const known = this.#statements.get(sql)
    if (known) return known
    const statement = this.#opened.db.prepare(sql)
    this.#statements.set(sql, statement)
    return statement
  }

  #get(sql: string, ...values: SQLInputValue[]): Record<string, unknown> | undefined {
    try {
      return this.#prepared(sql).get(...values)
    } catch (cause) {
      throw unreadable(cause)
    }
  }

  #run(sql: string, ...values: SQLInputValue[]): void {
    this.#prepared(sql).run(...values)
  }

  /** Runs `work` in the transaction that the next `flush` commits. */
  #write(work: () => void): void {
    if (this.#readOnly) {
      throw new LedgerError('LEDGER_NOT_FOUND', 'no such key in the keystore, opened to read')
    }
    try {
      if (!this.#open) this.#opened.db.exec('BEGIN IMMEDIATE')
      this.#open = true
      work()
    } catch (cause) {
      throw this.#undo(cause)
    }
  }

  /** Forgets all keys that are not durable, so that none of them is ever handed out again. */
  #undo(cause: unknown): LedgerError {
    this.#open = false
    this.#forget()
    const error = databaseError(cause, 'writing the keystore', 'KEYSTORE_DAMAGED')
    try {
      // After some errors SQLite has rolled back by itself.
      if (this.#opened.db.isTransaction) this.#opened.db.exec('ROLLBACK')
      return error
    } catch {
      return new LedgerError('LEDGER_POISONED', 'the keystore does not roll back', { cause: error })
    }
  }
}

const always = (): boolean => true

/** A Map iterates in order of insertion: when there are too many keys, the oldest goes. */
function keepBounded<V>(keys: Map<string, V>, name: string, key: V): void {
  if (keys.size >= subjectKeysCachedMax) keys.delete(keys.keys().next().value!)
  keys.set(name, key)
}

/** How identities of sessions begin; see commit/subjects.ts. */
const sessionPrefix = 'session '

function fileIn(folder: string): string {
  return join(folder, 'keystore.db')
}

function unreadable(cause: unknown): LedgerError {
  if (cause instanceof LedgerError) return cause
  const { message } = cause as Error
  return new LedgerError('KEYSTORE_DAMAGED', `the keystore is unreadable: ${message}`, { cause })
}
