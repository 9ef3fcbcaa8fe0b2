// What is given to the commit log, and how it is divided into commits. See commit-log.test.ts.
import type { ContentType, LaidInLeaf, RecordType } from '../format/leaf.ts'
import type { BatchEvidence, LaidParts } from '../format/plaintext.ts'
import { commitBytesWanted } from '../limits.ts'
import type { StreamName } from './stream.ts'
import type { DividedOpenings, SlotOpening } from '../format/outline.ts'
import type { LogToCommit } from './logs.ts'
import type { Identities } from './subjects.ts'

/** A record as most sinks are shown it: nothing personal but the slot of pseudonyms. */
export interface Shown {
  /** An OTLP `Span` in protobuf: what the record covers, and nothing else. */
  readonly span: Uint8Array
  readonly producer: Producer
  /** Where the span lies, if it does. */
  readonly laid?: Pick<LaidRecord, 'bytes' | 'outlineAt' | 'spanAt'> | undefined
}

/**
 * Where a record's parts lie, one behind the other, for who copies them: a view of each costs more
 * than the copy. Its openings are divided, and all about who acted.
 */
export interface LaidRecord extends LaidParts, LaidInLeaf {}

/** Empty texts for what it does not say. */
export interface Producer {
  readonly service: string
  readonly environment: string
  readonly version: string
}

/** A leaf that is committed. */
export interface CommittedEntry {
  readonly index: number
  /** Its bytes, as they will stand in the log. */
  readonly entry: Uint8Array
  /** Its leaf hash (RFC 9162), 32 bytes. */
  readonly hash: Uint8Array
}

/** A record of a commit, for whoever watches. */
export interface ShownRecord {
  readonly index: number
  /** The leaf hash, 32 bytes. */
  readonly hash: Uint8Array
  readonly kid: string
  readonly shown: Shown
}

/** A commit that is durable. */
export interface ShownCommit {
  /** Of its frame. */
  readonly number: number
  /** Leaves of type `record`, in order; null when one of them came without `shown`. */
  readonly records: readonly ShownRecord[] | null
  /** How many log records it has. */
  readonly logs: number
}

/** A verified record, ready to be committed. Its bytes may be views, made when asked for. */
export interface RecordToCommit {
  readonly type: RecordType
  readonly id: string
  readonly seq: number
  /** 32 bytes; the digest of `canonical`. */
  readonly digest: Uint8Array
  readonly canonical: Uint8Array
  /** JCS JSON of what was not covered; may be empty. */
  readonly unsigned: Uint8Array
  /** Divided ones are all about who acted. */
  readonly openings: readonly SlotOpening[] | DividedOpenings
  /** The same as the members above, where it is at hand. */
  readonly laid?: LaidRecord | undefined
  /** Bytes of `canonical` and `openings`, about; left out, they are counted. */
  readonly stored?: number
  /** Whom the openings are about; left out, it is read from them. */
  readonly identities?: Identities
  /** Nothing of the log: whoever watches its commits gets it with the record. */
  readonly shown?: Shown | undefined
}

/** Records of one signed batch. The signature has been verified by the caller. */
export interface BatchToCommit {
  readonly kid: string
  readonly instance: string
  readonly evidence: BatchEvidence
  readonly records: readonly RecordToCommit[]
  /**
   * Told what will become of the records while they are written, so that an answer is ready when
   * they are durable; what commit gives then is the same array. Must not throw.
   */
  readonly onPlaced?: (places: readonly Committed[]) => void
}

/**
 * What became of a record. A duplicate keeps its first index and time; a conflict is not sealed.
 */
export interface Committed {
  readonly outcome: 'committed' | 'duplicate' | 'conflict'
  readonly index: number
  readonly receivedAt: number
}

export interface ContentToCommit {
  readonly type: ContentType
  readonly id: string
  readonly content: Uint8Array
}

/** A stream that fell silent; nothing is committed when something of it came meanwhile. */
export interface UnclosedToCommit extends StreamName {
  readonly type: 'unclosed'
}

/** Log records that came together. */
export interface LogsToCommit {
  readonly type: 'logs'
  readonly logs: readonly LogToCommit[]
}

/** What each item of a group is: records that came together, or something of the receiver's own. */
export type Item = BatchToCommit | LogsToCommit | ContentToCommit | UnclosedToCommit

/**
 * Splits items, in order, into commits of at most `leavesMax` leaves, frame leaves included, and
 * about `commitBytesWanted`.
 */
export function* commitsOf(items: readonly Item[], leavesMax: number): Generator<Item[]> {
  let commit: Item[] = []
  let leaves = 1
  let bytes = 0
  for (const item of items) {
    const more = leavesOf(item)
    if (commit.length > 0 && (leaves + more > leavesMax || bytes >= commitBytesWanted)) {
      yield commit
      commit = []
      leaves = 1
      bytes = 0
    }
    commit.push(item)
    leaves += more
    bytes += sizeOf(item)
  }
  if (commit.length > 0) yield commit
}

/** Leaves that an item becomes at most. */
export function leavesOf(item: Item): number {
  if ('records' in item) return item.records.length
  return 'logs' in item ? item.logs.length : 1
}

/** Bytes of a record's leaf, and of what is stored of it besides its bytes, about. */
const recordBytes = 512
const openingBytes = 64

/** Bytes that an item takes before compression, about. */
export function sizeOf(item: Item): number {
  if ('logs' in item) return item.logs.reduce((sum, log) => sum + sizeOfLog(log), 0)
  if (!('records' in item)) return 'content' in item ? item.content.length + 512 : 512
  let bytes = item.evidence.jws.length + item.evidence.digests.length
  for (const record of item.records) {
    bytes += (record.stored ?? storedOf(record)) + record.unsigned.length + recordBytes
  }
  return bytes
}

function storedOf({ canonical, openings }: RecordToCommit): number {
  if ('outline' in openings) {
    return canonical.length + openings.outline.length + openings.values.length
  }
  return openings.reduce(
    (sum, { opening }) => sum + opening.length + openingBytes,
    canonical.length,
  )
}

function sizeOfLog({ sealed: { canonical, openings } }: LogToCommit): number {
  const ofOpenings = openings.reduce((sum, { opening }) => sum + opening.length + openingBytes, 0)
  return canonical.length + ofOpenings + recordBytes
}
