// Each signal has its own way: traces and logs a pipeline, metrics from receive by decode to queue.
// Here are those that are not divided by tenants, because nothing in them says whose they are: they
// are of the tenant of who sends them. See forward/signals.test.ts and caller-tenants.test.ts.
import { decodeMetrics } from './decode/decode.ts'
import type { ExportAnswer, ExportRequest } from './flow.ts'
import { logPipeline, type LogParts } from './log-pipeline.ts'
import type { PipelineParts } from './pipeline.ts'
import { createPassOn } from './queue/pass-on.ts'

/**
 * For logs and metrics. Errors: RECEIVER_BODY_MALFORMED, RECEIVER_COMMIT_FAILED,
 * RECEIVER_TENANT_BUSY, RECEIVER_TENANT_FULL.
 */
export function createOtherPipelines(
  parts: LogParts,
): (request: ExportRequest) => Promise<ExportAnswer> {
  const takeLogs = logPipeline(parts)
  const takeMetrics = metricsPipeline(parts)
  return async (request) => {
    const leave = parts.share.enter(request.body.length)
    try {
      return await (request.signal === 'logs' ? takeLogs(request) : takeMetrics(request))
    } finally {
      leave()
    }
  }
}

/** Resolves once it is durable. */
function metricsPipeline({
  counters,
  ledger,
  log,
  queues,
}: PipelineParts): (request: ExportRequest) => Promise<ExportAnswer> {
  const counted = counters.metrics
  const passOn = createPassOn({ signal: 'metrics', queue: queues.metrics, counted, ledger, log })
  return async ({ body, pace }) => {
    counters.requests++
    const { dataPoints, passThrough } = await pace(decodeMetrics(body), body.length)
    await passOn(passThrough, dataPoints)
    return { refusals: [], receipts: [], checkpoint: null }
  }
}
