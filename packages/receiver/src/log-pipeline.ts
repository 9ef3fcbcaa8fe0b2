// The flow of a request of logs; pipeline.ts has that of spans:
//
//   decode   audit log records strictly, the rest byte for byte
//   logs     logs/: signature, secrets, slots                    → leaves, refusals, conflicts
//   keep     quarantine/: what was refused, for a while
//   queue    queue/: the rest, and what was sealed with its marks
//
// It is answered when everything accepted is durable; who comes again gets no second leaf. What a
// tenant may have of what all share is asked before it, in signals.ts.
import { decodeLogs } from './decode/decode.ts'
import { countSpans, type ExportAnswer, type ExportRequest, sumRefusals } from './flow.ts'
import { encodeMarked } from './logs/marked.ts'
import type { createTaker } from './logs/take.ts'
import type { PipelineParts } from './pipeline.ts'
import { createPassOn } from './queue/pass-on.ts'
import type { Share } from './tenancy/share.ts'

export type TakeLogs = ReturnType<typeof createTaker>

export interface LogParts extends PipelineParts {
  readonly takeLogs: TakeLogs
  readonly share: Pick<Share, 'count' | 'countTaken' | 'enter'>
}

/** Errors: RECEIVER_BODY_MALFORMED, RECEIVER_COMMIT_FAILED. */
export function logPipeline({
  counters,
  ledger,
  log,
  quarantine,
  queues,
  refusals,
  share,
  takeLogs,
}: LogParts): (request: ExportRequest) => Promise<ExportAnswer> {
  const queue = queues.logs
  const counted = counters.logs

  const passOn = createPassOn({ signal: 'logs', queue, counted, ledger, log })

  return async ({ body, caller, pace }) => {
    counters.requests++
    const from = { caller, pace, bytes: body.length }
    const request = await pace(decodeLogs(body), body.length)
    const { auditLogs, logs, passThrough, passThroughLogs } = request
    const { committed, duplicates, refusals: found, taken } = await takeLogs(logs(), from)
    share.countTaken(committed + duplicates, body.length)
    const refused = sumRefusals(found)
    refusals.add(refused)
    counted.audit += auditLogs
    counted.committed += committed
    counted.duplicates += duplicates
    counted.refused += countSpans(refused)
    for (const { code: reason, spans: records } of refused) {
      log({ code: 'LOGS_REFUSED', level: 'warn', reason, caller: caller.name, records })
    }
    if (refused.length > 0) await quarantine.keep(body, { refusals: refused, unknownKids: [] })
    await passOn(passThrough, passThroughLogs)
    if (queue !== undefined) {
      for (const part of encodeMarked(taken, { origin: ledger.origin })) {
        await ledger.guard(queue.append(part))
      }
    }
    const checkpoint = auditLogs > 0 ? ledger.note : null
    return { refusals: refused, receipts: [], checkpoint }
  }
}
