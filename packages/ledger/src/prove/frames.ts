// Reading committed frames back: leaves with what is stored of them, decrypted. The read side of
// the commit log, for sinks, search, proofs and verification.
import type { Journal } from '@grantlog/journal'
import type { LogSlotName } from '@grantlog/record'
import { openLogSubjects, openSubjects } from '../commit/subjects.ts'
import { LedgerError } from '../codes.ts'
import { giveBack } from '../format/give-back.ts'
import { splitFrame, entriesOf, type FrameHeader, openFrame } from '../format/frame.ts'
import { decodeLeaf, type Leaf } from '../format/leaf.ts'
import type { SlotOpening } from '../format/outline.ts'
import { type BatchEvidence, decodePlaintext, type StoredEntry } from '../format/plaintext.ts'
import type { Keystore } from '../io/keystore.ts'
import type { PersonKeys } from '../machine.ts'

/** One leaf of a frame, with what is stored of it; the frame leaf itself is left out. */
export interface FrameEntry {
  readonly index: number
  /** The bytes that the log holds. */
  readonly entry: Uint8Array
  readonly leaf: Leaf
  readonly stored: StoredEntry
  /** The batch a record came in; undefined for the receiver's own content. */
  readonly evidence: BatchEvidence | undefined
  /** The slots of a record that can still be opened. */
  readonly openings: () => SlotOpening[]
  /** The same of a log record. */
  readonly logOpenings: () => SlotOpening<LogSlotName>[]
}

/** A commit, as consumers read it. */
export interface Frame {
  readonly number: number
  readonly first: number
  readonly receivedAt: number
  readonly entries: readonly FrameEntry[]
}

/**
 * Frames from number `from` on, up to the newest when each is asked for. Nothing is compared with
 * the log here: that is `audit`. Throws LEDGER_FORMAT, LEDGER_DAMAGED, KEYSTORE_DAMAGED.
 */
export async function* frameReader(
  journal: Journal,
  keystore: Keystore,
  from: number,
): AsyncGenerator<Frame, void, void> {
  for await (const { number, payload } of journal.read(from)) {
    yield readFrame(number, payload, keystore)
  }
}

/** A commit, decrypted, but not divided: for who reads all of a ledger (rows.ts). */
export interface PlainFrame {
  readonly number: number
  /** Place in the log of its first leaf. */
  readonly first: number
  /** For each leaf, that of the frame behind the others: u16 length ‖ entry. */
  readonly leaves: Buffer
  readonly plaintext: Buffer
  readonly keystore: PersonKeys
  /** Divides it: errors as of `frameReader`. */
  read(): Frame
}

/** The leaves of a commit as they lie there, each behind its length, the frame leaf the last. */
export interface FrameLeaves {
  readonly first: number
  readonly leaves: Buffer
}

/**
 * Of frames from number `from` to before `to`, with nothing decrypted; what one of them gives is
 * read before the next one is asked for. Throws LEDGER_FORMAT, and the journal's errors.
 */
export async function* leavesReader(
  journal: Journal,
  from: number,
  to: number,
): AsyncGenerator<FrameLeaves, void, void> {
  for await (const { payload } of journal.read(from, to)) {
    const { frame, leaves } = splitFrame(payload)
    yield { first: frame.fields.first, leaves: bufferOf(leaves) }
    for (const bytes of [leaves, payload]) giveBack(bytes)
  }
}

/** As `frameReader`; what one of them gives is read before the next one is asked for. */
export async function* plainFrameReader(
  journal: Journal,
  keystore: Keystore,
  from: number,
): AsyncGenerator<PlainFrame, void, void> {
  for await (const { number, payload } of journal.read(from)) {
    const { frame, leaves } = splitFrame(payload)
    const { fields } = frame
    const plaintext = openFrame(frame, keystore.frameKeyById(fields.key))
    let divided: Frame | undefined
    yield {
      ...{ number, keystore, first: fields.first },
      ...{ leaves: bufferOf(leaves), plaintext: bufferOf(plaintext) },
      read: () => (divided ??= readPlain({ number, fields, leaves, plaintext }, keystore)),
    }
    for (const bytes of [leaves, plaintext, payload]) giveBack(bytes)
  }
}

/** Decrypts one frame. */
export function readFrame(number: number, payload: Uint8Array, keystore: Keystore): Frame {
  const { frame, leaves } = splitFrame(payload)
  const { fields } = frame
  const plaintext = openFrame(frame, keystore.frameKeyById(fields.key))
  return readPlain({ number, fields, leaves, plaintext }, keystore)
}

interface Opened {
  readonly number: number
  readonly fields: FrameHeader
  readonly leaves: Uint8Array
  readonly plaintext: Uint8Array
}

function readPlain({ fields, leaves, number, plaintext }: Opened, keystore: Keystore): Frame {
  const { first, receivedAt } = fields
  const entries = entriesOf(leaves)
  const { batches, entries: stored } = decodePlaintext(plaintext)
  const evidenceOf = (each: StoredEntry): BatchEvidence | undefined => {
    if (each.kind !== 'record') return undefined
    const evidence = batches[each.batch]
    if (!evidence) throw new LedgerError('LEDGER_DAMAGED', `frame ${number} lacks a batch`)
    return evidence
  }
  if (entries.length !== stored.length + 1) {
    throw new LedgerError('LEDGER_DAMAGED', `frame ${number} has not one entry for each leaf`)
  }
  const read = stored.map((each, i) => ({
    index: first + i,
    entry: entries[i]!,
    leaf: decodeLeaf(entries[i]!),
    stored: each,
    evidence: evidenceOf(each),
    openings: () => (each.kind === 'record' ? openSubjects(each.subjects, keystore) : []),
    logOpenings: () => (each.kind === 'log' ? openLogSubjects(each.subjects, keystore) : []),
  }))
  return { number, first, receivedAt, entries: read }
}

function bufferOf({ buffer, byteLength, byteOffset }: Uint8Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength)
}
