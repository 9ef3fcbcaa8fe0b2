// Sends records of the ledger to a sink once more, by hand: what it refused, lost, or never got.
// The projection and the marks are those of the receiver, so that a backend that knows a span or
// document by its id has it once. Nothing is noted; the answer says where to go on.
import { deliver, type Delivery, type Refusal } from './deliver.ts'
import { createOutage, type OutageOptions, type OutageState } from './outage.ts'
import type { Projection } from './project.ts'
import { type CommittedFrame, RecordUnit } from './records.ts'
import type { RecordSender } from './sender.ts'

export interface AgainOptions extends Omit<OutageOptions, 'source'> {
  /** From one that has no record after `from` before it. */
  readonly frames: AsyncIterable<CommittedFrame>
  /** Indexes of the first and the last record. */
  readonly from: number
  readonly to: number
  /** Only these; default all. */
  readonly only?: ReadonlySet<number>
  readonly projection: Projection
  readonly send: RecordSender['send']
  /** Records in one request. */
  readonly batchRecords: number
  /** Milliseconds that an outage may last before it is given up. */
  readonly patienceMs: number
  readonly onProgress?: (sent: number, next: number) => void
}

export interface SentAgain {
  readonly sent: number
  readonly refused: readonly Refusal<RecordUnit>[]
  /** Index to go on from. */
  readonly next: number
  /** Why it ended before the last record; null when it did not. */
  readonly stopped: string | null
}

/** A load of which nothing is taken ends it, as does an outage beyond the patience. */
export async function sendAgain(options: AgainOptions): Promise<SentAgain> {
  const { batchRecords, from, onProgress, to } = options
  const load = loader(options)
  const refused: Refusal<RecordUnit>[] = []
  let units: RecordUnit[] = []
  let sent = 0
  let next = from
  const flush = async (): Promise<string | null> => {
    if (units.length === 0) return null
    const { delivery, stopped } = await load(units)
    if (delivery === null) return stopped
    sent += delivery.taken
    refused.push(...delivery.refused)
    next = units.at(-1)!.index + 1
    units = []
    onProgress?.(sent, next)
    return null
  }
  for await (const unit of wantedUnits(options)) {
    units.push(unit)
    if (units.length < batchRecords) continue
    const stopped = await flush()
    if (stopped !== null) return { sent, refused, next: units[0]!.index, stopped }
  }
  const stopped = await flush()
  if (stopped !== null) return { sent, refused, next: units[0]!.index, stopped }
  return { sent, refused, next: Math.max(next, to + 1), stopped }
}

async function* wantedUnits({
  frames,
  from,
  only,
  projection,
  to,
}: AgainOptions): AsyncGenerator<RecordUnit> {
  for await (const { records } of frames) {
    for (const record of records) {
      const { index } = record
      if (index > to) return
      if (index < from || only?.has(index) === false) continue
      yield new RecordUnit(record, projection)
    }
  }
}

interface Loaded {
  /** Null when it stopped, and why. */
  readonly delivery: Delivery<RecordUnit> | null
  readonly stopped: string | null
}

function loader(options: AgainOptions): (units: readonly RecordUnit[]) => Promise<Loaded> {
  const { patienceMs, send, timing } = options
  const tired = new AbortController()
  const signal = AbortSignal.any([options.signal, tired.signal])
  const state: OutageState = { attempts: 0, reason: '' }
  const outage = createOutage({ ...options, source: 'ledger', signal }, state)
  let since = 0
  const wait = async (reason: string, retryAfterMs?: number): Promise<void> => {
    if (state.attempts === 0) since = timing.uptimeMs()
    if (timing.uptimeMs() - since < patienceMs) return await outage.wait(reason, retryAfterMs)
    state.reason = reason
    tired.abort()
  }
  return async (units) => {
    const delivery = await deliver(units, { send, outage: { ...outage, wait }, signal })
    if (delivery === null) return { delivery, stopped: state.reason || 'told to stop' }
    outage.end()
    const { refused, taken } = delivery
    if (taken > 0) return { delivery, stopped: null }
    const { error = '', status } = refused[0]!.why
    return { delivery: null, stopped: `all refused: HTTP ${status} ${error}`.trim() }
  }
}
