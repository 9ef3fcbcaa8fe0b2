// Where a sink begins in a data folder of before log records went to sinks from the ledger: they
// waited in the queue of pass-through, which still brings those that are in it. So it begins behind
// them, at the first that never came into it: its sender was not answered. See begin.test.ts.
import { wireFields } from '@grantlog/record/otlp'
import { frameAt } from '../../frame-at.ts'
import { LOG_COMMITS_LOOKED_BACK } from '../../limits.ts'
import type { FrameQueue } from '../pass-through.ts'
import type { LogFrames } from './source.ts'

/** Number of the first commit that a sink is to get log records of. Errors: JournalError. */
export async function beginBehind(
  queue: Pick<FrameQueue, 'first' | 'read'> | undefined,
  { commits, read }: LogFrames,
): Promise<number> {
  const end = commits.next
  const queued = new Set<number>()
  if (queue !== undefined) {
    for await (const { payload } of queue.read(queue.first)) {
      for (const index of markedIn(payload)) queued.add(index)
    }
  }
  const least = [...queued].reduce((one, other) => Math.min(one, other), Infinity)
  // Without an index, one of the last few.
  const from =
    least === Infinity
      ? Math.max(0, end - LOG_COMMITS_LOOKED_BACK)
      : await frameAt({ first: 0, next: end, read }, least)
  const after = queued.size === 0 ? -1 : least
  for await (const { logs, number } of read(from)) {
    if (number >= end) break
    if (logs.some(({ index }) => index > after && !queued.has(index))) return number
  }
  return end
}

/** What our marks in a request say: nobody else's `grantlog.index` comes into the queue. */
function* markedIn(request: Uint8Array): Generator<number, void, void> {
  for (const log of within(within(within([request], 1), 2), 2)) {
    for (const attribute of within([log], 6)) {
      const [key, value] = wireFields(attribute)
      if (Buffer.from(key?.bytes ?? []).toString('latin1') !== 'grantlog.index') continue
      const [text] = wireFields(value?.bytes ?? new Uint8Array())
      const index = Number(Buffer.from(text?.bytes ?? []).toString('latin1'))
      if (Number.isSafeInteger(index)) yield index
    }
  }
}

/** The messages in a field of messages. */
function* within(messages: Iterable<Uint8Array>, number: number): Generator<Uint8Array> {
  for (const message of messages) {
    for (const field of wireFields(message)) if (field.number === number) yield field.bytes
  }
}
