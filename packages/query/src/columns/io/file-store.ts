// Chunks of the index in one SQLite file: each column a blob, compressed, then encrypted under the
// index's own key, bound to its place. See file-store.test.ts.
import {
  createCipheriv,
  createDecipheriv,
  createSecretKey,
  type KeyObject,
  randomBytes,
} from 'node:crypto'
import { mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { QueryError } from '../../codes.ts'
import { MAX_PART_BYTES } from '../../limits.ts'
import type { ChunkFacts, Column } from '../chunk.ts'
import { type ChunkStore, type ChunkToKeep, memoryStore } from '../store.ts'

export interface FileStoreOptions {
  /** Made when it is missing, for its owner alone. */
  readonly folder: string
  /** 32 bytes, from the keystore. */
  readonly key: Uint8Array
  /** The log: an index of another one is removed. */
  readonly origin: string
  /** Reads what is there as if another process were its writer, and makes nothing. */
  readonly readOnly?: boolean
  /** How long to wait for another writer to end, ms; nothing else happens meanwhile. Default 0. */
  readonly patienceMs?: number
}

/** Changes when an older program could not read what is written. */
const FORM = 2
const NAME = 'records.db'
const LOCK_NAME = 'writer.lock'
/** Words of a chunk: a part for each column, so that none is larger than a column's words. */
const TERMS = '#terms/'
/** A reader waits while the writer keeps a chunk. */
const BUSY_TIMEOUT_MS = 5_000
const SQLITE_BUSY = 5
const SQLITE_CORRUPT = 11
const SQLITE_NOTADB = 26
const NONCE_BYTES = 12
const TAG_BYTES = 16
const fast = { params: { [constants.ZSTD_c_compressionLevel]: 1 } }

const schema = `
  CREATE TABLE about (form INTEGER NOT NULL, origin TEXT NOT NULL) STRICT;
  CREATE TABLE chunk (number INTEGER PRIMARY KEY, facts TEXT NOT NULL) STRICT;
  CREATE TABLE part (
    chunk INTEGER NOT NULL, name TEXT NOT NULL, width INTEGER NOT NULL, bytes BLOB NOT NULL,
    PRIMARY KEY (chunk, name)
  ) STRICT, WITHOUT ROWID;
`

/**
 * Opens the index in a folder. What cannot be read, or is of another log, is begun anew. Only one
 * process writes; another one reads what is there, and keeps what it adds in memory.
 */
export function openFileStore(options: FileStoreOptions): ChunkStore {
  const path = join(options.folder, NAME)
  if (options.readOnly === true) return readBeside(path, options)
  mkdirSync(options.folder, { recursive: true, mode: 0o700 })
  const lock = takeLock(join(options.folder, LOCK_NAME), options.patienceMs ?? 0)
  if (lock === null) return readBeside(path, options)
  try {
    return new FileStore(path, options, lock)
  } catch (error) {
    if (!isDamage(error)) {
      lock.close()
      throw error
    }
    for (const name of [path, `${path}-wal`, `${path}-shm`]) rmSync(name, { force: true })
    return new FileStore(path, options, lock)
  }
}

/** A transaction that is held as long as the process lives; null when another one holds it. */
function takeLock(path: string, patienceMs: number): DatabaseSync | null {
  const lock = opened(path)
  try {
    lock.exec(`PRAGMA busy_timeout = ${patienceMs}`)
    lock.exec('BEGIN EXCLUSIVE')
    return lock
  } catch (cause) {
    lock.close()
    if (codeOf(cause) === SQLITE_BUSY) return null
    throw unusable(path, cause)
  }
}

/** The primary result code (sqlite.org/rescode.html). */
function codeOf(error: unknown): number {
  return ((error as { errcode?: number }).errcode ?? 0) & 0xff
}

/** What the writer has kept so far, and memory for the rest. */
function readBeside(path: string, options: FileStoreOptions): ChunkStore {
  const memory = memoryStore()
  try {
    const file = new FileStore(path, options, null)
    const terms = [...file.terms()]
    for (const [n, facts] of file.chunks.entries()) {
      memory.keep({ ...facts, columns: [], terms: terms[n] ?? {} })
    }
    const last = file.chunks.at(-1)
    // The writer may replace the last one by a longer one.
    if (last !== undefined) {
      const columns = [...file.columns(last.number)]
      memory.keep({ ...last, columns, terms: terms.at(-1) ?? {} })
    }
    const kept = file.chunks.length - 1
    const isOnDisk = (chunk: number): boolean => chunk < kept
    return {
      ...memory,
      get bytes() {
        return file.bytes
      },
      column: (chunk, name) => (isOnDisk(chunk) ? file : memory).column(chunk, name),
      close: () => file.close(),
    }
  } catch (error) {
    if (error instanceof QueryError) return memory
    throw error
  }
}

class FileStore implements ChunkStore {
  readonly chunks: ChunkFacts[]
  readonly #path: string
  readonly #db: DatabaseSync
  readonly #key: KeyObject
  readonly #part: StatementSync
  /** Null: opened to read. */
  readonly #lock: DatabaseSync | null

  constructor(path: string, { key, origin }: FileStoreOptions, lock: DatabaseSync | null) {
    this.#path = path
    this.#key = createSecretKey(key)
    this.#lock = lock
    this.#db = opened(path, lock === null)
    try {
      this.#db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`)
      if (lock !== null) {
        // A crash may take the newest chunks, never a part of one.
        this.#db.exec('PRAGMA auto_vacuum = INCREMENTAL; PRAGMA journal_mode = WAL')
        this.#db.exec('PRAGMA synchronous = NORMAL; PRAGMA secure_delete = ON')
      }
      this.#requireOwn(origin)
      this.#part = this.#db.prepare('SELECT width, bytes FROM part WHERE chunk = ? AND name = ?')
      const rows = this.#db.prepare('SELECT facts FROM chunk ORDER BY number').all()
      this.chunks = rows.map(({ facts }) => JSON.parse(String(facts)) as ChunkFacts)
      // Under another key nothing opens: found now, not at the first query.
      if (this.chunks.length > 0) for (const _ of this.columns(0)) break
    } catch (cause) {
      this.#db.close()
      if (cause instanceof QueryError) throw cause
      const isDamaged = [SQLITE_CORRUPT, SQLITE_NOTADB].includes(codeOf(cause))
      throw isDamaged || cause instanceof SyntaxError ? damaged(path, cause) : unusable(path, cause)
    }
  }

  get bytes(): number {
    return statSync(this.#path).size
  }

  get isKept(): boolean {
    return this.#lock !== null
  }

  *terms(): Generator<Readonly<Record<string, readonly string[]>>, void, void> {
    for (const { number } of this.chunks) yield this.#termsOf(number)
  }

  column(chunk: number, name: string): Column | undefined {
    const row = this.#part.get(chunk, name)
    return row && this.#columnOf(chunk, name, row)
  }

  *columns(chunk: number): Generator<readonly [name: string, column: Column], void, void> {
    const all = this.#db.prepare('SELECT name, width, bytes FROM part WHERE chunk = ?').all(chunk)
    for (const row of all) {
      const name = String(row.name)
      if (!name.startsWith(TERMS)) yield [name, this.#columnOf(chunk, name, row)]
    }
  }

  keep({ columns, terms, ...facts }: ChunkToKeep): void {
    const { number } = facts
    this.#within(() => {
      this.#db.prepare('DELETE FROM part WHERE chunk = ?').run(number)
      const insert = this.#db.prepare('INSERT INTO part VALUES (?, ?, ?, ?)')
      const put = (name: string, width: number, bytes: Uint8Array): void =>
        void insert.run(number, name, width, this.#seal(`${number}/${name}`, bytes))
      for (const [column, words] of Object.entries(terms)) {
        put(`${TERMS}${column}`, 1, Buffer.from(JSON.stringify(words)))
      }
      for (const [name, column] of columns) {
        const { buffer, byteLength, byteOffset, BYTES_PER_ELEMENT: width } = column
        put(name, width, new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength))
        // It goes back at once: for megabytes the garbage collector would mark everything.
        if (buffer instanceof ArrayBuffer) buffer.transfer(0)
      }
      const upsert = 'INSERT OR REPLACE INTO chunk VALUES (?, ?)'
      this.#db.prepare(upsert).run(number, JSON.stringify(facts))
    })
    this.chunks[number] = facts
  }

  clear(): void {
    this.#within(() => this.#db.exec('DELETE FROM part; DELETE FROM chunk'))
    this.#db.exec('PRAGMA incremental_vacuum')
    this.chunks.length = 0
  }

  close(): void {
    this.#db.close()
    this.#lock?.close()
  }

  #requireOwn(origin: string): void {
    const has = this.#db.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'about'").get()
    if (has === undefined) {
      if (this.#lock === null) throw damaged(this.#path, 'it is empty')
      this.#within(() => {
        this.#db.exec(schema)
        this.#db.prepare('INSERT INTO about VALUES (?, ?)').run(FORM, origin)
      })
      return
    }
    const about = this.#db.prepare('SELECT form, origin FROM about').get()
    if (about?.form !== FORM || about.origin !== origin) {
      throw damaged(this.#path, 'it is of another log or form')
    }
  }

  #within(work: () => void): void {
    this.#db.exec('BEGIN IMMEDIATE')
    try {
      work()
      this.#db.exec('COMMIT')
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK')
      throw error
    }
  }

  #termsOf(chunk: number): Readonly<Record<string, readonly string[]>> {
    const rows = this.#db
      .prepare('SELECT name, bytes FROM part WHERE chunk = ? AND name GLOB ?')
      .all(chunk, `${TERMS}*`)
    const terms = rows.map(({ bytes, name }) => {
      const text = this.#open(`${chunk}/${String(name)}`, bytes as Uint8Array, MAX_PART_BYTES)
      return [String(name).slice(TERMS.length), JSON.parse(text.toString()) as string[]] as const
    })
    return Object.fromEntries(terms)
  }

  #columnOf(chunk: number, name: string, row: Record<string, unknown>): Column {
    // Pairs of row and value: at most two for each value that a record may have.
    const bytes = this.#open(`${chunk}/${name}`, row.bytes as Uint8Array, MAX_PART_BYTES)
    // A copy of its own: typed arrays need their alignment.
    const buffer = new Uint8Array(bytes).buffer
    if (row.width === 1) return new Uint8Array(buffer)
    return row.width === 2 ? new Uint16Array(buffer) : new Uint32Array(buffer)
  }

  #seal(place: string, bytes: Uint8Array): Uint8Array {
    const nonce = randomBytes(NONCE_BYTES)
    const cipher = createCipheriv('aes-256-gcm', this.#key, nonce)
    cipher.setAAD(Buffer.from(place))
    const sealed = cipher.update(zstdCompressSync(bytes, fast))
    return Buffer.concat([nonce, sealed, cipher.final(), cipher.getAuthTag()])
  }

  #open(place: string, sealed: Uint8Array, maxOutputLength: number): Buffer {
    try {
      const decipher = createDecipheriv('aes-256-gcm', this.#key, sealed.subarray(0, NONCE_BYTES))
      decipher.setAAD(Buffer.from(place))
      decipher.setAuthTag(sealed.subarray(-TAG_BYTES))
      const packed = decipher.update(sealed.subarray(NONCE_BYTES, -TAG_BYTES))
      return zstdDecompressSync(Buffer.concat([packed, decipher.final()]), { maxOutputLength })
    } catch (cause) {
      throw damaged(this.#path, cause)
    }
  }
}

function isDamage(error: unknown): boolean {
  return error instanceof QueryError && error.code === 'QUERY_INDEX_DAMAGED'
}

function opened(path: string, readOnly = false): DatabaseSync {
  try {
    return new DatabaseSync(path, { readOnly })
  } catch (cause) {
    throw unusable(path, cause)
  }
}

/** Nothing is wrong with what is there: it may be on a full disk, or somebody else's. */
function unusable(path: string, cause: unknown): QueryError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new QueryError('QUERY_INDEX_UNUSABLE', `${path}: ${why}`, { cause })
}

function damaged(path: string, cause: unknown): QueryError {
  const why = cause instanceof Error ? cause.message : String(cause)
  return new QueryError('QUERY_INDEX_DAMAGED', `${path}: ${why}`, { cause })
}
