// Each minute: what is held for a core, and somebody asked for, is sent again, or dropped. It goes
// beside what is new, by the same sender, so that a receipt that comes for it is kept as any other.
// See held.test.ts.
import type { Log } from '../../flow.ts'
import type { SendOutcome } from '../outcome.ts'
import type { CoreUnit } from './evidence.ts'
import type { HeldRecord, HeldRecords } from './held.ts'
import { type EvidenceLog, unitsOf } from './source.ts'

export interface AgainOptions {
  readonly sink: string
  readonly held: HeldRecords
  readonly log: Log
  readonly evidence: EvidenceLog
  /** See coreSender: it releases what the core took. */
  readonly send: (units: readonly CoreUnit[]) => Promise<SendOutcome>
  readonly signal: AbortSignal
  readonly minuteMs: number
}

/** Begins at once, and goes on each minute; what it gives stops it, and waits for what is sent. */
export function keepSendingAgain({
  log,
  minuteMs,
  signal,
  sink,
  ...rest
}: AgainOptions): () => Promise<void> {
  let last: Promise<void> = Promise.resolve()
  const minute = async (): Promise<void> => {
    try {
      const dropped = await drop(rest.held)
      const sent = await sendAgain(rest, signal)
      if (dropped + sent.taken + sent.left === 0) return
      log({ code: 'SINK_HELD', level: 'info', sink, ...sent, dropped })
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      log({ code: 'SINK_HELD_FAILED', level: 'error', sink, detail })
    }
  }
  const next = (): void => void (last = last.then(minute))
  next()
  const timer = setInterval(next, minuteMs)
  return async () => {
    clearInterval(timer)
    await last
  }
}

async function drop(held: HeldRecords): Promise<number> {
  const asked = await held.asked('drop')
  if (asked === null) return 0
  const dropped = held.get(asked.indexes).map(({ index }) => index)
  await held.release(dropped)
  await asked.done()
  return dropped.length
}

/** What the core has now, and what stays held. The request stays until the core has answered. */
async function sendAgain(
  { evidence, held, send }: Pick<AgainOptions, 'evidence' | 'held' | 'send'>,
  signal: AbortSignal,
): Promise<{ readonly taken: number; readonly left: number }> {
  const asked = await held.asked('again')
  if (asked === null) return { taken: 0, left: 0 }
  const records = held.get(asked.indexes)
  let isAnswered = true
  for (const [frame, of] of Map.groupBy(records, ({ frame }) => frame)) {
    if (signal.aborted) return { taken: 0, left: 0 }
    const outcome = await send(await unitsIn(evidence, frame, of))
    isAnswered &&=
      outcome.outcome === 'each' && outcome.units.every(({ outcome: one }) => one !== 'later')
  }
  if (isAnswered) await asked.done()
  const left = records.filter(({ index }) => held.has(index)).length
  return { taken: records.length - left, left }
}

async function unitsIn(
  evidence: EvidenceLog,
  frame: number,
  records: readonly HeldRecord[],
): Promise<readonly CoreUnit[]> {
  const wanted = new Set(records.map(({ index }) => index))
  for await (const one of evidence.read(frame)) {
    return unitsOf(one).filter(({ index }) => wanted.has(index))
  }
  return []
}
