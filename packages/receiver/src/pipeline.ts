// The receiver's flow as a table:
//
//   receive   receive/     HTTP, limits, who may talk to us              → body
//   decode    decode/      audit spans strictly, the rest byte for byte  → groups, pass-through
//   enrol     enrolment/   keys in force, each a leaf before it is used
//   verify    verify/      signature, digests, scope                     → batches, refusals
//   commit    commit/      durable, in order                             → receipts, conflicts
//   queue     queue/       pass-through, durable
//   answer    receive/     receipts, partial_success
//   forward   forward/     later, from what is durable, at each sink's own pace
//
// A request is answered 200 only when everything accepted of it is durable. A crash between any two
// steps loses nothing that was acknowledged: the sender comes again, what was committed is answered
// as duplicate with the same receipt, and pass-through may reach a sink twice.
// See pipeline.test.ts and receiver.test.ts.
import { ReceiverError } from './codes.ts'
import { commitBatches } from './commit/commit.ts'
import type { RefusalLedger } from './commit/refusals.ts'
import { decodeBody } from './decode/decode.ts'
import type { Register } from './enrolment/register.ts'
import { type Counters, countAnswer, type Log, type TraceAnswer } from './flow.ts'
import type { WatchedLedger } from './ledger.ts'
import type { Limits } from './limits.ts'
import type { PassThroughQueue } from './queue/pass-through.ts'
import { claimedKids, type createVerifier } from './verify/verify.ts'

export interface PipelineParts {
  readonly register: Pick<Register, 'refresh' | 'use'>
  readonly verify: ReturnType<typeof createVerifier>
  readonly ledger: WatchedLedger
  /** Null when there is no sink: what is not audit then has nowhere to go. */
  readonly queue: Pick<PassThroughQueue, 'append'> | null
  readonly refusals: Pick<RefusalLedger, 'add'>
  readonly counters: Counters
  readonly limits: Limits
  readonly log: Log
}

/**
 * From a body to an answer. Errors: RECEIVER_BODY_MALFORMED, RECEIVER_BUSY (too many new batches at
 * once: those that fit are committed, the sender comes again), RECEIVER_COMMIT_FAILED.
 */
export function createPipeline(parts: PipelineParts): (body: Uint8Array) => Promise<TraceAnswer> {
  const { counters, ledger, limits, log, queue, refusals, register, verify } = parts
  return async (body) => {
    counters.requests++
    const request = decodeBody(body, limits.batchesPerRequest)

    await register.refresh(claimedKids(request.groups))
    const { committed, verified } = await register.use(async () => {
      const verified = verify(request.groups)
      const committed = await commitBatches(verified.batches, ledger, limits.receiptsPerResponse)
      return { committed, verified }
    })
    if (verified.deferred) throw new ReceiverError('RECEIVER_BUSY', 'too many new batches at once')

    if (request.passThrough !== null) await ledger.guard(queue?.append(request.passThrough))

    const refused = [...verified.refusals, ...committed.conflicts]
    refusals.add(refused)
    countAnswer(counters, { ...request, ...committed, refused }, log)
    return { refusals: refused, receipts: committed.receipts, checkpoint: ledger.note }
  }
}
