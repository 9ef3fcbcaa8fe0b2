// Each signal has its own way: traces the whole pipeline, logs and metrics from receive by decode
// to queue. Sealing what is audit of logs would stand here. See forward/signals.test.ts.
import { decodeOther } from './decode/decode.ts'
import type { ExportAnswer, ExportRequest, Signal } from './flow.ts'
import { createPipeline, type PipelineParts } from './pipeline.ts'

/** Errors: those of createPipeline. */
export function createPipelines(
  parts: PipelineParts,
): (request: ExportRequest) => Promise<ExportAnswer> {
  const takeTraces = createPipeline(parts)
  return (request) => {
    const { body, signal } = request
    return signal === 'traces' ? takeTraces(request) : passThrough(body, signal, parts)
  }
}

/** Resolves once it is durable. */
async function passThrough(
  body: Uint8Array,
  signal: Exclude<Signal, 'traces'>,
  { counters, ledger, log, queues }: PipelineParts,
): Promise<ExportAnswer> {
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
