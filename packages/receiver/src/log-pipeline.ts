// The flow of a request of logs; pipeline.ts has that of spans:
//
//   decode   audit log records strictly, the rest byte for byte
//   logs     logs/: signature, secrets, slots                    → leaves, refusals, conflicts
//   keep     quarantine/: what was refused, for a while
//   queue    queue/: the rest; what is sealed goes to sinks from the ledger
//   answer   receive/: receipts, partial_success
//
// It is answered when everything accepted is durable; who comes again gets no second leaf, and the
// same receipts. What a tenant may have of what all share is asked before it, in signals.ts.
import { decodeLogs } from './decode/decode.ts'
import { countSpans, type ExportAnswer, type ExportRequest, sumRefusals } from './flow.ts'
import { signParts } from './commit/refused.ts'
import { logReceipts } from './log-receipts.ts'
import { receiptsFor } from './logs/signed.ts'
import type { createTaker } from './logs/take.ts'
import type { PipelineParts } from './pipeline.ts'
import { createPassOn } from './queue/pass-on.ts'
import type { Share } from './tenancy/share.ts'

export type TakeLogs = ReturnType<typeof createTaker>

export interface LogParts extends PipelineParts {
  readonly takeLogs: TakeLogs
  readonly share: Pick<Share, 'count' | 'countTaken' | 'enter' | 'require'>
}

/** Errors: RECEIVER_BODY_MALFORMED, RECEIVER_COMMIT_FAILED. */
export function logPipeline({
  counters,
  ledger,
  limits,
  log,
  quarantine,
  queues,
  refusals,
  share,
  takeLogs,
}: LogParts): (request: ExportRequest) => Promise<ExportAnswer> {
  const counted = counters.logs
  const passOn = createPassOn({ signal: 'logs', queue: queues.logs, counted, ledger, log })

  return async ({ body, caller, origin, pace }) => {
    counters.requests++
    const from = { caller, pace, bytes: body.length }
    const request = await pace(decodeLogs(body), body.length)
    const { auditLogs, logs, passThrough, passThroughLogs } = request
    const taken = await takeLogs(logs(), from)
    const { committed, duplicates, named, placed, refusals: found } = taken
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
    const checkpoint = auditLogs > 0 ? ledger.note : null
    const answer = { refusals: refused, checkpoint }
    if (origin === undefined) {
      return { ...answer, receipts: logReceipts(taken, ledger, limits.receiptsPerResponse) }
    }
    const refusalNote = signParts(named, ledger)
    return { ...answer, receipts: receiptsFor(placed, ledger), refusalNote }
  }
}
