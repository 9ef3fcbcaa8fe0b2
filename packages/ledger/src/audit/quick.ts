// A commit of records checked on its bytes, with no object for each record. It only ever says that
// all of it is sound; what it does not take, for whatever reason, is left to stored.ts, which says
// what is wrong. See quick.test.ts, which holds the two against each other, and test/tamper.
//
// The loops over bytes are WebAssembly (wasm/): scanning, AES-CTR of the openings, comparing. The
// hashes are Node's, and what is asked once for many records is JavaScript.
import { hash } from 'node:crypto'
import { LedgerError } from '../codes.ts'
import type { Streams } from '../commit/streams.ts'
import { breachOf, type Enrolment, isLate } from '../format/enrolment.ts'
import { isRecordLeaf, leafOf, type RecordLeaf } from '../format/leaf.ts'
import { type BatchEvidence, decodeHead } from '../format/plaintext.ts'
import { askedPlace, type Machine, said, seqPlaceOf, startMachine } from '../machine.ts'
import { merkle } from '../merkle.ts'
import type { ReadFrame } from './frames.ts'
import { type VerifiedBatch, verifyBatch } from './record.ts'
import { auditChain, type StoredAudit } from './stored.ts'

/** Records of one batch, one behind the other, whose leaves differ only in what is theirs. */
interface Run {
  readonly leaf: RecordLeaf
  readonly batch: VerifiedBatch
  readonly enrolment: Enrolment
  /** Places of its first record, and of the one behind its last, in the commit. */
  readonly from: number
  to: number
  /** The first of its batch: the chain is told of it. */
  readonly isFirst: boolean
}

/** A record in which a producer may speak of the log, by its place in the commit. */
type Said = readonly [place: number, canonical: Uint8Array, leaf: RecordLeaf]

/** A commit that lies in the machine's memory. */
interface Laid {
  readonly frame: ReadFrame
  /** What in the memory is the start of the frame's plaintext, and of its leaves. */
  readonly openedAt: number
  readonly leavesAt: number
  readonly evidence: readonly BatchEvidence[]
  /** Batches that were verified for it, by position and kid. */
  readonly batches: Map<string, VerifiedBatch>
}

/** Checks commits. One per audit. */
export class QuickAudit {
  readonly #audit: StoredAudit
  readonly #streams: Streams
  readonly #machine: Machine

  constructor(audit: StoredAudit, streams: Streams, machine: Machine = startMachine()) {
    this.#audit = audit
    this.#streams = streams
    this.#machine = machine
  }

  /**
   * Takes a commit whose entries are the frame's, and are what the tree says: how many leaves of
   * type `record` it has. Null when it is not certain that it is sound: then nothing has changed.
   */
  take(frame: ReadFrame, lastReceivedAt: number): number | null {
    const laid = this.#lay(frame)
    const words: Said[] = []
    const runs = laid && this.#runsOf(laid, lastReceivedAt, words)
    if (!runs) return null
    for (const [at, canonical, leaf] of words) {
      this.#audit.words.tell(canonical, frame.first + at, leaf)
    }
    let records = 0
    for (const run of runs) {
      if (run.isFirst) auditChain(this.#audit, frame.first + run.from, run.batch)
      records += this.#note(run, frame.first)
    }
    this.#audit.verified += records
    return records
  }

  /** Puts a commit into the machine's memory; null when it cannot be taken. */
  #lay(frame: ReadFrame): Laid | null {
    const { leaves, opened, size, sound } = frame
    const machine = this.#machine
    if (!sound || !opened || size > machine.entriesMax) return null
    const head = headOf(opened)
    if (head?.count !== size - 1) return null
    const laid = machine.lay(opened, leaves, this.#audit.keystore)
    if (laid === null) return null
    const { leavesAt, plaintextAt: openedAt, plaintextEnd } = laid
    machine.begin(openedAt + head.entriesAt, plaintextEnd, leavesAt)
    return { frame, openedAt, leavesAt, evidence: head.batches, batches: new Map() }
  }

  /**
   * The commit's records, each checked; null when one is not sound for certain. `words` gets those
   * in which producers speak of the log.
   */
  #runsOf(laid: Laid, last: number, words: Said[]): Run[] | null {
    const machine = this.#machine
    const { receivedAt, size } = laid.frame
    const runs: Run[] = []
    let run: Run | null = null
    for (let i = 0; i < size - 1;) {
      const state = machine.read()
      if (state === said.newRun) {
        run = this.#begin(laid, i)
        if (!run || run.leaf.receivedAt < (runs.at(-1)?.leaf.receivedAt ?? last)) return null
        runs.push(run)
      } else if (state === said.newScope) {
        if (!this.#isInScope(run!)) return null
        machine.addScope()
      } else if (state === said.newKey) {
        if (!machine.learnKey()) return null
      } else if (state !== said.read || !this.#isSound()) return null
      else {
        if (machine.typeOf(i) !== 'record') words.push([i, machine.preimage(0).slice(), run!.leaf])
        run!.to = ++i
      }
    }
    if (machine.isAtEnd() === 0) return null
    return receivedAt >= (runs.at(-1)?.leaf.receivedAt ?? last) ? runs : null
  }

  /** A run that begins with the next record; null when it cannot be taken. */
  #begin(laid: Laid, from: number): Run | null {
    const { bytes, beginRun, leaf: leafPlace, place, useBatch } = this.#machine
    const leafAt = leafPlace()
    const entry = bytes.subarray(leafAt + 2, leafAt + 2 + bytes.readUInt16BE(leafAt))
    const leaf = leafOf(entry)
    if (!leaf || !isRecordLeaf(leaf)) return null
    const { kid, receivedAt } = leaf
    const enrolment = this.#audit.enrolments.get(kid)
    if (!enrolment || isLate(enrolment, receivedAt)) return null
    const position = bytes.readUInt16BE(place() + 1)
    const evidence = laid.evidence[position]
    if (!evidence) return null
    const name = `${position} ${kid}`
    const known = laid.batches.get(name)
    const batch = known ?? verifyBatch(evidence, enrolment, merkle().rootOver)
    if ('why' in batch) return null
    const { digests, statement } = batch
    if (batch.kid !== kid || statement.instance !== leaf.instance) return null
    laid.batches.set(name, batch)
    const digestsAt = laid.openedAt + digests.byteOffset - laid.frame.opened!.byteOffset
    beginRun(position, seqPlaceOf(receivedAt))
    useBatch(statement.firstSeq, digestsAt, digests.length / 32)
    return { leaf, batch, enrolment, from, to: from, isFirst: !known }
  }

  /** Whether the key may speak for the record that was read; see breachOf. */
  #isInScope({ batch, enrolment }: Run): boolean {
    const scoped = {
      action: this.#text(askedPlace.action)!,
      service: this.#text(askedPlace.service),
      role: this.#text(askedPlace.role),
      issuer: this.#text(askedPlace.issuer),
      observedBy: this.#text(askedPlace.observedBy),
    }
    // Its record accuses the log, which stored.ts counts; there is hardly ever one.
    if (scoped.action === 'audit.ledger.fork') return false
    return breachOf(enrolment, batch.statement, scoped) === null
  }

  #text(place: number): string | undefined {
    const { at, bytes } = this.#machine
    const from = bytes.readUInt32LE(at.places + 8 * place)
    if (from === 0) return undefined
    return bytes.toString('latin1', from, bytes.readUInt32LE(at.places + 8 * place + 4))
  }

  /** Hashes the record that was read and its openings, and has all of it compared. */
  #isSound(): boolean {
    const { at, bytes, check, opens, preimage } = this.#machine
    const count = opens()
    for (let i = 0; i <= count; i++) {
      bytes.write(hash('sha256', preimage(i), 'binary'), at.hashes + 32 * i, 32, 'latin1')
    }
    return check() === 1
  }

  /** Tells the streams of a run; how many leaves of type `record` it has. */
  #note({ from, leaf, to }: Run, first: number): number {
    const { seqOf, typeOf } = this.#machine
    const { kid, instance, receivedAt } = leaf
    let highest = this.#streams.highest(kid, instance)
    let records = 0
    for (let i = from; i < to;) {
      const seq = seqOf(i)
      const type = typeOf(i)
      let end = i + 1
      // Mostly all of them, each with the number behind the last one's.
      if (type === 'record') {
        while (end < to && typeOf(end) === type && seqOf(end) === seq + end - i) end++
      }
      const isKnown = seq <= highest
      if (isKnown) end = i + 1
      const firstIndex = first + i
      if (isKnown && this.#streams.find(kid, instance, seq) !== undefined) {
        const at = { where: `entry ${firstIndex}`, index: firstIndex }
        this.#audit.findings.add('CONFLICT', at)
      } else {
        const run = { kid, instance, type, receivedAt, firstSeq: seq, firstIndex, count: end - i }
        this.#streams.addRun(run)
      }
      if (type === 'record') records += end - i
      highest = Math.max(highest, seqOf(end - 1))
      i = end
    }
    return records
  }
}

/** What stands before a plaintext's entries; null when that is malformed. */
function headOf(opened: Uint8Array): ReturnType<typeof decodeHead> | null {
  try {
    return decodeHead(opened)
  } catch (error) {
    if (error instanceof LedgerError) return null
    throw error
  }
}
