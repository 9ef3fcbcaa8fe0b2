// Audit log records in the commit log: each id once. What is sent again keeps its place; the same
// id with something else in it is a conflict, and is not sealed. See logs.test.ts.
import { createHash, randomBytes } from 'node:crypto'
import {
  base64url,
  type DividedLog,
  equalBytes,
  jcsBytes,
  type JsonObject,
  logContent,
  openLog,
  openLogSlot,
  type SealedLog,
} from '@grantlog/record'
import { LedgerError } from '../codes.ts'
import { decodeLeaf, type LogLeaf } from '../format/leaf.ts'
import { encodeObservation, type Observation, observedHash } from '../format/observation.ts'
import type { StoredLog } from '../format/plaintext.ts'
import type { Keystore } from '../io/keystore.ts'
import type { Group } from './group.ts'
import type { Committed } from './items.ts'
import { LogIds, type LogPlace } from './log-ids.ts'
import { type Identities, openLogSubjects, type SubjectSealer } from './subjects.ts'

/** An audit log record, ready to be committed. */
export interface LogToCommit {
  /** A UUID; that of `sealed`. */
  readonly id: string
  readonly divided: DividedLog
  readonly sealed: SealedLog
  readonly identities: Identities
  readonly observation: Observation
}

export interface LogCommitsOptions {
  readonly keystore: Keystore
  readonly entryAt: (index: number) => Promise<Uint8Array>
  /** What a commit frame stores. Errors: LEDGER_DAMAGED, LEDGER_FORMAT. */
  readonly frameAt: (frame: number) => Promise<StoredFrame>
}

/** What a frame stores, by place in the log; undefined for what is no log record. */
export type StoredFrame = (index: number) => StoredLog | undefined

const saltBytes = 16

/** Commits log records. One per commit log. */
export class LogCommits {
  ids: LogIds = new LogIds()
  readonly #options: LogCommitsOptions
  readonly #subjects: SubjectSealer
  readonly #secret = randomBytes(32)
  /** The commit read last: what is sent again was mostly committed together. */
  #read: { readonly frame: number; readonly stored: StoredFrame } | undefined

  constructor(subjects: SubjectSealer, options: LogCommitsOptions) {
    this.#subjects = subjects
    this.#options = options
  }

  /** Adds what is new to the group; what became of each, in order. */
  async add(group: Group, logs: readonly LogToCommit[]): Promise<Committed[]> {
    const results: Committed[] = []
    for (const log of logs) {
      const mark = this.#markOf(logContent(log.divided))
      const known = await this.#find(group, log, mark)
      results.push(known ?? { outcome: 'committed', ...this.#new(group, log, mark) })
    }
    return results
  }

  /** Notes what has become durable in a frame. */
  committed({ logs }: Group, frame: number): void {
    for (const [id, { index, mark }] of logs) this.ids.add(id, { index, frame, mark })
  }

  #new(group: Group, log: LogToCommit, mark: bigint): Pick<Committed, 'index' | 'receivedAt'> {
    const { id, identities, sealed } = log
    const { canonical, digest, openings } = sealed
    const { receivedAt } = group
    const observation = encodeObservation(log.observation, randomBytes(saltBytes))
    const leaf: LogLeaf = {
      digest: base64url(digest),
      id,
      observed: observedHash(observation),
      receivedAt,
      signature: log.observation.signature,
      type: 'log',
      v: 1,
    }
    // Not by the record's own time: that is what anybody writes.
    const subjects = this.#subjects.seal(openings, identities, receivedAt)
    const index = group.log(leaf, { kind: 'log', canonical, observation, subjects }, mark)
    return { index, receivedAt }
  }

  /** One that is in the log, or earlier in the group. */
  async #find(group: Group, log: LogToCommit, mark: bigint): Promise<Committed | undefined> {
    const { id } = log
    const inGroup = group.logs.get(id)
    if (inGroup) {
      const outcome = inGroup.mark === mark ? 'duplicate' : 'conflict'
      return { outcome, index: inGroup.index, receivedAt: group.receivedAt }
    }
    const place = this.ids.find(id)
    if (place === undefined) return undefined
    const { index } = place
    const leaf = decodeLeaf(await this.#options.entryAt(index))
    if (leaf.type !== 'log') throw damaged(index)
    const isSame = await this.#isSame(place, log, mark)
    const outcome = isSame ? 'duplicate' : 'conflict'
    return { outcome, index, receivedAt: leaf.receivedAt }
  }

  async #isSame(place: LogPlace, { divided, id }: LogToCommit, mark: bigint): Promise<boolean> {
    if (place.mark !== 0n) return place.mark === mark
    // Salts differ, so what it says is compared, as far as it was not erased.
    const { canonical, subjects } = await this.#storedAt(place)
    const { commitments, form } = openLog(canonical)
    const openings = openLogSubjects(subjects, this.#options.keystore)
    const stored = new Map(openings.map(({ opening, slot }) => [slot, openLogSlot(opening, slot)]))
    const erased = [...commitments.keys()].filter((slot) => !stored.has(slot))
    const slots = new Map(divided.slots)
    for (const slot of erased) {
      if (slots.has(slot)) slots.set(slot, {})
      stored.set(slot, {})
    }
    const content = contentOf(form, stored)
    // Once for each, for nobody may have us read a commit again and again.
    if (erased.length === 0) this.ids.setMark(id, this.#markOf(content))
    return equalBytes(content, contentOf(divided.form, slots))
  }

  async #storedAt({ frame, index }: LogPlace): Promise<StoredLog> {
    if (this.#read?.frame !== frame) {
      this.#read = { frame, stored: await this.#options.frameAt(frame) }
    }
    const stored = this.#read.stored(index)
    if (stored === undefined) throw damaged(index)
    return stored
  }

  /** Equal for records that say the same; never 0. */
  #markOf(content: Uint8Array): bigint {
    const hash = createHash('sha256').update(this.#secret).update(content).digest()
    return hash.readBigUInt64BE() | 1n
  }
}

function contentOf(form: JsonObject, slots: ReadonlyMap<string, JsonObject>): Uint8Array {
  return jcsBytes({ ...form, slots: Object.fromEntries(slots) })
}

function damaged(index: number): LedgerError {
  return new LedgerError('LEDGER_DAMAGED', `leaf ${index} is no log record`)
}
