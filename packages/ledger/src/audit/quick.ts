// A commit of records checked on its bytes, with no object for each record. It only ever says that
// all of it is sound; what it does not take, for whatever reason, is left to stored.ts, which says
// what is wrong. See quick.test.ts, which holds the two against each other, and test/tamper.
import type { Streams } from '../commit/streams.ts'
import { type Enrolment, isLate } from '../format/enrolment.ts'
import { isRecordLeaf, type RecordLeaf, type RecordType } from '../format/leaf.ts'
import type { StoredRecord } from '../format/plaintext.ts'
import { leafOf, type ReadFrame } from './frames.ts'
import { LeafForm } from './leaf-form.ts'
import { RecordBytes } from './record-bytes.ts'
import { type VerifiedBatch, verifyBatch } from './record.ts'
import { auditChain, type StoredAudit } from './stored.ts'

/** Records of one batch, one behind the other, whose leaves differ only in what is theirs. */
interface Run {
  readonly leaf: RecordLeaf
  readonly form: LeafForm
  /** Position in the frame's batches. */
  readonly position: number
  readonly batch: VerifiedBatch
  readonly enrolment: Enrolment
  /** Places of its first record, and of the one behind its last, in the commit. */
  readonly from: number
  to: number
  /** The first of its batch: the chain is told of it. */
  readonly isFirst: boolean
}

/** Checks commits. One per audit. */
export class QuickAudit {
  readonly #audit: StoredAudit
  readonly #streams: Streams
  readonly #record: RecordBytes
  /** Of the records of a commit; kept, because the next commit needs as many. */
  readonly #seqs: number[] = []
  readonly #types: RecordType[] = []

  constructor(audit: StoredAudit, streams: Streams) {
    this.#audit = audit
    this.#streams = streams
    this.#record = new RecordBytes(audit.keystore)
  }

  /**
   * Takes a commit whose entries are the frame's, and are what the tree says: how many leaves of
   * type `record` it has. Null when it is not certain that it is sound: then nothing has changed.
   */
  take(frame: ReadFrame, lastReceivedAt: number): number | null {
    const runs = this.#runsOf(frame, lastReceivedAt)
    if (!runs) return null
    let records = 0
    for (const run of runs) {
      if (run.isFirst) auditChain(this.#audit, frame.first + run.from, run.batch)
      records += this.#note(run, frame.first)
    }
    this.#audit.verified += records
    return records
  }

  /** The commit's records, each checked; null when one is not sound for certain. */
  #runsOf({ entries, plaintext, receivedAt, sound }: ReadFrame, last: number): Run[] | null {
    if (!sound || !plaintext) return null
    const runs: Run[] = []
    const batches = new Map<string, VerifiedBatch>()
    let run: Run | null = null
    for (const [i, part] of plaintext.entries.entries()) {
      if (part.kind !== 'record') return null
      const entry = entries[i]!
      if (run?.position !== part.batch || !run.form.fits(entry)) {
        run = this.#begin(entry, part, { from: i, batches, evidence: plaintext.batches })
        if (!run || run.leaf.receivedAt < (runs.at(-1)?.leaf.receivedAt ?? last)) return null
        runs.push(run)
      }
      if (!this.#isSound(run, entry, part)) return null
      this.#seqs[i] = this.#record.seq
      this.#types[i] = this.#record.type
      run.to = i + 1
    }
    return receivedAt >= (runs.at(-1)?.leaf.receivedAt ?? last) ? runs : null
  }

  #begin(
    entry: Uint8Array,
    part: StoredRecord,
    commit: {
      readonly from: number
      readonly batches: Map<string, VerifiedBatch>
      readonly evidence: NonNullable<ReadFrame['plaintext']>['batches']
    },
  ): Run | null {
    const leaf = leafOf(entry)
    if (!leaf || !isRecordLeaf(leaf)) return null
    const { kid, receivedAt } = leaf
    const enrolment = this.#audit.enrolments.get(kid)
    if (!enrolment || isLate(enrolment, receivedAt)) return null
    const { batches, evidence, from } = commit
    const name = `${part.batch} ${kid}`
    const known = batches.get(name)
    const batch = known ?? verifyBatch(evidence[part.batch]!, enrolment)
    if ('why' in batch) return null
    if (batch.kid !== kid || batch.statement.instance !== leaf.instance) return null
    batches.set(name, batch)
    const form = new LeafForm(entry, leaf)
    const position = part.batch
    return { leaf, form, position, batch, enrolment, from, to: from, isFirst: !known }
  }

  #isSound({ batch, enrolment, form }: Run, entry: Uint8Array, part: StoredRecord): boolean {
    const record = this.#record
    if (!record.read(part.canonical)) return false
    if (!form.isOf(entry, record) || !record.isIn(batch)) return false
    return record.isInScope(enrolment, batch.statement) && record.opens(part)
  }

  /** Tells the streams of a run; how many leaves of type `record` it has. */
  #note({ from, leaf, to }: Run, first: number): number {
    const { kid, instance, receivedAt } = leaf
    const claim = { kid, instance, receivedAt, seq: 0, type: leaf.type }
    let highest = this.#streams.highest(kid, instance)
    let records = 0
    for (let i = from; i < to; i++) {
      const seq = this.#seqs[i]!
      claim.seq = seq
      claim.type = this.#types[i]!
      if (claim.type === 'record') records++
      const index = first + i
      if (seq <= highest && this.#streams.find(kid, instance, seq) !== undefined) {
        this.#audit.findings.add('CONFLICT', { where: `entry ${index}`, index })
      } else this.#streams.add(claim, index)
      highest = Math.max(highest, seq)
    }
    return records
  }
}
