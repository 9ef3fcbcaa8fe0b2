// The commit log: the one place where a record becomes durable. Sealing, search and sinks follow it
// by offset; its order is the log's order. See commit-log.test.ts and test/crash.
import { randomBytes } from 'node:crypto'
import { base64url, equalBytes, fromBase64url, RecordError } from '@grantlog/record'
import { createGroupCommit, type GroupCommit, type Journal } from '@grantlog/journal'
import { LedgerError, type LedgerErrorCode } from '../codes.ts'
import { decodeEnrolment } from '../format/enrolment.ts'
import { encodeFrame, frameHash, type SealedFrame, sealFrame } from '../format/frame.ts'
import {
  contentDigest,
  type ContentType,
  decodeLeaf,
  encodeLeaf,
  isRecordLeaf,
  type Leaf,
  type RecordType,
} from '../format/leaf.ts'
import { decodeValidation } from '../format/validation.ts'
import { type BatchEvidence, encodePlaintext, type StoredEntry } from '../format/plaintext.ts'
import type { Keystore } from '../io/keystore.ts'
import { commitBytesMax, commitLeavesMax } from '../limits.ts'
import { readCommit, requireOurs, requireSealed } from './replay.ts'
import { Streams } from './streams.ts'
import { sealSubjects, type SlotOpening } from './subjects.ts'

/** A verified record, ready to be committed. */
export interface RecordToCommit {
  readonly type: RecordType
  readonly id: string
  readonly seq: number
  /** 32 bytes; the digest of `canonical`. */
  readonly digest: Uint8Array
  readonly canonical: Uint8Array
  /** JCS JSON of what was not covered; may be empty. */
  readonly unsigned: Uint8Array
  readonly openings: readonly SlotOpening[]
}

/** Records of one signed batch. The signature has been verified by the caller. */
export interface BatchToCommit {
  readonly kid: string
  readonly instance: string
  readonly evidence: BatchEvidence
  readonly records: readonly RecordToCommit[]
}

export interface ContentToCommit {
  readonly type: ContentType
  readonly id: string
  readonly content: Uint8Array
}

/**
 * What became of a record. A duplicate keeps its first index and time; a conflict is not sealed.
 */
export interface Committed {
  readonly outcome: 'committed' | 'duplicate' | 'conflict'
  readonly index: number
  readonly receivedAt: number
}

/** What each item of a group is: a batch of records, or something of the receiver's own. */
type Item = BatchToCommit | ContentToCommit

/** A leaf that is committed: its entry as it will stand in the log. */
export interface CommittedEntry {
  readonly index: number
  readonly entry: Uint8Array
}

/** What became of an item: an error is its own, not that of the others it was written with. */
type Outcome = readonly Committed[] | LedgerError

interface Group {
  readonly receivedAt: number
  readonly entries: Uint8Array[]
  readonly stored: StoredEntry[]
  readonly batches: BatchEvidence[]
  /** Records of this group by stream and number. */
  readonly added: Map<string, { record: StreamRecord; index: number }>
}

interface StreamRecord {
  readonly kid: string
  readonly instance: string
  readonly seq: number
  readonly type: string
}

export interface CommitLogOptions {
  readonly journal: Journal
  readonly keystore: Keystore
  /** Unix milliseconds. */
  readonly now: () => number
  /** The entry of a leaf that was committed before; for telling duplicates from conflicts. */
  readonly entryAt: (index: number) => Promise<Uint8Array>
  /** Called after each commit, in order, once it is durable. */
  readonly onCommit: (entries: readonly CommittedEntry[]) => void
  /** Leaves of one commit, its frame leaf included; default commitLeavesMax. */
  readonly leavesMax?: number
}

/** Appends records durably, once each, in one order. One per ledger. */
export class CommitLog {
  readonly streams: Streams = new Streams()
  readonly #options: CommitLogOptions
  readonly #leavesMax: number
  readonly #group: GroupCommit<Item, Outcome>
  #size = 0
  #lastReceivedAt = 0
  /** Set for good by the first write whose outcome is not known. */
  #poison: LedgerError | undefined

  constructor(options: CommitLogOptions) {
    this.#options = options
    this.#leavesMax = options.leavesMax ?? commitLeavesMax
    this.#group = createGroupCommit<Item, Outcome>({
      write: (items) => this.#writeGroup(items),
      maxItems: commitLeavesMax,
      maxBytes: commitBytesMax,
      sizeOf,
    })
  }

  /** Leaves committed, frame leaves included. */
  get size(): number {
    return this.#size
  }

  /** Bytes that wait to be written: for admission control. */
  get waitingBytes(): number {
    return this.#group.waitingBytes
  }

  /**
   * Rebuilds streams and size from the journal's frames, and hands all entries from `sealed` on to
   * `onCommit`, as if they were committed now: sealing after a crash is the same code as before it.
   * What is sealed must be what `sealedEntry` says; what is not must open with the keystore's keys.
   * Throws LEDGER_DAMAGED naming the frame; nothing is ever cut off.
   */
  async replay(sealed: number, sealedEntry: (index: number) => Promise<Uint8Array>): Promise<void> {
    const { journal, keystore, onCommit } = this.#options
    for await (const { number, payload } of journal.read(0)) {
      const first = this.#size
      const commit = readCommit(number, payload, {
        size: first,
        receivedAt: this.#lastReceivedAt,
      })
      const { entries, leaves } = commit
      const isSealed = first + entries.length <= sealed
      if (isSealed) await requireSealed(commit, sealedEntry)
      else if (first < sealed) {
        throw new LedgerError('LEDGER_DAMAGED', `a checkpoint ends inside commit frame ${number}`)
      } else requireOurs(commit, keystore)
      for (const [i, leaf] of leaves.entries()) this.#note(leaf, first + i)
      this.#size += entries.length
      if (!isSealed) onCommit(entries.map((entry, i) => ({ index: first + i, entry })))
    }
  }

  /**
   * Commits a batch; durable when it resolves. Throws LEDGER_LIMIT, LEDGER_FULL, LEDGER_POISONED,
   * LEDGER_FORMAT.
   */
  async commitBatch(batch: BatchToCommit): Promise<readonly Committed[]> {
    if (batch.records.length >= this.#leavesMax) {
      throw new LedgerError('LEDGER_LIMIT', `more than ${this.#leavesMax - 1} records at once`)
    }
    return this.#submit(batch)
  }

  /** Commits content of the receiver's own; resolves with its leaf index. */
  async commitContent(content: ContentToCommit): Promise<number> {
    const [committed] = await this.#submit(content)
    return committed!.index
  }

  /** Resolves when nothing is being written. */
  async idle(): Promise<void> {
    await this.#group.idle()
  }

  async #submit(item: Item): Promise<readonly Committed[]> {
    if (this.#poison) throw this.#poison
    let outcome: Outcome
    try {
      outcome = await this.#group.submit(item)
    } catch (cause) {
      throw asLedgerError(cause)
    }
    if (outcome instanceof LedgerError) throw outcome
    return outcome
  }

  async #writeGroup(items: Item[]): Promise<Outcome[]> {
    const outcomes: Outcome[] = []
    for (const commit of commitsOf(items, this.#leavesMax)) {
      outcomes.push(...(await this.#write(commit)))
    }
    return outcomes
  }

  /** One commit for all items; when one cannot be stored, one for each: it harms only itself. */
  async #write(items: readonly Item[]): Promise<Outcome[]> {
    const poison = this.#poison
    if (poison) return items.map(() => poison)
    try {
      return await this.#writeCommit(items)
    } catch (cause) {
      const error = asLedgerError(cause)
      if (error.code === 'LEDGER_POISONED') this.#poison = error
      if (items.length === 1 || ofAllItems.has(error.code)) return items.map(() => error)
    }
    const outcomes: Outcome[] = []
    for (const item of items) outcomes.push(...(await this.#write([item])))
    return outcomes
  }

  /**
   * The commit order. A crash
   * 1. before the keystore's flush, or before the frame is durable: nothing was acknowledged, the
   *    producers send again; at most some unused keys stay.
   * 2. after the frame is durable: the records are in the log; producers that got no receipt send
   *    again, and get the same places.
   */
  async #writeCommit(items: readonly Item[]): Promise<Outcome[]> {
    const { journal, keystore, now, onCommit } = this.#options
    const receivedAt = Math.max(now(), this.#lastReceivedAt)
    const group: Group = { receivedAt, entries: [], stored: [], batches: [], added: new Map() }
    const results: Outcome[] = []
    for (const item of items) {
      results.push('records' in item ? await this.#addBatch(group, item) : this.#add(group, item))
    }
    if (group.entries.length === 0) return results
    const frame = this.#seal(group)
    keystore.flush()
    await journal.append(encodeFrame(frame, group.entries))
    this.#lastReceivedAt = receivedAt
    for (const { record, index } of group.added.values()) this.streams.add(record, index)
    const first = this.#size
    this.#size += group.entries.length
    onCommit(group.entries.map((entry, i) => ({ index: first + i, entry })))
    return results
  }

  async #addBatch(group: Group, batch: BatchToCommit): Promise<Committed[]> {
    const { kid, instance, evidence, records } = batch
    const results: Committed[] = []
    let position = -1
    for (const record of records) {
      const found = await this.#find(group, batch, record)
      if (found) {
        results.push(found)
        continue
      }
      if (position === -1) position = group.batches.push(evidence) - 1
      const { canonical, digest, id, openings, seq, type, unsigned } = record
      const { receivedAt } = group
      const subjects = sealSubjects(openings, receivedAt, this.#options.keystore)
      const leaf = { digest: base64url(digest), id, instance, kid, receivedAt, seq, type, v: 1 }
      const index = this.#push(group, leaf as Leaf)
      group.stored.push({ kind: 'record', batch: position, canonical, unsigned, subjects })
      group.added.set(nameOf(batch, seq), { record: { kid, instance, seq, type }, index })
      results.push({ outcome: 'committed', index, receivedAt })
    }
    return results
  }

  /** A record that is in the log already, or earlier in this group. */
  async #find(
    group: Group,
    batch: BatchToCommit,
    { seq, digest }: RecordToCommit,
  ): Promise<Committed | undefined> {
    const inLog = this.streams.find(batch.kid, batch.instance, seq)
    const index = inLog ?? group.added.get(nameOf(batch, seq))?.index
    if (index === undefined) return undefined
    const inGroup = group.entries[index - this.#size]
    const leaf = decodeLeaf(inGroup ?? (await this.#options.entryAt(index)))
    if (!isRecordLeaf(leaf)) throw new LedgerError('LEDGER_DAMAGED', `leaf ${index} is no record`)
    const equal = equalBytes(fromBase64url(leaf.digest)!, digest)
    return { outcome: equal ? 'duplicate' : 'conflict', index, receivedAt: leaf.receivedAt }
  }

  #add(group: Group, { type, id, content }: ContentToCommit): Committed[] {
    const { receivedAt } = group
    if (type === 'validation') decodeValidation(content)
    if (type === 'key' && decodeEnrolment(content).kid !== id) {
      throw new LedgerError('LEDGER_FORMAT', 'the enrolment is of another key')
    }
    const index = this.#push(group, {
      digest: contentDigest(type, content),
      id,
      receivedAt,
      type,
      v: 1,
    })
    group.stored.push({ kind: 'content', content })
    return [{ outcome: 'committed', index, receivedAt }]
  }

  #push(group: Group, leaf: Leaf): number {
    return this.#size + group.entries.push(encodeLeaf(leaf)) - 1
  }

  /** Encrypts the group, and adds its frame leaf. */
  #seal(group: Group): SealedFrame {
    const { receivedAt } = group
    const { id, key } = this.#options.keystore.frameKey(receivedAt)
    const count = group.entries.length
    const first = this.#size
    const nonce = base64url(randomBytes(12))
    const fields = { count, first, key: base64url(id), nonce, receivedAt }
    const plaintext = encodePlaintext({ batches: group.batches, entries: group.stored })
    const frame = sealFrame(fields, plaintext, key)
    this.#push(group, { count, first, hash: frameHash(frame), receivedAt, type: 'frame', v: 1 })
    return frame
  }

  #note(leaf: Leaf, index: number): void {
    this.#lastReceivedAt = leaf.receivedAt
    if (isRecordLeaf(leaf)) this.streams.add(leaf, index)
  }
}

/** Splits items, in order, into commits of at most `leavesMax` leaves, frame leaves included. */
function* commitsOf(items: readonly Item[], leavesMax: number): Generator<Item[]> {
  let commit: Item[] = []
  let leaves = 1
  for (const item of items) {
    const more = 'records' in item ? item.records.length : 1
    if (commit.length > 0 && leaves + more > leavesMax) {
      yield commit
      commit = []
      leaves = 1
    }
    commit.push(item)
    leaves += more
  }
  if (commit.length > 0) yield commit
}

/** Failures of the disk: they are no item's own, and trying each alone would not help. */
const ofAllItems: ReadonlySet<LedgerErrorCode> = new Set(['LEDGER_FULL', 'LEDGER_POISONED'])

/**
 * What a failed commit means for the caller. Whatever failed while writing leaves the disk in
 * doubt, and ends the process.
 */
function asLedgerError(cause: unknown): LedgerError {
  if (cause instanceof LedgerError) return cause
  if (cause instanceof RecordError) {
    return new LedgerError('LEDGER_FORMAT', 'a record cannot be stored', { cause })
  }
  const { code } = cause as { code?: string }
  if (code === 'JOURNAL_TOO_LARGE') return new LedgerError('LEDGER_LIMIT', 'commit too large')
  const full = code === 'JOURNAL_FULL'
  return new LedgerError(full ? 'LEDGER_FULL' : 'LEDGER_POISONED', 'commit failed', { cause })
}

function nameOf({ kid, instance }: BatchToCommit, seq: number): string {
  return `${kid} ${instance} ${seq}`
}

function sizeOf(item: Item): number {
  if (!('records' in item)) return item.content.length + 512
  const bytes = item.records.reduce(
    (sum, { canonical, unsigned, openings }) =>
      sum +
      canonical.length +
      unsigned.length +
      openings.reduce((all, { opening }) => all + opening.length + 64, 512),
    0,
  )
  return bytes + item.evidence.jws.length + item.evidence.digests.length
}
