// What the world outside a ledger was told, and what it asked for: no ledger may contradict it.
import type { BatchToCommit, Committed, RecordToCommit } from '@grantlog/ledger'

/** A receipt's claim. */
export interface Receipted {
  readonly record: RecordToCommit
  readonly index: number
  readonly receivedAt: number
}

/** A checkpoint that was there to be read. */
export interface SeenCheckpoint {
  readonly size: number
  readonly root: string
}

/** By stream and number of a record. */
export const nameOf = (batch: Pick<BatchToCommit, 'kid' | 'instance'>, seq: number): string =>
  `${batch.kid} ${batch.instance} ${seq}`

export class Told {
  /** Records with a receipt, by name. */
  readonly receipted = new Map<string, Receipted>()
  /** Leaves of the receiver's own, by id: the index that was answered. */
  readonly content = new Map<string, number>()
  /** Records and contents whose outcome nobody was told: they may be there or not. */
  readonly doubted = new Map<string, RecordToCommit[]>()
  /** Leaves that have been read back after a crash: they stay as they are. */
  readonly entries: Uint8Array[] = []
  readonly checkpoints: SeenCheckpoint[] = []

  /** The ledger's answer for a batch. */
  answer(batch: BatchToCommit, committed: readonly Committed[]): void {
    for (const [i, record] of batch.records.entries()) {
      const { index, outcome, receivedAt } = committed[i]!
      const name = nameOf(batch, record.seq)
      const known = this.receipted.get(name)
      if (outcome === 'conflict') {
        requireConflict(name, record, known?.record ?? this.#otherInDoubt(name, record))
        continue
      }
      if (known && (known.index !== index || known.receivedAt !== receivedAt)) {
        throw new Error(`${name}: a receipt for ${known.index}, then one for ${index}`)
      }
      if (known && known.record !== record) throw new Error(`${name}: two records receipted`)
      this.receipted.set(name, { record, index, receivedAt })
    }
  }

  doubt(batch: BatchToCommit): void {
    for (const record of batch.records) this.doubtOne(nameOf(batch, record.seq), record)
  }

  doubtOne(name: string, record?: RecordToCommit): void {
    const list = this.doubted.get(name) ?? []
    this.doubted.set(name, record ? [...list, record] : list)
  }

  #otherInDoubt(name: string, record: RecordToCommit): RecordToCommit | undefined {
    return this.doubted.get(name)?.find((each) => each !== record)
  }
}

function requireConflict(
  name: string,
  record: RecordToCommit,
  other: RecordToCommit | undefined,
): void {
  if (other && other !== record) return
  throw new Error(`${name}: called a conflict, but there is no other record of this number`)
}
