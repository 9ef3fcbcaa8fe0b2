// The commit log: the one place where a record becomes durable. Sealing, search and sinks follow it
// by offset; its order is the log's order. See commit-log.test.ts and test/crash.
import { randomBytes } from 'node:crypto'
import { base64url, equalBytes, fromBase64url } from '@grantlog/record'
import { createGroupCommit, type GroupCommit, type Journal } from '@grantlog/journal'
import { LedgerError } from '../codes.ts'
import { encodeWith, frameHash, type SealedFrame, sealFrame } from '../format/frame.ts'
import { giveBackAlone } from '../format/give-back.ts'
import {
  decodeLeaf,
  isRecordLeaf,
  type Leaf,
  recordLeafWriter,
  unclosedContent,
  type UnclosedLeaf,
} from '../format/leaf.ts'
import { PlaintextWriter } from '../format/plaintext.ts'
import type { Keystore } from '../io/keystore.ts'
import { commitBytesMax, commitLeavesMax, gatherBytesMax, gatherMsMax } from '../limits.ts'
import {
  type BatchToCommit,
  type Committed,
  type CommittedEntry,
  commitsOf,
  type ContentToCommit,
  type Item,
  leavesOf,
  type ShownCommit,
  type RecordToCommit,
  sizeOf,
  type UnclosedToCommit,
} from './items.ts'
import { requireReadable } from './contents.ts'
import { asLedgerError, isOfAllItems } from './failures.ts'
import { committedEntry, contentLeaf, Group } from './group.ts'
import type { LogPlace } from './log-ids.ts'
import { LogCommits, type LogToCommit } from './logs.ts'
import { readCommit, requireOurs, requireSealed, storedFrame, wordsIn } from './replay.ts'
import { hashOfEntry, type Snapshot } from './snapshot.ts'
import type { StreamName, StreamWord } from './stream.ts'
import { Streams } from './streams.ts'
import { SubjectSealer } from './subjects.ts'

/** What became of an item: an error is its own, not that of the others it was written with. */
type Outcome = readonly Committed[] | LedgerError

export interface CommitLogOptions {
  readonly journal: Journal
  readonly keystore: Keystore
  /** Unix milliseconds. */
  readonly now: () => number
  /** The entry of a leaf that was committed before; for telling duplicates from conflicts. */
  readonly entryAt: (index: number) => Promise<Uint8Array>
  /** Called after each commit, in order, once it is durable. */
  readonly onCommit: (entries: readonly CommittedEntry[]) => void
  /**
   * Called while a commit of this process is written; what it gives, once it is durable, before
   * `onCommit`. Must not throw.
   */
  readonly onShown?: (commit: ShownCommit) => () => void
  /** Leaves of one commit, its frame leaf included; default commitLeavesMax. */
  readonly leavesMax?: number
  /** Default newSubjectsPerMinuteMax. */
  readonly newSubjectsPerMinute?: number | undefined
}

/** Appends records durably, once each, in one order. One per ledger. */
export class CommitLog {
  /** Leaves that `replay` read. */
  readAtStart = 0
  readonly #options: CommitLogOptions
  readonly #leavesMax: number
  readonly #group: GroupCommit<Item, Outcome>
  readonly #subjects: SubjectSealer
  /** One commit is put together after the other. */
  readonly #plaintext = new PlaintextWriter()
  readonly #logs: LogCommits
  #streams = new Streams()
  #size = 0
  #lastReceivedAt = 0
  #lastEntry: Uint8Array | undefined
  /** Set for good by the first write whose outcome is not known. */
  #poison: LedgerError | undefined

  constructor(options: CommitLogOptions) {
    this.#options = options
    this.#subjects = new SubjectSealer(options.keystore, options.newSubjectsPerMinute)
    const { entryAt, keystore } = options
    const frameAt = (frame: number) => storedFrame(options, frame)
    this.#logs = new LogCommits(this.#subjects, { entryAt, keystore, frameAt })
    this.#leavesMax = options.leavesMax ?? commitLeavesMax
    this.#group = createGroupCommit<Item, Outcome>({
      write: (items) => this.#writeGroup(items),
      maxItems: commitLeavesMax,
      maxBytes: commitBytesMax,
      sizeOf,
      gather: { maxBytes: gatherBytesMax, maxMs: gatherMsMax },
    })
  }

  /** See Ledger.subjectsShared. */
  get subjectsShared(): number {
    return this.#subjects.shared
  }

  get streams(): Streams {
    return this.#streams
  }

  /** What a start would find out by reading the whole log; undefined for an empty one. */
  get snapshot(): Snapshot | undefined {
    if (!this.#lastEntry) return undefined
    const place = { frame: this.#options.journal.next, size: this.#size }
    const last = hashOfEntry(this.#lastEntry)
    const { ids: logs } = this.#logs
    return { ...place, receivedAt: this.#lastReceivedAt, last, streams: this.#streams, logs }
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
   * What a snapshot knows, which all is sealed, is not read again. Throws LEDGER_DAMAGED naming the
   * frame; nothing is ever cut off.
   */
  async replay(
    sealed: number,
    sealedEntry: (index: number) => Promise<Uint8Array>,
    snapshot?: Snapshot | null,
  ): Promise<void> {
    const { journal, keystore, onCommit } = this.#options
    if (snapshot) {
      this.#streams = snapshot.streams
      this.#logs.ids = snapshot.logs
      this.#size = snapshot.size
      this.#lastReceivedAt = snapshot.receivedAt
    }
    for await (const { number, payload } of journal.read(snapshot?.frame ?? 0)) {
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
      const words = wordsIn(commit, keystore)
      for (const [i, leaf] of leaves.entries()) {
        this.#note(leaf, { index: first + i, frame: number }, words.get(i))
      }
      this.#size += entries.length
      this.#lastEntry = entries.at(-1)
      this.readAtStart += entries.length
      if (!isSealed) onCommit(entries.map((entry, i) => committedEntry(first + i, entry)))
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

  /** Commits log records; durable when it resolves. Throws as `commitBatch` does. */
  async commitLogs(logs: readonly LogToCommit[]): Promise<readonly Committed[]> {
    if (logs.length >= this.#leavesMax) {
      throw new LedgerError('LEDGER_LIMIT', `more than ${this.#leavesMax - 1} log records at once`)
    }
    return this.#submit({ type: 'logs', logs })
  }

  /** Commits content of the receiver's own; resolves with its leaf index. */
  async commitContent(content: ContentToCommit): Promise<number> {
    const [committed] = await this.#submit(content)
    return committed!.index
  }

  /** Commits an `unclosed` leaf of a stream that is open; false when it no longer is silent. */
  async commitUnclosed({ kid, instance }: StreamName): Promise<boolean> {
    const committed = await this.#submit({ type: 'unclosed', kid, instance })
    return committed.length > 0
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
      if (items.length === 1 || isOfAllItems(error)) return items.map(() => error)
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
    const { journal, keystore, now, onCommit, onShown } = this.#options
    const receivedAt = Math.max(now(), this.#lastReceivedAt)
    keystore.forgetDestroyed()
    this.#plaintext.clear()
    const count = items.reduce((sum, item) => sum + leavesOf(item), 1)
    const group = new Group({ first: this.#size, count }, receivedAt, this.#plaintext)
    const results: Outcome[] = []
    for (const item of items) {
      if ('records' in item) results.push(await this.#addBatch(group, item))
      else if ('logs' in item) results.push(await this.#logs.add(group, item.logs))
      else results.push(this.#add(group, item))
    }
    if (group.entries.length === 0) return results
    const frame = this.#seal(group)
    keystore.flush()
    const { entries } = group
    const number = journal.next
    const parts = encodeWith(frame, group.leaves)
    let show: (() => void) | undefined
    await journal.append(parts, {
      meanwhile: () => {
        for (const [at, item] of items.entries()) {
          const placed = results[at]!
          if ('records' in item && !(placed instanceof LedgerError)) item.onPlaced?.(placed)
        }
        show = onShown?.(group.shownAs(number))
      },
    })
    for (const part of parts) giveBackAlone(part)
    this.#lastReceivedAt = receivedAt
    for (const note of group.notes) {
      if (note.type === 'unclosed') this.streams.unclose(note)
      else this.streams.addRun(note)
    }
    this.#logs.committed(group, number)
    this.#size += entries.length
    this.#lastEntry = entries.at(-1)!.entry
    show?.()
    onCommit(entries)
    return results
  }

  async #addBatch(group: Group, batch: BatchToCommit): Promise<Committed[]> {
    const { kid, instance, evidence, records } = batch
    const { receivedAt } = group
    const stream = { instance, kid, receivedAt }
    const leaf = recordLeafWriter(stream)
    const newFrom = this.#newFrom(batch, group.highestOf(batch))
    const results: Committed[] = []
    let position = -1
    for (const record of records) {
      const found = record.seq >= newFrom ? undefined : await this.#find(group, batch, record)
      if (found) {
        results.push(found)
        continue
      }
      if (position === -1) position = group.plaintext.batch(evidence)
      this.#subjects.write(group.plaintext, record, { batch: position, receivedAt })
      const index = group.record({ leaf, record, stream })
      results.push({ outcome: 'committed', index, receivedAt })
    }
    return results
  }

  /** From this number on nothing of the batch can be in the log, or earlier in the group. */
  #newFrom({ instance, kid, records }: BatchToCommit, highest: number): number {
    const isRising = records.every(({ seq }, at) => at === 0 || records[at - 1]!.seq < seq)
    return isRising ? Math.max(this.streams.highest(kid, instance), highest) + 1 : Infinity
  }

  /** A record that is in the log already, or earlier in this group. */
  async #find(
    group: Group,
    batch: BatchToCommit,
    { seq, digest }: RecordToCommit,
  ): Promise<Committed | undefined> {
    const inLog = this.streams.find(batch.kid, batch.instance, seq)
    const index = inLog ?? group.find(batch, seq)
    if (index === undefined) return undefined
    const inGroup = group.entries[index - this.#size]
    const leaf = decodeLeaf(inGroup?.entry ?? (await this.#options.entryAt(index)))
    if (!isRecordLeaf(leaf)) throw new LedgerError('LEDGER_DAMAGED', `leaf ${index} is no record`)
    const equal = equalBytes(fromBase64url(leaf.digest)!, digest)
    return { outcome: equal ? 'duplicate' : 'conflict', index, receivedAt: leaf.receivedAt }
  }

  #add(group: Group, item: ContentToCommit | UnclosedToCommit): Committed[] {
    if (item.type === 'unclosed') return this.#addUnclosed(group, item)
    const { content } = item
    const { receivedAt } = group
    requireReadable(item)
    const index = group.content(contentLeaf(item, receivedAt), content)
    return [{ outcome: 'committed', index, receivedAt }]
  }

  #addUnclosed(group: Group, { kid, instance }: UnclosedToCommit): Committed[] {
    const state = this.streams.get(kid, instance)
    const isHeard = group.highestOf({ kid, instance }) >= 0
    const isNoted = group.notes.some((note) => {
      return note.type === 'unclosed' && isOf(note, { kid, instance })
    })
    if (!state || state.closed || state.unclosed || isHeard || isNoted) return []
    const { receivedAt } = group
    const { highestSeq: lastSeq, lastSeen } = state
    const leaf: UnclosedLeaf = {
      instance,
      kid,
      lastSeen,
      lastSeq,
      receivedAt,
      type: 'unclosed',
      v: 1,
    }
    const index = group.content(leaf, unclosedContent(leaf))
    group.notes.push(leaf)
    return [{ outcome: 'committed', index, receivedAt }]
  }

  /** Encrypts the group, and adds its frame leaf. */
  #seal(group: Group): SealedFrame {
    const { receivedAt } = group
    const { id, key } = this.#options.keystore.frameKey(receivedAt)
    const count = group.entries.length
    const first = this.#size
    const nonce = base64url(randomBytes(12))
    const fields = { count, first, key: base64url(id), nonce, receivedAt }
    const frame = sealFrame(fields, group.plaintext.finish(), key)
    const hash = frameHash(frame)
    group.leaf({ count, first, hash, receivedAt, type: 'frame', v: 1 })
    return frame
  }

  #note(leaf: Leaf, place: Omit<LogPlace, 'mark'>, word?: StreamWord): void {
    this.#lastReceivedAt = leaf.receivedAt
    if (isRecordLeaf(leaf)) this.streams.add(leaf, place.index, word)
    else if (leaf.type === 'log') this.#logs.ids.add(leaf.id, { ...place, mark: 0n })
    else if (leaf.type === 'unclosed') this.streams.unclose(leaf)
  }
}

function isOf(leaf: StreamName, { kid, instance }: StreamName): boolean {
  return leaf.kid === kid && leaf.instance === instance
}
