// What a frame that was read back must be before its leaves count. Who can write the folder can
// append a frame with right checksums; only who has the keystore's keys can make one that opens,
// and only such a frame is sealed and signed. See commit-log.test.ts.
import {
  ATTR,
  base64url,
  digestOf,
  equalBytes,
  openRecord,
  readBatch,
  RecordError,
} from '@grantlog/record'
import type { Journal } from '@grantlog/journal'
import { LedgerError } from '../codes.ts'
import { sha256 } from '../crypto.ts'
import { decodeEnrolment } from '../format/enrolment.ts'
import { decodeFrame, frameHash, openFrame, type SealedFrame } from '../format/frame.ts'
import {
  contentDigest,
  decodeLeaf,
  isContentLeaf,
  isRecordLeaf,
  type Leaf,
  type RecordLeaf,
  recordTypeOf,
  unclosedContent,
} from '../format/leaf.ts'
import {
  type BatchEvidence,
  decodePlaintext,
  type StoredContent,
  type StoredLog,
  type StoredRecord,
} from '../format/plaintext.ts'
import { logBreach } from '../format/observation.ts'
import type { Keystore } from '../io/keystore.ts'
import { merkle } from '../merkle.ts'
import type { StreamWord } from './stream.ts'
import { isServiceLeaf } from './streams.ts'
import { wordOf } from './words.ts'

/** A commit read back from the journal; nothing in it is authenticated yet. */
export interface StoredCommit {
  readonly number: number
  readonly frame: SealedFrame
  /** The leaves, the frame leaf included. */
  readonly entries: readonly Uint8Array[]
  readonly leaves: readonly Leaf[]
}

/** Where the log is before a commit. */
export interface LogEnd {
  readonly size: number
  readonly receivedAt: number
}

/** Reads commit `number`; throws LEDGER_DAMAGED when it is none, or cannot follow `end`. */
export function readCommit(number: number, payload: Uint8Array, end: LogEnd): StoredCommit {
  return naming(number, () => {
    const { frame, entries } = decodeFrame(payload)
    const { count, first, receivedAt } = frame.fields
    if (first !== end.size || count < 1 || entries.length !== count + 1) {
      throw damaged('it is out of place')
    }
    const leaves = entries.map(decodeLeaf)
    if (receivedAt < end.receivedAt || leaves.some((leaf) => leaf.receivedAt !== receivedAt)) {
      throw damaged('its leaves do not say when it was received')
    }
    if (leaves.findIndex(({ type }) => type === 'frame') !== count) {
      throw damaged('it does not end with its frame leaf')
    }
    return { number, frame, entries, leaves }
  })
}

/** Compares a commit under the checkpoint with what was sealed of it. Throws LEDGER_DAMAGED. */
export async function requireSealed(
  { number, frame, entries }: StoredCommit,
  sealedEntry: (index: number) => Promise<Uint8Array>,
): Promise<void> {
  for (const [i, entry] of entries.entries()) {
    const index = frame.fields.first + i
    if (equalBytes(entry, await sealedEntry(index))) continue
    const message = `commit frame ${number} and the sealed entries differ at entry ${index}`
    throw new LedgerError('LEDGER_DAMAGED', message)
  }
}

/**
 * Checks that a commit beyond the checkpoint is one that this ledger made: it opens with a key of
 * the keystore, and each leaf is what its encrypted part says. Throws LEDGER_DAMAGED.
 */
export function requireOurs(commit: StoredCommit, keystore: Keystore): void {
  const { number, frame, leaves } = commit
  naming(number, () => {
    const { count, first, key } = frame.fields
    const last = leaves.at(-1)!
    const isItsLeaf = last.type === 'frame' && last.hash === frameHash(frame)
    if (!isItsLeaf || last.first !== first || last.count !== count) {
      throw damaged('its frame leaf is of another')
    }
    const plaintext = openFrame(frame, keystore.frameKeyById(key))
    const { batches, entries } = decodePlaintext(plaintext)
    if (entries.length !== count) throw damaged('it does not store one record for each leaf')
    const streamOf = streamReader(batches)
    for (const [i, stored] of entries.entries()) {
      const leaf = leaves[i]!
      const isOf =
        stored.kind === 'record'
          ? isRecordLeaf(leaf) && isOfRecord(leaf, stored, streamOf(stored.batch))
          : stored.kind === 'log'
            ? leaf.type === 'log' && logBreach(leaf, stored, []) === null
            : isOfContent(leaf, stored)
      if (!isOf) throw damaged(`leaf ${first + i} is not what it stores`)
    }
  })
}

/**
 * What starts, heartbeats and stops of a sealed commit say of their streams, by position in it.
 * Nothing when its frame does not open: what was sealed counts all the same, and that is only told.
 */
export function wordsIn(
  { frame, leaves }: StoredCommit,
  keystore: Keystore,
): Map<number, StreamWord> {
  const words = new Map<number, StreamWord>()
  if (!leaves.some(isServiceLeaf)) return words
  try {
    const { entries } = decodePlaintext(openFrame(frame, keystore.frameKeyById(frame.fields.key)))
    for (const [i, stored] of entries.entries()) {
      const leaf = leaves[i]
      if (!leaf || !isServiceLeaf(leaf) || stored.kind !== 'record') continue
      words.set(i, wordOf(stored.canonical))
    }
  } catch (error) {
    if (!(error instanceof LedgerError || error instanceof RecordError)) throw error
  }
  return words
}

/** What frame `number` stores of log records, by place. Throws LEDGER_DAMAGED, LEDGER_FORMAT. */
export async function storedFrame(
  { journal, keystore }: { readonly journal: Journal; readonly keystore: Keystore },
  number: number,
): Promise<(index: number) => StoredLog | undefined> {
  const payload = await journal.readFrame(number).catch((cause: unknown) => {
    throw new LedgerError('LEDGER_DAMAGED', `commit frame ${number} cannot be read`, { cause })
  })
  const { frame } = decodeFrame(payload)
  const { first, key } = frame.fields
  const { entries } = decodePlaintext(openFrame(frame, keystore.frameKeyById(key)))
  return (index) => {
    const stored = entries[index - first]
    return stored?.kind === 'log' ? stored : undefined
  }
}

type StreamName = { readonly kid: string; readonly instance: string }

/** The stream of each batch, read once. */
function streamReader(batches: readonly BatchEvidence[]): (position: number) => StreamName {
  const names = new Map<number, StreamName>()
  return (position) => {
    const batch = batches[position]
    if (!batch) throw damaged('it names a batch that is not there')
    const known = names.get(position)
    if (known) return known
    const { kid, statement } = readBatch(batch.jws, batch.digests, sha256, merkle().rootOver)
    const name = { kid, instance: statement.instance }
    names.set(position, name)
    return name
  }
}

function isOfRecord(leaf: RecordLeaf, stored: StoredRecord, stream: StreamName): boolean {
  const view = openRecord(stored.canonical)
  return (
    leaf.digest === base64url(digestOf(stored.canonical, sha256)) &&
    leaf.id === view.attributes.get(ATTR.AUDIT_RECORD_ID) &&
    BigInt(leaf.seq) === view.attributes.get(ATTR.AUDIT_SEQUENCE_NUMBER) &&
    leaf.type === recordTypeOf(String(view.attributes.get(ATTR.AUDIT_ACTION))) &&
    leaf.kid === stream.kid &&
    leaf.instance === stream.instance
  )
}

function isOfContent(leaf: Leaf, { content }: StoredContent): boolean {
  if (leaf.type === 'unclosed') return equalBytes(unclosedContent(leaf), content)
  if (!isContentLeaf(leaf) || leaf.digest !== contentDigest(leaf.type, content)) return false
  return leaf.type !== 'key' || leaf.id === decodeEnrolment(content).kid
}

/** Whatever is wrong with a frame, whoever reads the message must learn which frame it is. */
function naming<T>(number: number, work: () => T): T {
  try {
    return work()
  } catch (cause) {
    const { message } = cause as Error
    throw new LedgerError('LEDGER_DAMAGED', `commit frame ${number}: ${message}`, { cause })
  }
}

function damaged(message: string): LedgerError {
  return new LedgerError('LEDGER_DAMAGED', message)
}
