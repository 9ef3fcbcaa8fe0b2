// Starts and stops the parts of one tenant: its ledger's pipeline, from the register of its keys to
// its sinks. What a part needs starts before it and stops after it. The ledger in the data folder
// itself is the main tenant's; start.ts has what all tenants share.
import { randomBytes, randomUUID } from 'node:crypto'
import { LedgerError, verdictOf as verdictOfKey } from '@grantlog/ledger'
import { createTakeAgain, type TakeAgain } from './again.ts'
import { type ClockWatch, watchClock } from './clock.ts'
import { createRefusalLedger, type RefusalLedger } from './commit/refusals.ts'
import { type DiskWatch, watchDisk } from './disk.ts'
import { createByToken } from './enrolment/by-token.ts'
import { keepLooking, openRegister, type Register } from './enrolment/register.ts'
import { type Counters, type ExportAnswer, newCounters } from './flow.ts'
import { type Forwarding, startForwarding } from './forward/forward.ts'
import type { Projection } from './forward/project.ts'
import { logCommits } from './forward/logs/log-commits.ts'
import { recentCommits } from './forward/recent.ts'
import { isOtlp, signalsOf, takesLogs } from './forward/sink-options.ts'
import { spaceOf } from './io/space.ts'
import {
  ledgerEvidence,
  ledgerFrames,
  ledgerLogs,
  watchLedger,
  type WatchedLedger,
} from './ledger.ts'
import type { TakeLogs } from './log-pipeline.ts'
import { readLogSigners } from './logs/io/signers.ts'
import { createPreparer } from './logs/prepare.ts'
import { createSignatureCheck } from './logs/signature.ts'
import { createTaker } from './logs/take.ts'
import type { LogPlace } from './metrics/delays.ts'
import type { Settled, TenantStatus } from './options.ts'
import { startPickingUp } from './picking-up.ts'
import { createPipeline } from './pipeline.ts'
import { createProducerAnswers } from './producer/answer.ts'
import { keepReading, openServicePolicy, type ServicePolicy } from './producer/policy.ts'
import { openQuarantine, type Quarantine } from './quarantine/quarantine.ts'
import { openQueues, type Queues } from './queue/queues.ts'
import { createOtherPipelines } from './signals.ts'
import { type ChainWatch, watchChain } from './status/chain.ts'
import { notReadyOf } from './status/readiness.ts'
import { createStreamAccounts, type StreamAccounts } from './status/streams.ts'
import { type DiskUse, watchDiskUse } from './tenancy/disk-use.ts'
import type { Portion } from './tenancy/divide.ts'
import { sizeOf } from './tenancy/io/size.ts'
import type { Owners } from './tenancy/owners.ts'
import { createShare, type Share } from './tenancy/share.ts'
import type { TenantLimits } from './tenant-limits.ts'
import type { Pickup } from './validation/pickup.ts'
import { createVerifier } from './verify/verify.ts'
import { startMinutes, startSinkWatch } from './watches.ts'

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
  readonly diskUse: DiskUse
  readonly share: Share
  readonly clock: ClockWatch
}

export interface TenantOptions {
  /** Empty: the main one. */
  readonly name: string
  /** Of this tenant: its ledger, folders and sinks, and a log that says its name. */
  readonly settled: Settled
  readonly limits: TenantLimits
  readonly owners: Owners
  /** Told of keys that are in force since now. */
  readonly onEnrolled: (kids: ReadonlySet<string>) => void
}

/** One tenant that is served. */
export interface Tenant {
  readonly name: string
  readonly ledger: WatchedLedger
  readonly register: Pick<Register, 'refresh'>
  readonly quarantine: Pick<Quarantine, 'release'>
  readonly accounts: StreamAccounts
  /** How far its log is, and the sink furthest behind. */
  readonly place: () => LogPlace
  readonly folders: Settled['folders']
  readonly counters: Counters
  /** Takes its portion of a request; see createPipeline. */
  readonly take: (portion: Portion) => Promise<ExportAnswer>
  /** Takes a request of another signal; see createOtherPipelines. */
  readonly takeOther: ReturnType<typeof createOtherPipelines>
  /** What one of its producers is to know; see createProducerAnswers. */
  readonly tellProducer: ReturnType<typeof createProducerAnswers>
  /** Enrols a key that an access token vouches for; see createByToken. */
  readonly enrolByToken: ReturnType<typeof createByToken>
  /** Commits what was refused before, and is not any more; gives the number of records. */
  readonly takeAgain: TakeAgain
  status(): TenantStatus
}

/**
 * Starts a tenant on its open ledger; `started` stops it. Errors: RECEIVER_ENROLMENT_MALFORMED,
 * RECEIVER_KEY_ELSEWHERE, RECEIVER_SINK_INVALID, RECEIVER_POLICY_INVALID, JournalError; those of
 * the system as they are.
 */
export async function startTenant(
  options: TenantOptions,
  started: AsyncDisposableStack,
): Promise<Tenant> {
  const { limits: own, name } = options
  const { quarantineBytes, quarantineEntries } = own
  const limits = { ...options.settled.limits, quarantineBytes, quarantineEntries }
  const settled = { ...options.settled, limits }
  const parts = await startParts({ ...options, settled }, started)
  const { folders, log } = settled
  const counters = newCounters()
  const pipeline = { ...parts, counters, limits, log }
  return {
    name,
    folders,
    counters,
    ...parts,
    place: () => placeOf(parts),
    take: createPipeline(pipeline),
    takeOther: createOtherPipelines(pipeline),
    tellProducer: producerAnswers(parts),
    enrolByToken: byToken(options, parts),
    takeAgain: createTakeAgain({ ...parts, limits }),
    status: () => ({ ...structuredClone(counters), ...stateOf(parts) }),
  }
}

async function startParts(options: TenantOptions, started: AsyncDisposableStack): Promise<Parts> {
  const { name, owners, settled } = options
  const { folders, limits, log, now, uptimeMs } = settled
  const ledger = watchLedger(settled)
  const quarantine = await startQuarantine(settled, started)
  const takeLogs = await startTakingLogs(settled, ledger)
  started.defer(() => owners.release(name))
  const register = await openRegister({
    claim: (kids) => owners.claim(name, kids),
    onEnrolled: options.onEnrolled,
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
  const verdictOf = (kid: string): string => verdictOfKey(register.assuranceOf(kid))
  const forwarding = await startForwardingTo(settled, { queues, verdictOf }, started)
  started.defer(() => forwarding.close())
  const sinks = await startSinkWatch({ settled, ledger, forwarding }, started)
  const pickup = await startPickingUp(settled, ledger, started)
  const accounts = createStreamAccounts({
    ledger: settled.ledger,
    queueFolder: folders.queue,
    sinks: () => forwarding.sinks,
    quarantined: () => quarantine.byStream,
  })
  const chain = watchChain(log)
  const verify = createVerifier({ lookup: register.lookup, now: settled.now, ...limits })
  const clock = watchClock({ now, uptimeMs, log })
  const { keys, ledger: ledgerFolder, lock, queue: queueFolder } = folders
  const disk = watchDisk({ folders: [ledgerFolder, keys, lock, queueFolder], spaceOf, log })
  const diskUse = diskUseOf(options)
  await Promise.all([disk.look(), diskUse.look()])
  const looks = setInterval(() => {
    clock.look()
    void disk.look()
    void diskUse.look()
    void sinks.look()
  }, limits.lookMs)
  started.defer(() => clearInterval(looks))
  const share = createShare({ limits: options.limits, disk: diskUse, uptimeMs })
  const kept = { refusals, quarantine, accounts, chain, pickup, disk, diskUse, share, clock }
  return { settled, ledger, takeLogs, register, policy, verify, queues, forwarding, ...kept }
}

/** Errors: RECEIVER_POLICY_INVALID. */
async function startPolicy(
  { folders, limits, log, policyFiles }: Settled,
  ledger: WatchedLedger,
  started: AsyncDisposableStack,
): Promise<ServicePolicy> {
  const policy = await openServicePolicy({
    paths: policyFiles,
    lookMs: limits.policyLookMs,
    queueFolder: folders.queue,
    origin: ledger.origin,
    commitPolicy: (id, content) => ledger.commitContent({ type: 'policy', id, content }),
    log,
  })
  started.defer(keepReading(policy, limits.policyLookMs))
  return policy
}

function producerAnswers({ ledger, policy, register, settled }: Parts): Tenant['tellProducer'] {
  const { limits, now } = settled
  return createProducerAnswers({
    origin: ledger.origin,
    policy,
    limits: {
      batchesPerRequest: Math.min(limits.batchesPerRequest, limits.signaturesPerRequest),
      bytesPerRequest: limits.bodyBytes,
    },
    lookup: register.lookup,
    refresh: () => register.refresh([]),
    sign: (signingInput) => ledger.signAnswer(signingInput),
    proofsPerKey: limits.proofsPerKey,
    now,
  })
}

function byToken(
  { name, owners }: Pick<TenantOptions, 'name' | 'owners'>,
  { ledger, register, settled }: Parts,
): Tenant['enrolByToken'] {
  return createByToken({
    ...settled,
    origin: ledger.origin,
    keysFolder: settled.folders.keys,
    register,
    reserve: (kid) => owners.reserve(name, kid),
  })
}

function diskUseOf({ limits, settled }: TenantOptions): DiskUse {
  const { folders, log, uptimeMs } = settled
  const all = [...new Set(Object.values(folders) as string[])]
  const { diskBytes: quotaBytes } = limits
  return watchDiskUse({ quotaBytes, sizeOf: () => sizeOf(all), uptimeMs, log })
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
  const commits = logCommits(ledger.nextFrame)
  if (sinks.some(takesLogs)) started.defer(ledger.watch(commits.prepare))
  const records = ledgerFrames(ledger)
  const logs = ledgerLogs(ledger, commits)
  const folder = folders.queue
  const evidence = ledgerEvidence(ledger)
  const from = { records, logs, evidence, queues, recent }
  return startForwarding({ ...from, sinks, folder, projection, limits, now, log })
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
  { folders, ledger }: Settled,
  watched: WatchedLedger,
): Promise<TakeLogs> {
  const checkSignature = createSignatureCheck(await readLogSigners(folders.keys))
  const idSecret = lastingKey(ledger, 'log-ids')
  return createTaker({ prepare: createPreparer({ checkSignature, idSecret }), ledger: watched })
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

function stateOf(parts: Parts): Omit<TenantStatus, keyof Counters> {
  const { chain, clock, disk, forwarding, ledger, pickup, quarantine, queues, settled } = parts
  const { inFlightBytes, refused: limited } = parts.share
  const { published, size } = ledger
  const { sinks } = forwarding
  const looked = { disk: disk.status, clock: clock.status, quarantine: quarantine.status }
  const streams = { ...settled.ledger.streams.totals }
  const validated = { validations: pickup.newest, reconciled: pickup.schedule }
  const told = { ...looked, ...validated, chainsBroken: chain.broken, streams }
  const waiting = { inFlightBytes, queueBytes: bytesOf(queues) }
  const { subjectsShared } = settled.ledger
  const { bytes: diskBytes, isFull: isOverQuota, quotaBytes: diskQuotaBytes } = parts.diskUse
  const quota = { diskBytes, diskQuotaBytes, isOverQuota }
  const share = { subjectsShared, limited: { ...limited }, ...quota }
  const notReady = notReadyOf(ledger)
  return {
    ready: notReady.length === 0,
    notReady,
    size,
    published,
    ...waiting,
    sinks,
    ...told,
    ...share,
  }
}

function placeOf({ forwarding, settled }: Parts): LogPlace {
  const { nextFrame, published, size } = settled.ledger
  const behind = Math.max(0, ...forwarding.sinks.map(({ lag }) => lag.commits))
  return { nextFrame, published, size, behind }
}

function bytesOf(queues: Queues): number {
  return Object.values(queues).reduce((sum, { bytes }) => sum + bytes, 0)
}
