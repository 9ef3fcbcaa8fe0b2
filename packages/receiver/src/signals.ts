// Each signal has its own way: traces and logs a pipeline, metrics from receive by decode to queue.
// Here are those that are not divided by tenants, because nothing in them says whose they are: they
// are of the tenant of who sends them. See forward/signals.test.ts and caller-tenants.test.ts.
import { decodeMetrics } from './decode/decode.ts'
import type { ExportAnswer, ExportRequest } from './flow.ts'
import { logPipeline, type LogParts } from './log-pipeline.ts'
import type { PipelineParts } from './pipeline.ts'

/**
 * For logs and metrics. Errors: RECEIVER_BODY_MALFORMED, RECEIVER_COMMIT_FAILED,
 * RECEIVER_TENANT_BUSY, RECEIVER_TENANT_FULL.
 */
export function createOtherPipelines(
  parts: LogParts,
): (request: ExportRequest) => Promise<ExportAnswer> {
  const takeLogs = logPipeline(parts)
  return async (request) => {
    const leave = parts.share.enter(request.body.length)
    try {
      const isLogs = request.signal === 'logs'
      return await (isLogs ? takeLogs(request) : takeMetrics(request.body, parts))
    } finally {
      leave()
    }
  }
}

/** Resolves once it is durable. */
async function takeMetrics(
  body: Uint8Array,
  { counters, ledger, log, queues: { metrics: queue } }: PipelineParts,
): Promise<ExportAnswer> {
  counters.requests++
  const counted = counters.metrics
  const { dataPoints, passThrough } = decodeMetrics(body)
  if (queue !== undefined && dataPoints > 0) await ledger.guard(queue.append(passThrough))
  else if (dataPoints > 0 && counted.discarded === 0) {
    log({ code: 'PASS_THROUGH_DISCARDED', level: 'warn', signal: 'metrics' })
  }
  counted[queue === undefined ? 'discarded' : 'passedThrough'] += dataPoints
  return { refusals: [], receipts: [], checkpoint: null }
}
