// Sends records, or log records, of the ledger to a sink once more, by hand: what it refused, lost,
// or never got. The projection and the marks are those of the receiver, so that a backend that
// knows a span or document by its id has it once. Nothing is noted; the answer says where to go on.
import { deliver, type Delivery, type Refusal, type Unit } from './deliver.ts'
import { createOutage, type OutageOptions, type OutageState } from './outage.ts'
import type { Sender } from './sender.ts'

export interface AgainOptions<U extends Unit> extends OutageOptions {
  /** In the order of their indexes; from one that is not after `from`. */
  readonly units: AsyncIterable<U>
  /** Indexes of the first and the last record. */
  readonly from: number
  readonly to: number
  /** Only these; default all. */
  readonly only?: ReadonlySet<number>
  readonly send: Sender<U>['send']
  /** Records in one request. */
  readonly batchRecords: number
  /** Milliseconds that an outage may last before it is given up. */
  readonly patienceMs: number
  readonly onProgress?: (sent: number, next: number) => void
}

export interface SentAgain<U extends Unit> {
  readonly sent: number
  readonly refused: readonly Refusal<U>[]
  /** Index to go on from. */
  readonly next: number
  /** Why it ended before the last record; null when it did not. */
  readonly stopped: string | null
}

/** A load of which nothing is taken ends it, as does an outage beyond the patience. */
export async function sendAgain<U extends Unit>(options: AgainOptions<U>): Promise<SentAgain<U>> {
  const { batchRecords, from, onProgress, to } = options
  const load = loader(options)
  const refused: Refusal<U>[] = []
  let units: U[] = []
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

async function* wantedUnits<U extends Unit>({
  from,
  only,
  to,
  units,
}: AgainOptions<U>): AsyncGenerator<U> {
  for await (const unit of units) {
    const { index } = unit
    if (index > to) return
    if (index < from || only?.has(index) === false) continue
    yield unit
  }
}

interface Loaded<U extends Unit> {
  /** Null when it stopped, and why. */
  readonly delivery: Delivery<U> | null
  readonly stopped: string | null
}

function loader<U extends Unit>(
  options: AgainOptions<U>,
): (units: readonly U[]) => Promise<Loaded<U>> {
  const { patienceMs, send, timing } = options
  const tired = new AbortController()
  const signal = AbortSignal.any([options.signal, tired.signal])
  const state: OutageState = { attempts: 0, reason: '' }
  const outage = createOutage({ ...options, signal }, state)
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
