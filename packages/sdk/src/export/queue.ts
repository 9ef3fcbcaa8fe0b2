import type { SealedRecord } from '../event.ts'

export interface QueueLimits {
  readonly recordsMax: number
  readonly bytesMax: number
}

/** Records until the receiver has them. */
export interface Queue {
  /** false: full, and the record was not taken. */
  readonly push: (record: SealedRecord) => boolean
  /** Oldest first. */
  readonly records: readonly SealedRecord[]
  /** Forgets the oldest `count`. */
  readonly release: (count: number) => void
}

/**
 * A bounded queue. When it is full the newest is refused, not the oldest: what happened before an
 * outage, perhaps its cause, is worth more than one more record from within it.
 */
export function createQueue({ recordsMax, bytesMax }: QueueLimits): Queue {
  const records: SealedRecord[] = []
  let bytes = 0
  return {
    records,
    push: (record) => {
      if (records.length >= recordsMax || bytes + record.bytes > bytesMax) return false
      bytes += record.bytes
      records.push(record)
      return true
    },
    release: (count) => {
      for (const record of records.splice(0, count)) bytes -= record.bytes
    },
  }
}
