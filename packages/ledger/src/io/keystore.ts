// The keystore: subject keys and frame keys, wrapped, in a small mutable file outside the ledger.
// Destroying a subject's key here is what erases a person. See keystore.test.ts.
import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { base64url } from '@grantlog/record'
import { LedgerError } from '../codes.ts'
import { subjectKeysCachedMax } from '../limits.ts'

/** A key of the keystore: its random 16-byte id, and the key for AES-256. */
export interface StoredKey {
  readonly id: Uint8Array
  readonly key: KeyObject
}

/**
 * Ownership: one writing process (the ledger's lock); readers may open it beside. Durability: keys
 * handed out since the last `flush` are lost in a crash; flush before anything encrypted with them
 * is made durable. Failure: KEYSTORE_DAMAGED when a key does not unwrap.
 */
export interface Keystore {
  /** The key for new frames. */
  frameKey(): StoredKey
  frameKeyById(id: string): KeyObject
  /** The key of a subject, made when it is new. Identities never reach the file in clear. */
  subjectKey(identity: string): StoredKey
  /** Undefined when the key was destroyed: what it encrypted is erased. */
  subjectKeyById(id: Uint8Array): KeyObject | undefined
  /**
   * Remembers that another identity (a session before log-in) is the same subject: what comes is
   * encrypted under the subject's key, and the key it had before goes when the subject's goes.
   */
  link(identity: string, subject: StoredKey): void
  /** A named 32-byte secret, made when it is new. */
  secret(name: string): Uint8Array
  /** Makes all new keys durable; returns at once when there are none. */
  flush(): void
  close(): void
}

const schema = `
  CREATE TABLE IF NOT EXISTS kek (epoch INTEGER PRIMARY KEY, wrapped BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS key (
    id BLOB PRIMARY KEY, kind TEXT NOT NULL, name TEXT, epoch INTEGER NOT NULL,
    wrapped BLOB NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX IF NOT EXISTS key_by_name ON key (kind, name);
  CREATE TABLE IF NOT EXISTS identity (digest BLOB PRIMARY KEY, key BLOB NOT NULL) STRICT;
  CREATE TABLE IF NOT EXISTS linked (key BLOB PRIMARY KEY, subject BLOB NOT NULL) STRICT;
`

/** Opens the keystore; `rootKey` is the 32-byte root key, which wraps everything in it. */
export function openKeystore(
  folder: string,
  rootKey: Uint8Array,
  options: { readonly readOnly?: boolean } = {},
): Keystore {
  return new SqliteKeystore(join(folder, 'keystore.db'), rootKey, options.readOnly === true)
}

class SqliteKeystore implements Keystore {
  readonly #db: DatabaseSync
  readonly #kek: KeyObject
  readonly #epoch: number
  readonly #identityKey: KeyObject
  readonly #subjects = new Map<string, StoredKey>()
  readonly #frames = new Map<string, KeyObject>()
  #current: StoredKey | undefined
  #open = false

  constructor(path: string, rootKey: Uint8Array, readOnly: boolean) {
    // SQLite gives its journal the mode of the database, which it would make readable for all.
    if (!readOnly) closeSync(openSync(path, 'a', 0o600))
    this.#db = new DatabaseSync(path, { readOnly })
    this.#db.exec('PRAGMA busy_timeout = 5000')
    if (!readOnly) {
      // secure_delete: a destroyed key must not linger in a free page.
      this.#db.exec('PRAGMA journal_mode = DELETE; PRAGMA synchronous = EXTRA')
      this.#db.exec(`PRAGMA secure_delete = ON; ${schema}`)
    }
    const { epoch, kek } = this.#loadKek(createSecretKey(rootKey))
    this.#epoch = epoch
    this.#kek = kek
    this.#identityKey = createSecretKey(this.secret('identity'))
    if (!readOnly) this.flush()
  }

  frameKey(): StoredKey {
    this.#current ??= this.#named('frame', 'current')
    return this.#current
  }

  frameKeyById(id: string): KeyObject {
    const known = this.#frames.get(id)
    if (known) return known
    const key = this.#byId(Buffer.from(id, 'base64url'), 'frame')
    if (!key) throw new LedgerError('KEYSTORE_DAMAGED', `no frame key ${id} in the keystore`)
    this.#frames.set(id, key)
    return key
  }

  subjectKey(identity: string): StoredKey {
    const cached = this.#subjects.get(identity)
    if (cached) return cached
    const digest = this.#digest(identity)
    const row = this.#db.prepare('SELECT key FROM identity WHERE digest = ?').get(digest)
    const stored = row && this.#storedById(row.key as Uint8Array)
    const subject = stored ?? this.#newSubject(digest)
    this.#remember(identity, subject)
    return subject
  }

  subjectKeyById(id: Uint8Array): KeyObject | undefined {
    return this.#byId(id, 'subject')
  }

  link(identity: string, subject: StoredKey): void {
    if (this.#subjects.get(identity) === subject) return
    const digest = this.#digest(identity)
    const row = this.#db.prepare('SELECT key FROM identity WHERE digest = ?').get(digest)
    if (!row || Buffer.compare(row.key as Uint8Array, subject.id) !== 0) {
      this.#begin()
      if (row) {
        const insert = this.#db.prepare('INSERT OR REPLACE INTO linked VALUES (?, ?)')
        insert.run(row.key as Uint8Array, subject.id)
      }
      this.#db.prepare('INSERT OR REPLACE INTO identity VALUES (?, ?)').run(digest, subject.id)
    }
    this.#remember(identity, subject)
  }

  secret(name: string): Uint8Array {
    return this.#named('secret', name).key.export()
  }

  flush(): void {
    if (!this.#open) return
    this.#db.exec('COMMIT')
    this.#open = false
  }

  close(): void {
    this.flush()
    this.#db.close()
  }

  #newSubject(digest: Uint8Array): StoredKey {
    const subject = this.#insert('subject', null)
    this.#db.prepare('INSERT OR REPLACE INTO identity VALUES (?, ?)').run(digest, subject.id)
    return subject
  }

  #named(kind: string, name: string): StoredKey {
    const row = this.#db.prepare('SELECT id FROM key WHERE kind = ? AND name = ?').get(kind, name)
    const found = row && this.#storedById(row.id as Uint8Array)
    return found ?? this.#insert(kind, name)
  }

  #insert(kind: string, name: string | null): StoredKey {
    this.#begin()
    const id = randomBytes(16)
    const key = createSecretKey(randomBytes(32))
    const wrapped = wrap(this.#kek, key, id)
    this.#db
      .prepare('INSERT INTO key VALUES (?, ?, ?, ?, ?)')
      .run(id, kind, name, this.#epoch, wrapped)
    return { id, key }
  }

  #storedById(id: Uint8Array): StoredKey | undefined {
    const row = this.#db.prepare('SELECT wrapped FROM key WHERE id = ?').get(id)
    return row && { id, key: unwrap(this.#kek, row.wrapped as Uint8Array, id) }
  }

  #byId(id: Uint8Array, kind: string): KeyObject | undefined {
    const row = this.#db.prepare('SELECT wrapped FROM key WHERE id = ? AND kind = ?').get(id, kind)
    return row && unwrap(this.#kek, row.wrapped as Uint8Array, id)
  }

  #loadKek(root: KeyObject): { epoch: number; kek: KeyObject } {
    const row = this.#db.prepare('SELECT * FROM kek ORDER BY epoch DESC LIMIT 1').get()
    if (row) {
      const epoch = row.epoch as number
      return { epoch, kek: unwrap(root, row.wrapped as Uint8Array, kekName(epoch)) }
    }
    this.#begin()
    const kek = createSecretKey(randomBytes(32))
    this.#db.prepare('INSERT INTO kek VALUES (1, ?)').run(wrap(root, kek, kekName(1)))
    return { epoch: 1, kek }
  }

  #digest(identity: string): Uint8Array {
    return createHmac('sha256', this.#identityKey).update(identity).digest()
  }

  #remember(identity: string, subject: StoredKey): void {
    if (this.#subjects.size >= subjectKeysCachedMax) {
      // A Map iterates in order of insertion: the oldest goes.
      this.#subjects.delete(this.#subjects.keys().next().value!)
    }
    this.#subjects.set(identity, subject)
  }

  #begin(): void {
    if (this.#open) return
    this.#db.exec('BEGIN IMMEDIATE')
    this.#open = true
  }
}

function kekName(epoch: number): Uint8Array {
  return Buffer.from(`kek ${epoch}`)
}

/** 12-byte nonce ‖ ciphertext ‖ tag; the key's id is authenticated, so keys cannot be swapped. */
function wrap(kek: KeyObject, key: KeyObject, id: Uint8Array): Uint8Array {
  const nonce = randomBytes(12)
  const cipher = createCipheriv('aes-256-gcm', kek, nonce)
  cipher.setAAD(id)
  return Buffer.concat([nonce, cipher.update(key.export()), cipher.final(), cipher.getAuthTag()])
}

function unwrap(kek: KeyObject, wrapped: Uint8Array, id: Uint8Array): KeyObject {
  try {
    const nonce = wrapped.subarray(0, 12)
    const decipher = createDecipheriv('aes-256-gcm', kek, nonce, { authTagLength: 16 })
    decipher.setAAD(id)
    decipher.setAuthTag(wrapped.subarray(-16))
    const key = Buffer.concat([decipher.update(wrapped.subarray(12, -16)), decipher.final()])
    return createSecretKey(key)
  } catch (cause) {
    const which = base64url(id)
    throw new LedgerError('KEYSTORE_DAMAGED', `the key ${which} does not unwrap`, { cause })
  }
}
