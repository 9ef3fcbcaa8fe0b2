// The receiver's flow as a table:
//
//   receive   receive/     HTTP and gRPC, TLS, limits; callers/: who sends → body, signal, caller
//   decode    decode/      audit spans strictly, the rest byte for byte  → groups, pass-through
//   enrol     enrolment/   keys in force, each a leaf before it is used
//   verify    verify/      signature, digests, scope                     → batches, refusals
//   commit    commit/      durable, in order                             → receipts, conflicts
//   keep      quarantine/  what was refused, for a while
//   account   status/      streams: what was refused of them, and whether their batches chain
//   queue     queue/       pass-through, durable
//   answer    receive/     receipts, partial_success
//   forward   forward/     later, from what is durable, at each sink's own pace
//
// Beside it: signals.ts, logs and metrics; producer/, what producers are told of their policy;
// validation/, what others have compared with the records, sealed when handed over.
//
// A request is answered 200 only when everything accepted of it is durable. A crash between any two
// steps loses nothing that was acknowledged: the sender comes again, what was committed is answered
// as duplicate with the same receipt, and pass-through may reach a sink twice.
// See pipeline.test.ts and receiver.test.ts.
import type { TraceRequest } from '@grantlog/record/otlp'
import { ReceiverError } from './codes.ts'
import { commitVerified } from './commit/commit.ts'
import type { RefusalLedger } from './commit/refusals.ts'
import { decodeBody } from './decode/decode.ts'
import type { Register } from './enrolment/register.ts'
import {
  type Counters,
  countAnswer,
  type ExportAnswer,
  type ExportRequest,
  type Log,
  type Refusal,
  type Signal,
  sumRefusals,
} from './flow.ts'
import type { WatchedLedger } from './ledger.ts'
import type { Limits } from './limits.ts'
import type { PassThroughQueue } from './queue/pass-through.ts'
import type { EntryFacts } from './quarantine/entry.ts'
import type { Quarantine } from './quarantine/quarantine.ts'
import { refusalMessage } from './receive/message.ts'
import type { ChainWatch } from './status/chain.ts'
import type { StreamAccounts } from './status/streams.ts'
import { claimedKids, type createVerifier } from './verify/verify.ts'

export interface PipelineParts {
  readonly register: Pick<Register, 'refresh' | 'use'>
  readonly verify: ReturnType<typeof createVerifier>
  readonly ledger: WatchedLedger
  /** None of a signal that no sink takes: what is not audit then has nowhere to go. */
  readonly queues: Partial<Record<Signal, Pick<PassThroughQueue, 'append'>>>
  readonly refusals: Pick<RefusalLedger, 'add'>
  readonly quarantine: Pick<Quarantine, 'keep'>
  readonly accounts: Pick<StreamAccounts, 'refused'>
  readonly chain: Pick<ChainWatch, 'committed'>
  readonly counters: Counters
  readonly limits: Limits
  readonly log: Log
}

/**
 * From a body to an answer. Errors: RECEIVER_BODY_MALFORMED, RECEIVER_BUSY (too many new batches at
 * once: those that fit are committed, the sender comes again), RECEIVER_KEY_UNKNOWN (nothing of it
 * can be taken until the key is enrolled), RECEIVER_COMMIT_FAILED.
 */
export function createPipeline(
  parts: PipelineParts,
): (request: Pick<ExportRequest, 'body'>) => Promise<ExportAnswer> {
  const { accounts, chain, counters, ledger, limits, log, queues, refusals, register, verify } =
    parts
  const queue = queues.traces

  async function passOn({ passThrough, passThroughSpans }: TraceRequest): Promise<void> {
    if (passThrough === null) return
    if (queue === undefined) {
      if (counters.discarded === 0) log({ code: 'PASS_THROUGH_DISCARDED', level: 'warn' })
      counters.discarded += passThroughSpans
      return
    }
    await ledger.guard(queue.append(passThrough))
    counters.passedThrough += passThroughSpans
  }

  return async ({ body }) => {
    counters.requests++
    const request = decodeBody(body, limits.batchesPerRequest)

    await register.refresh(claimedKids(request.groups))
    const { committed, verified } = await register.use(() => {
      const verified = verify(request.groups)
      return commitVerified(verified, ledger, limits.receiptsPerResponse)
    })
    const refused = sumRefusals([...verified.refusals, ...committed.conflicts])
    const duplicates = committed.duplicates + verified.repeats
    chain.committed(verified.batches)
    accounts.refused(refused)
    refusals.add(refused)
    countAnswer(counters, { committed: committed.committed, duplicates, refused }, log)
    if (verified.deferred > 0) {
      throw new ReceiverError('RECEIVER_BUSY', 'too many new batches at once')
    }
    const taken = committed.committed + duplicates + request.passThroughSpans
    if (taken === 0 && refused.length > 0 && refused.every(isForUnknownKey)) {
      throw new ReceiverError('RECEIVER_KEY_UNKNOWN', refusalMessage(refused))
    }
    if (refused.length > 0) await parts.quarantine.keep(body, factsOf(request, refused))
    await passOn(request)
    return { refusals: refused, receipts: committed.receipts, checkpoint: ledger.note }
  }
}

/** What the quarantine may tell of a request. */
function factsOf({ groups }: TraceRequest, refusals: readonly Refusal[]): Omit<EntryFacts, 'at'> {
  const isUnknown = refusals.some(isForUnknownKey)
  return { refusals, unknownKids: isUnknown ? [...claimedKids(groups)] : [] }
}

function isForUnknownKey({ code }: Refusal): boolean {
  return code === 'UNKNOWN_KEY'
}
