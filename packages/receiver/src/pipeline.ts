// The receiver's flow as a table:
//
//   receive   receive/     HTTP and gRPC, TLS, limits; callers/: who sends → body, signal, caller
//   decode    decode/      audit spans strictly, the rest byte for byte  → groups, pass-through
//   divide    tenancy/     by the tenant whose key is claimed            → portions
//   enter     tenancy/     what a tenant may have of what all share
//   enrol     enrolment/   keys in force, each a leaf before it is used
//   verify    verify/      signature, digests, scope                     → batches, refusals
//   commit    commit/      durable, in order                             → receipts, conflicts
//   keep      quarantine/  what was refused, for a while
//   account   status/      streams: what was refused of them, and whether their batches chain
//   queue     queue/       pass-through, durable
//   answer    receive/     receipts, partial_success
//   forward   forward/     later, from what is durable, at each sink's own pace
//
// From `enter` to `queue` each tenant has its own (tenant.ts); tenants.ts divides a request, and
// puts the answer together. Beside it: signals.ts, logs and metrics; producer/, what producers are
// told of their policy; validation/, what others compared, sealed as it comes.
//
// A request is answered 200 only when everything accepted of it is durable. A crash between any two
// steps loses nothing that was acknowledged: the sender comes again, what was committed is answered
// as duplicate with the same receipt, and pass-through may reach a sink twice.
// See pipeline.test.ts and receiver.test.ts.
import { ReceiverError } from './codes.ts'
import { commitVerified } from './commit/commit.ts'
import type { RefusalLedger } from './commit/refusals.ts'
import { signRefused } from './commit/refused.ts'
import type { Register } from './enrolment/register.ts'
import {
  type Counters,
  countAnswer,
  type ExportAnswer,
  type Log,
  type Signal,
  sumRefusals,
} from './flow.ts'
import type { WatchedLedger } from './ledger.ts'
import type { Limits } from './limits.ts'
import { createPassOn } from './queue/pass-on.ts'
import type { PassThroughQueue } from './queue/pass-through.ts'
import { factsOf, isForUnknownKey } from './quarantine/entry.ts'
import type { Quarantine } from './quarantine/quarantine.ts'
import { refusalMessage } from './receive/message.ts'
import type { ChainWatch } from './status/chain.ts'
import type { StreamAccounts } from './status/streams.ts'
import type { Portion } from './tenancy/divide.ts'
import { enterVerified, type Share } from './tenancy/share.ts'
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
  readonly share: Pick<Share, 'count' | 'enter' | 'require'>
  readonly limits: Limits
  readonly log: Log
}

/**
 * From a tenant's portion of a request to an answer. Errors: RECEIVER_BUSY (too many new batches at
 * once: those that fit are committed, the sender comes again), RECEIVER_KEY_UNKNOWN (nothing of it
 * can be taken until the key is enrolled), RECEIVER_COMMIT_FAILED, RECEIVER_TENANT_BUSY,
 * RECEIVER_TENANT_FULL.
 */
export function createPipeline(parts: PipelineParts): (portion: Portion) => Promise<ExportAnswer> {
  const { accounts, chain, counters, ledger, limits, log, refusals, register } = parts
  const { share, verify } = parts
  const { receiptsPerResponse: maxReceipts } = limits
  const passOn = createPassOn({ queue: parts.queues.traces, counted: counters, ledger, log })

  return async (portion) => {
    counters.requests++
    const { budget, bytes, groups, pace } = portion

    await register.refresh(claimedKids(groups))
    const { committed, verified } = await register.use(async () => {
      share.require(bytes)
      const verified = await pace(verify(groups, budget), bytes)
      const leave = enterVerified(verified, { bytes, share })
      try {
        return await commitVerified(verified, { ledger, maxReceipts, pace })
      } finally {
        leave()
      }
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
    const taken = committed.committed + duplicates + portion.passThroughSpans
    if (portion.isWhole && taken === 0 && refused.length > 0 && refused.every(isForUnknownKey)) {
      throw new ReceiverError('RECEIVER_KEY_UNKNOWN', refusalMessage(refused))
    }
    if (refused.length > 0)
      await parts.quarantine.keep(portion.body(), factsOf(refused, claimedKids(groups)))
    await passOn(portion.passThrough, portion.passThroughSpans)
    const places = portion.isOfEdge ? await pace(verified.refused(), bytes) : []
    const named = portion.isOfEdge ? [...places, ...committed.refused] : []
    const refusalNote = signRefused(named, ledger)
    return { refusals: refused, receipts: committed.receipts, refusalNote, checkpoint: ledger.note }
  }
}
