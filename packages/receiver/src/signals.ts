// Signals that are not traces: logs and metrics go from receive by decode to the queue, and have no
// part in the rest of the pipeline. Sealing what is audit of logs would stand here. See
// forward/signals.test.ts.
import { decodeOther } from './decode/decode.ts'
import type { ExportAnswer, Signal } from './flow.ts'
import type { PipelineParts } from './pipeline.ts'

/** Resolves once the body is durable. Errors: RECEIVER_BODY_MALFORMED, RECEIVER_COMMIT_FAILED. */
export function createPassThrough({
  counters,
  ledger,
  log,
  queues,
}: PipelineParts): (body: Uint8Array, signal: Exclude<Signal, 'traces'>) => Promise<ExportAnswer> {
  return async (body, signal) => {
    counters.requests++
    const request = decodeOther(body, signal)
    const queue = queues[signal]
    const counted = counters[signal]
    if (queue !== undefined && request.items > 0) {
      await ledger.guard(queue.append(request.passThrough))
    } else if (request.items > 0 && counted.discarded === 0) {
      log({ code: 'PASS_THROUGH_DISCARDED', level: 'warn', signal })
    }
    counted[queue === undefined ? 'discarded' : 'passedThrough'] += request.items
    counted.audit += request.auditItems
    return { refusals: [], receipts: [], checkpoint: null }
  }
}
