// The receiver's whole flow as a table:
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
// A request is answered 200 only when everything accepted of it is durable. pipeline.test.ts.
import { randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { serveAdmin } from './admin/io/serve.ts'
import { readTile } from './admin/io/tiles.ts'
import { ReceiverError } from './codes.ts'
import { commitBatches } from './commit/commit.ts'
import { createRefusalLedger } from './commit/refusals.ts'
import { countAnswer, countRequest, newCounters, type TraceAnswer } from './flow.ts'
import { decodeBody } from './decode/decode.ts'
import { openRegister } from './enrolment/register.ts'
import { startForwarding } from './forward/forward.ts'
import { ledgerFrames, watchLedger } from './ledger.ts'
import { type Receiver, type ReceiverOptions, type ReceiverStatus, settle } from './options.ts'
import { openPassThrough } from './queue/pass-through.ts'
import { listenHttp } from './receive/io/http.ts'
import { claimedKids, createVerifier } from './verify/verify.ts'

/**
 * Starts a receiver on an open ledger. Resolves when both ports listen. What was started before an
 * error is stopped again. Errors: ReceiverError, JournalError; of the system as they are.
 */
export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const settled = settle(options)
  const { folders, limits, log, now, sinks } = settled
  const ledger = watchLedger(settled)
  const counters = newCounters()
  await using started = new AsyncDisposableStack()

  const register = await openRegister({
    keysFolder: folders.keys,
    queueFolder: folders.queue,
    origin: ledger.origin,
    commitKey: (kid, content) => ledger.commitContent({ type: 'key', id: kid, content }),
    lookMs: limits.enrolmentLookMs,
    now,
    log,
  })
  const verify = createVerifier({ lookup: register.lookup, ...limits })
  const queue = await openPassThrough({
    directory: join(folders.queue, 'passthrough'),
    frameBytes: limits.bodyBytes,
    queueBytes: limits.queueBytes,
    log,
  })
  started.defer(() => queue.close())
  const refusals = createRefusalLedger(
    (content) => ledger.commitContent({ type: 'refusals', id: randomUUID(), content }),
    now,
  )
  started.defer(() => refusals.flush(true))
  const flush = setInterval(
    () => void refusals.flush().catch(() => undefined),
    limits.refusalsFlushMs,
  )
  started.defer(() => clearInterval(flush))
  const forwarding = await startForwarding({
    sinks,
    folder: folders.queue,
    records: ledgerFrames(settled.ledger),
    queue,
    projection: {
      origin: ledger.origin,
      verdictOf: (kid) =>
        register.lookup(kid)?.enrolment.assurance === 'tofu' ? 'tofu' : 'verified',
    },
    limits,
    now,
    log,
  })
  started.defer(() => forwarding.close())

  async function onTraces(body: Uint8Array): Promise<TraceAnswer> {
    const request = decodeBody(body, limits.batchesPerRequest)
    await register.refresh(claimedKids(request.groups))
    const { verified, committed } = await register.use(async () => {
      const verified = verify(request.groups)
      const { receiptsPerResponse } = limits
      return {
        verified,
        committed: await commitBatches(verified.batches, ledger, receiptsPerResponse),
      }
    })
    if (verified.deferred)
      throw new ReceiverError('RECEIVER_BUSY', 'more batches than we verify at once')
    if (request.passThrough !== null && sinks.length > 0)
      await ledger.guard(queue.append(request.passThrough))
    const refused = [...verified.refusals, ...committed.conflicts]
    refusals.add(refused)
    countAnswer(counters, { ...committed, refused, ...request }, log)
    return { refusals: refused, receipts: committed.receipts, checkpoint: ledger.note }
  }

  function status(): ReceiverStatus {
    const { published, size } = ledger
    const inFlightBytes = http.inFlightBytes
    return {
      ready: !ledger.failed,
      ...counters,
      size,
      published,
      inFlightBytes,
      sinks: forwarding.sinks,
    }
  }

  const http = await listenHttp({
    ...settled.otlp,
    allowedHosts: settled.allowedHosts,
    limits,
    log,
    onTraces: (body) => countRequest(counters, () => onTraces(body)),
    onConsistency: (from, to) => ledger.proveConsistency(from, to),
  })
  started.defer(() => http.close())
  const admin = await serveAdmin({
    ...settled.admin,
    allowedHosts: settled.allowedHosts,
    checkpoint: () => ledger.note,
    readTile: (path) => readTile(folders.ledger, path),
    status,
  })
  started.defer(() => admin.close())
  log({ code: 'RECEIVER_STARTED', level: 'info', otlpPort: http.port, adminPort: admin.port })
  const running = started.move()
  return { otlpPort: http.port, adminPort: admin.port, status, close: () => running.disposeAsync() }
}
