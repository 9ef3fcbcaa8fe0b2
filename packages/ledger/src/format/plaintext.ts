// What a commit frame encrypts: batch evidence, and the preimages of everything that was hashed
// (FORMAT.md 3.3). See frame.test.ts.
import { concat } from '@grantlog/record'
import { LedgerError } from '../codes.ts'
import { ByteReader, ByteWriter } from './bytes.ts'

/** Bytes for the batches of a commit: seven of 512 records each. */
const roomBytes = 128 * 1024
const nonceBytes = 16

/** The signed batch that records of a frame came in: JWS, and 32 bytes of digest per record. */
export interface BatchEvidence {
  readonly jws: string
  readonly digests: Uint8Array
}

/** Slot openings of one subject: their values are encrypted under its key (AES-256-CTR). */
export interface SubjectPart {
  /** 16 bytes. */
  readonly keyId: Uint8Array
  /** 16 bytes. */
  readonly nonce: Uint8Array
  /** The openings without their values; see outline.ts. */
  readonly outline: Uint8Array
  readonly ciphertext: Uint8Array
}

export interface StoredRecord {
  readonly kind: 'record'
  /** Position in the frame's batches. */
  readonly batch: number
  readonly canonical: Uint8Array
  /** JCS JSON of what was not covered; may be empty. */
  readonly unsigned: Uint8Array
  readonly subjects: readonly SubjectPart[]
}

/** A record that lies in a buffer, with its openings under one key at most. */
export interface LaidEntry {
  /** Position in the frame's batches. */
  readonly batch: number
  readonly laid: LaidParts
  /** JCS JSON of what was not covered; may be empty. */
  readonly unsigned: Uint8Array
  /** Of the key, 16 bytes; undefined when it has no openings. */
  readonly keyId: Uint8Array | undefined
}

/** Where its parts begin; each ends where the next begins. */
export interface LaidParts {
  readonly bytes: Buffer
  readonly canonicalAt: number
  /** As most sinks are shown it: not stored. */
  readonly spanAt: number
  readonly outlineAt: number
  readonly valuesAt: number
  readonly end: number
}

/** Values in a buffer that are to be encrypted where they stand, and the room for their nonce. */
export interface Unencrypted {
  readonly buffer: Buffer
  readonly nonceAt: number
  readonly from: number
  readonly to: number
}

/** An audit log record (FORMAT.md 6). */
export interface StoredLog {
  readonly kind: 'log'
  readonly canonical: Uint8Array
  /** Who brought it; see observation.ts. */
  readonly observation: Uint8Array
  readonly subjects: readonly SubjectPart[]
}

export interface StoredContent {
  readonly kind: 'content'
  readonly content: Uint8Array
}

export type StoredEntry = StoredRecord | StoredLog | StoredContent

export interface CommitPlaintext {
  readonly batches: readonly BatchEvidence[]
  /** One for each leaf of the commit but its frame leaf, in order. */
  readonly entries: readonly StoredEntry[]
}

export function encodePlaintext({ batches, entries }: CommitPlaintext): Uint8Array {
  const writer = new PlaintextWriter()
  for (const evidence of batches) writer.batch(evidence)
  for (const entry of entries) writer.entry(entry)
  return writer.finish()
}

/**
 * Writes a commit's plaintext while the commit is put together. Nothing that it is given is kept,
 * and the buffers of one commit serve the next: else the garbage collector would have to look at
 * everything once for some megabytes of records.
 */
export class PlaintextWriter {
  readonly #batches = new ByteWriter()
  /** Behind room for the batches, which are known when the last entry is. */
  readonly #entries = new ByteWriter()
  #batchCount = 0
  #entryCount = 0

  constructor() {
    this.clear()
  }

  /** Gives the batch's position, for its records. */
  batch({ digests, jws }: BatchEvidence): number {
    const writer = this.#batches
    writer.u16(jws.length)
    writer.ascii(jws)
    writer.u32(digests.length / 32)
    writer.raw(digests)
    return this.#batchCount++
  }

  entry(entry: StoredEntry): void {
    writeEntry(this.#entries, entry)
    this.#entryCount++
  }

  /** The same of a record that lies in a buffer; gives what has to be encrypted before `finish`. */
  laid({ batch, keyId, laid, unsigned }: LaidEntry): Unencrypted | undefined {
    const { bytes, canonicalAt, end, outlineAt, spanAt, valuesAt } = laid
    const writer = this.#entries
    this.#entryCount++
    writer.u8(0)
    writer.u16(batch)
    writer.u32(spanAt - canonicalAt)
    writer.copy(bytes, canonicalAt, spanAt)
    writer.block(unsigned)
    writer.u8(keyId ? 1 : 0)
    if (!keyId) return undefined
    writer.raw(keyId)
    const nonceAt = writer.length
    writer.skip(nonceBytes)
    writer.u32(valuesAt - outlineAt)
    writer.copy(bytes, outlineAt, valuesAt)
    writer.u32(end - valuesAt)
    const from = writer.length
    writer.copy(bytes, valuesAt, end)
    return { buffer: writer.buffer, nonceAt, from, to: writer.length }
  }

  /** What was written: a view, until `clear`. */
  finish(): Uint8Array {
    const head = new ByteWriter(this.#batches.length + 6)
    head.u16(this.#batchCount)
    head.raw(this.#batches.finish())
    head.u32(this.#entryCount)
    const entries = this.#entries.finish()
    if (head.length > roomBytes) return concat(head.finish(), entries.subarray(roomBytes))
    const from = roomBytes - head.length
    entries.set(head.finish(), from)
    return entries.subarray(from)
  }

  /** Begins the next commit. */
  clear(): void {
    this.#batches.clear()
    this.#entries.clear()
    this.#entries.skip(roomBytes)
    this.#batchCount = this.#entryCount = 0
  }
}

function writeEntry(writer: ByteWriter, entry: StoredEntry): void {
  if (entry.kind === 'content') {
    writer.u8(1)
    writer.block(entry.content)
    return
  }
  if (entry.kind === 'log') {
    writer.u8(2)
    writer.block(entry.canonical)
    writer.block(entry.observation)
  } else {
    writer.u8(0)
    writer.u16(entry.batch)
    writer.block(entry.canonical)
    writer.block(entry.unsigned)
  }
  writer.u8(entry.subjects.length)
  for (const { ciphertext, keyId, nonce, outline } of entry.subjects) {
    writer.raw(keyId)
    writer.raw(nonce)
    writer.block(outline)
    writer.block(ciphertext)
  }
}

/** Reads a decrypted frame; throws LEDGER_FORMAT. Byte strings are views. */
export function decodePlaintext(plaintext: Uint8Array): CommitPlaintext {
  const reader = new ByteReader(plaintext)
  const batches = readBatches(reader)
  const entries = times(reader.u32(), () => readEntry(reader))
  reader.end()
  return { batches, entries }
}

/** What stands before the entries, how many these are, and where they begin. */
export function decodeHead(plaintext: Uint8Array): {
  readonly batches: readonly BatchEvidence[]
  readonly count: number
  readonly entriesAt: number
} {
  const reader = new ByteReader(plaintext)
  const batches = readBatches(reader)
  const count = reader.u32()
  return { batches, count, entriesAt: reader.at }
}

function readBatches(reader: ByteReader): BatchEvidence[] {
  return times(reader.u16(), () => {
    const jws = Buffer.from(reader.raw(reader.u16())).toString('latin1')
    return { jws, digests: reader.raw(reader.u32() * 32) }
  })
}

function readEntry(reader: ByteReader): StoredEntry {
  const kind = reader.u8()
  if (kind === 1) return { kind: 'content', content: reader.block() }
  if (kind === 2) {
    const canonical = reader.block()
    const observation = reader.block()
    return { kind: 'log', canonical, observation, subjects: readSubjects(reader) }
  }
  if (kind !== 0) throw new LedgerError('LEDGER_FORMAT', `unknown kind of entry ${kind}`)
  const batch = reader.u16()
  const canonical = reader.block()
  const unsigned = reader.block()
  return { kind: 'record', batch, canonical, unsigned, subjects: readSubjects(reader) }
}

function readSubjects(reader: ByteReader): SubjectPart[] {
  return times(reader.u8(), () => ({
    keyId: reader.raw(16),
    nonce: reader.raw(16),
    outline: reader.block(),
    ciphertext: reader.block(),
  }))
}

/** Not Array.from: a hostile count must fail at the first missing byte, not allocate first. */
function times<T>(count: number, make: () => T): T[] {
  const made: T[] = []
  for (let i = 0; i < count; i++) made.push(make())
  return made
}
