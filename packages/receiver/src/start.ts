// Starts and stops the parts of a receiver, in order: what a part needs starts before it and stops
// after it. Ports open last and close first.
import { randomBytes, randomUUID } from 'node:crypto'
import { join } from 'node:path'
import { LedgerError, readServedTile } from '@grantlog/ledger'
import { openAccess } from './access.ts'
import { createTakeAgain } from './again.ts'
import { serveAdmin } from './admin/io/serve.ts'
import { type ClockWatch, watchClock } from './clock.ts'
import { createRefusalLedger, type RefusalLedger } from './commit/refusals.ts'
import { type DiskWatch, watchDisk } from './disk.ts'
import { keepLooking, openRegister, type Register } from './enrolment/register.ts'
import { type Counters, newCounters } from './flow.ts'
import { type Forwarding, startForwarding } from './forward/forward.ts'
import type { Projection } from './forward/project.ts'
import { recentCommits } from './forward/recent.ts'
import { isOtlp, signalsOf } from './forward/sink-options.ts'
import { readText, replaceText } from './io/note.ts'
import { spaceOf } from './io/space.ts'
import { ledgerEvidence, ledgerFrames, watchLedger, type WatchedLedger } from './ledger.ts'
import type { TakeLogs } from './log-pipeline.ts'
import { readLogSigners } from './logs/io/signers.ts'
import { createPreparer } from './logs/prepare.ts'
import { createSignatureCheck } from './logs/signature.ts'
import { createTaker } from './logs/take.ts'
import { createMetrics, type Metrics } from './metrics/metrics.ts'
import { observe } from './observe.ts'
import {
  type Receiver,
  type ReceiverOptions,
  type ReceiverStatus,
  settle,
  type Settled,
} from './options.ts'
import { createProducerAnswers } from './producer/answer.ts'
import { keepReading, openServicePolicy, type ServicePolicy } from './producer/policy.ts'
import { openQuarantine, type Quarantine } from './quarantine/quarantine.ts'
import { openQueues, type Queues } from './queue/queues.ts'
import { type Admission, createAdmission } from './receive/admission.ts'
import type { Edge } from './receive/edge.ts'
import { listenGrpc } from './receive/io/grpc.ts'
import { listenHttp } from './receive/io/http.ts'
import { type Pickup, startPickup } from './validation/pickup.ts'
import { type ChainWatch, watchChain } from './status/chain.ts'
import { notReadyOf } from './status/readiness.ts'
import { silenceWatch } from './status/silence.ts'
import { createStreamAccounts, type StreamAccounts } from './status/streams.ts'
import { createPipelines } from './signals.ts'
import { createVerifier } from './verify/verify.ts'

interface Parts {
  readonly settled: Settled
  readonly ledger: WatchedLedger
  readonly register: Register
  readonly policy: ServicePolicy
  readonly queues: Queues
  readonly refusals: RefusalLedger
  readonly forwarding: Forwarding
  readonly pickup: Pickup
  readonly verify: ReturnType<typeof createVerifier>
  readonly takeLogs: TakeLogs
  readonly quarantine: Quarantine
  readonly accounts: StreamAccounts
  readonly chain: ChainWatch
  readonly disk: DiskWatch
  readonly clock: ClockWatch
}

/**
 * Starts a receiver on an open ledger; resolves when all ports listen. What had started before an
 * error is stopped again. Errors: ReceiverError, JournalError; those of the system as they are.
 */
export async function startReceiver(options: ReceiverOptions): Promise<Receiver> {
  const settled = settle(options)
  await using started = new AsyncDisposableStack()
  started.defer(() => settled.boundedLog.look(true))
  const parts = await startParts(settled, started)
  const { allowedHosts, folders, limits, log } = settled
  const access = await openAccess(settled, started)
  const { ledger } = parts
  const counters = newCounters()
  const onExport = createPipelines({
    ...parts,
    counters,
    limits,
    log,
  })
  const admission = createAdmission(limits)
  const status = (): ReceiverStatus => ({
    ...structuredClone(counters),
    ...stateOf(parts, admission),
    access: access.status,
  })
  const metrics = settled.metrics ?? ownMetrics(started)
  const observed = observe(
    {
      ...{ ...parts, metrics, status, sinks: () => parts.forwarding.sinks },
      certificates: access.certificates,
    },
    started,
  )
  const edge: Edge = {
    limits,
    log,
    admission,
    allowedHosts: access.allowedHosts,
    identify: access.identify,
    tls: access.tls,
    onExport: observed.timed(onExport),
    onRefused: observed.refused,
    onConsistency: (from, to) => ledger.proveConsistency(from, to),
    onProducer: producerAnswers(parts),
  }
  const otlp = await listenHttp({ ...settled.otlp, edge })
  started.defer(() => otlp.close())
  const grpc = settled.grpc && (await listenGrpc({ ...settled.grpc, edge }))
  started.defer(() => grpc?.close())
  const admin = await serveAdmin({
    ...settled.admin,
    allowedHosts,
    limits,
    fallback: settled.adminFallback,
    checkpoint: () => ledger.note,
    readTile: (path) => readServedTile(folders.ledger, path),
    status: async () => ({ ...status(), streams: await parts.accounts.summary() }),
    streams: parts.accounts.page,
    metrics: observed.text,
  })
  started.defer(() => admin.close())
  const ports = {
    otlpPort: otlp.port,
    grpcPort: grpc?.port ?? null,
    adminPort: admin.port,
  }
  log({ code: 'RECEIVER_STARTED', level: 'info', ...ports, grpcPort: grpc?.port })
  const running = started.move()
  return {
    ...ports,
    status,
    reload: access.reload,
    allow: access.allow,
    close: () => running.disposeAsync(),
  }
}

function ownMetrics(started: AsyncDisposableStack): Metrics {
  const metrics = createMetrics()
  started.defer(() => metrics.close())
  return metrics
}

async function startParts(settled: Settled, started: AsyncDisposableStack): Promise<Parts> {
  const { folders, limits, log, now, uptimeMs } = settled
  const ledger = watchLedger(settled)
  const quarantine = await startQuarantine(settled, started)
  const takeLogs = await startTakingLogs(settled, ledger)
  let onEnrolled: (kids: ReadonlySet<string>) => void = () => undefined
  const register = await openRegister({
    onEnrolled: (kids) => onEnrolled(kids),
    keysFolder: folders.keys,
    queueFolder: folders.queue,
    origin: ledger.origin,
    commitKey: (kid, content) => ledger.commitContent({ type: 'key', id: kid, content }),
    lookMs: limits.enrolmentLookMs,
    now,
    uptimeMs,
    log,
  })
  started.defer(keepLooking(register, limits.enrolmentLookMs))
  const policy = await startPolicy(settled, ledger, started)
  const signals = signalsOf(settled.sinks)
  const queues = await openQueues({ folder: folders.queue, signals, limits, log }, started)
  const refusals = createRefusalLedger(
    (content) => ledger.commitContent({ type: 'refusals', id: randomUUID(), content }),
    now,
  )
  // watchLedger has logged what failed; the counts stay for the next flush.
  const flush = (all?: boolean): Promise<void> => refusals.flush(all).catch(() => undefined)
  const timer = setInterval(() => void flush(), limits.refusalsFlushMs)
  started.defer(() => flush(true))
  started.defer(() => clearInterval(timer))
  await startMinutes({ settled, ledger, quarantine }, started)
  const verdictOf = (kid: string): string =>
    register.assuranceOf(kid) === 'configured' ? 'verified' : 'tofu'
  const forwarding = await startForwardingTo(settled, { queues, verdictOf }, started)
  started.defer(() => forwarding.close())
  const pickup = await startPickingUp(settled, ledger, started)
  const accounts = createStreamAccounts({
    ledger: settled.ledger,
    queueFolder: folders.queue,
    sinks: () => forwarding.sinks,
    quarantined: () => quarantine.byStream,
  })
  const chain = watchChain(log)
  const verify = createVerifier({ lookup: register.lookup, now: settled.now, ...limits })
  const again = createTakeAgain({ chain, ledger, limits, register, verify })
  onEnrolled = (kids) => void quarantine.release(kids, again)
  const clock = watchClock({ now, uptimeMs, log })
  const { keys, ledger: ledgerFolder, lock, queue: queueFolder } = folders
  const disk = watchDisk({ folders: [ledgerFolder, keys, lock, queueFolder], spaceOf, log })
  await disk.look()
  const looks = setInterval(() => {
    clock.look()
    void disk.look()
  }, limits.lookMs)
  started.defer(() => clearInterval(looks))
  const kept = { refusals, quarantine, accounts, chain, pickup, disk, clock }
  return { settled, ledger, takeLogs, register, policy, verify, queues, forwarding, ...kept }
}

/** Errors: RECEIVER_POLICY_INVALID. */
async function startPolicy(
  { folders, limits, log, policyFile }: Settled,
  ledger: WatchedLedger,
  started: AsyncDisposableStack,
): Promise<ServicePolicy> {
  const policy = await openServicePolicy({
    path: policyFile,
    queueFolder: folders.queue,
    origin: ledger.origin,
    commitPolicy: (id, content) => ledger.commitContent({ type: 'policy', id, content }),
    log,
  })
  started.defer(keepReading(policy, limits.policyLookMs))
  return policy
}

function producerAnswers({ ledger, policy, register, settled }: Parts): Edge['onProducer'] {
  const { limits, now } = settled
  return createProducerAnswers({
    origin: ledger.origin,
    policy,
    lookup: register.lookup,
    refresh: () => register.refresh([]),
    sign: (signingInput) => ledger.signAnswer(signingInput),
    proofsPerKey: limits.proofsPerKey,
    now,
  })
}

/** The sinks, and the newest commits in memory for those of OTLP. */
async function startForwardingTo(
  { folders, ledger, limits, log, now, sinks }: Settled,
  { queues, verdictOf }: Pick<Parts, 'queues'> & Pick<Projection, 'verdictOf'>,
  started: AsyncDisposableStack,
): Promise<Forwarding> {
  const projection = { origin: ledger.origin, verdictOf }
  const recent = recentCommits(
    { ...projection, personalData: 'pseudonymised' },
    { bytesMax: limits.recentBytes, spansMax: limits.sinkBatchSpans },
  )
  if (sinks.some(isOtlp)) started.defer(ledger.watch(recent.prepare))
  const records = ledgerFrames(ledger)
  const folder = folders.queue
  const evidence = ledgerEvidence(ledger)
  const from = { records, evidence, queues, recent }
  return startForwarding({ ...from, sinks, folder, projection, limits, now, log })
}

async function startPickingUp(
  { folders, ledger, limits, log, now, reconciled: intervals }: Settled,
  { commitContent }: WatchedLedger,
  started: AsyncDisposableStack,
): Promise<Pickup> {
  const own = {
    get nextFrame() {
      return ledger.nextFrame
    },
    frames: (from: number) => ledger.frames(from),
    commitContent,
  }
  const { validationLookMs: lookMs } = limits
  const pickup = await startPickup({ folders, ledger: own, intervals, lookMs, now, log })
  started.defer(() => pickup.close())
  return pickup
}

/** Errors: JournalError; a LedgerError of the keystore. */
async function startQuarantine(
  { folders, ledger, limits, log, now }: Settled,
  started: AsyncDisposableStack,
): Promise<Quarantine> {
  const key = lastingKey(ledger, 'quarantine')
  const quarantine = await openQuarantine({ queueFolder: folders.queue, key, limits, now, log })
  started.defer(() => quarantine.close())
  return quarantine
}

/** Errors: RECEIVER_SIGNER_MALFORMED; those of the keystore. */
async function startTakingLogs(
  { folders, ledger, now }: Settled,
  watched: WatchedLedger,
): Promise<TakeLogs> {
  const checkSignature = createSignatureCheck(await readLogSigners(folders.keys))
  const idSecret = lastingKey(ledger, 'log-ids')
  return createTaker({
    prepare: createPreparer({ checkSignature, idSecret, now }),
    ledger: watched,
  })
}

/** What is done each minute. */
async function startMinutes(
  { ledger, quarantine, settled }: Pick<Parts, 'ledger' | 'quarantine' | 'settled'>,
  started: AsyncDisposableStack,
): Promise<void> {
  const { folders, log } = settled
  const path = join(folders.queue, 'silence.note')
  const note = { read: () => readText(path), write: (text: string) => replaceText(path, text) }
  const silence = await silenceWatch({ ledger, streams: settled.ledger.streams, note, log })
  // A leaf that is being committed when the ledger closes would look like a failure of the disk.
  started.defer(() => silence.close())
  const onMinute = (): void => {
    void silence.minute()
    void quarantine.minute()
  }
  const timer = setInterval(onMinute, settled.limits.minuteMs)
  started.defer(() => clearInterval(timer))
}

/**
 * Asked for before anything is committed: other new keys must not be lost with this one. On a disk
 * too full for it, what is kept cannot be read after a restart.
 */
function lastingKey({ keystore }: Settled['ledger'], name: string): Uint8Array {
  try {
    const key = keystore.secret(name)
    keystore.flush()
    return key
  } catch (error) {
    if (error instanceof LedgerError && error.code === 'LEDGER_FULL') return randomBytes(32)
    throw error
  }
}

function stateOf(
  { chain, clock, disk, forwarding, ledger, pickup, quarantine, queues, settled }: Parts,
  { inFlightBytes }: Admission,
): Omit<ReceiverStatus, keyof Counters | 'access'> {
  const { published, size } = ledger
  const { sinks } = forwarding
  const looked = { disk: disk.status, clock: clock.status, quarantine: quarantine.status }
  const streams = { ...settled.ledger.streams.totals }
  const validated = { validations: pickup.newest, reconciled: pickup.schedule }
  const told = { ...looked, ...validated, chainsBroken: chain.broken, streams }
  const waiting = { inFlightBytes, queueBytes: bytesOf(queues) }
  const notReady = notReadyOf(ledger)
  return { ready: notReady.length === 0, notReady, size, published, ...waiting, sinks, ...told }
}

function bytesOf(queues: Queues): number {
  return Object.values(queues).reduce((sum, { bytes }) => sum + bytes, 0)
}
