// What a core receiver is sent: every record of every stream, its start, heartbeats and stop too,
// in the order of the log, so that its streams are as complete there as here; and log records.
import type { Load, Source } from '../sink.ts'
import type { CoreUnit, SignedRecord } from './evidence.ts'
import type { SealedLogRecord } from './log-record.ts'

/** One commit, decrypted: its records with their evidence, and its log records. */
export interface SignedFrame {
  readonly number: number
  readonly records: readonly SignedRecord[]
  readonly logs: readonly SealedLogRecord[]
}

export interface EvidenceLog {
  /** Number of the next frame. */
  readonly next: number
  read(from: number): AsyncIterable<SignedFrame>
  waitFor(number: number, signal: AbortSignal): Promise<void>
}

/** Records, then log records. */
export function unitsOf({ logs, number: frame, records }: SignedFrame): CoreUnit[] {
  return [
    ...records.map((record) => ({ index: record.index, frame, spans: 1, record })),
    ...logs.map((log) => ({ index: log.index, frame, spans: 1, log })),
  ]
}

/** Takes at most about `maxSpans` at once; a larger frame goes alone, in several requests. */
export function coreSource(log: EvidenceLog, maxSpans: number): Source<CoreUnit> {
  async function take(from: number): Promise<Load<CoreUnit>> {
    const units: CoreUnit[] = []
    let next = from
    for await (const frame of log.read(from)) {
      const more = unitsOf(frame)
      if (units.length > 0 && units.length + more.length > maxSpans) break
      units.push(...more)
      next = frame.number + 1
    }
    return { units, next }
  }
  return {
    kind: 'ledger',
    spansMax: maxSpans,
    first: 0,
    take,
    waitFor: (from, signal) => log.waitFor(from, signal),
  }
}
