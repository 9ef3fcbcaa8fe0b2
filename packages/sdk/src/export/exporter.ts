// Export: queue → sign → spool and POST → judge the answer → forget, or send again.
import { join } from 'node:path'
import type { AttributeValue } from '@grantlog/record'
import type { Config } from '../config.ts'
import { SdkError } from '../codes.ts'
import type { Counts } from '../counts.ts'
import type { SealedRecord, SignedRecords } from '../event.ts'
import { diskTimeoutMs, queueBytesMax, queueRecordsMax } from '../limits.ts'
import { messageOf, type Notify } from '../notice.ts'
import { createRequestLimits } from '../request-limits.ts'
import type { Judge } from './answer.ts'
import { type CheckpointKeeper, createCheckpointKeeper } from './checkpoint.ts'
import { createDelivery, type DeliveryOptions } from './delivery.ts'
import { encodeBatch } from './encode.ts'
import { noteVerifier } from './ed25519.ts'
import { leaveFolders } from './io/exit.ts'
import type { HttpClient } from './io/http.ts'
import { nodeDisk } from './io/disk.ts'
import { ownIdentity, startedOf } from './io/identity.ts'
import { seenFile } from './io/seen.ts'
import { onceEnrolled } from './once-enrolled.ts'
import { Outlet } from './outlet.ts'
import { receiverClient } from './receiver-client.ts'
import type { WitnessedLog } from './seen.ts'
import { createLane } from './spool/lane.ts'
import type { Stage } from './waits.ts'

export interface ExporterOptions {
  readonly config: Config
  /** Of the stream. */
  readonly instance: string
  /** Signs a run of consecutive records off the head of the queue. */
  readonly sign: (waiting: readonly SealedRecord[], recordsMax: number) => SignedRecords | null
  /**
   * Their bytes are not read here any more: they are in a batch's body, or the queue was full.
   * Called last: what throws before leaves the records in the queue, to be encoded again.
   */
  readonly release: (records: readonly SealedRecord[]) => void
  readonly onFork: () => void
  readonly onAnswered: DeliveryOptions['onAnswered']
  readonly notify: Notify
}

export interface Exporter {
  /** Takes a record; one that finds the queue full is counted as dropped. */
  readonly enqueue: (record: SealedRecord) => void
  /** A record was lost before it could be queued; null: it had no number. */
  readonly lose: (sequence: number | null) => void
  /**
   * Resolves when the record with that number is durable on this disk, or has a verified receipt;
   * a receipt is enough for both. It is sealed, written and sent at once, without the tick. Rejects
   * with SdkError: RECORD_LOST, RECORD_REFUSED (for `receipted`: by the receiver; the record stays
   * and is sent again), SPOOL_UNAVAILABLE (for `spooled`) or EXPORT_CLOSED. Without a receiver
   * `receipted` waits for as long as there is none: a deadline is the caller's.
   */
  readonly until: (sequence: number, stage: Stage) => Promise<void>
  readonly dropped: () => number
  readonly counts: () => Counts
  /** The last verified checkpoint, as `audit.stream.checkpoint`. */
  readonly checkpoint: () => string | null
  readonly flush: () => Promise<void>
  /**
   * The end, synchronously: what no receiver has taken goes to the disk, or is told to be lost.
   * Nothing is sent any more.
   */
  readonly close: () => void
}

/** Throws SdkError CREDENTIALS_INVALID when a verifier key is malformed. */
export function createExporter(options: ExporterOptions): Exporter {
  const { config, instance, notify } = options
  const { log, by } = trustOf(config)
  const client = receiverClient(config)
  const keeper = keeperOf(options, log, client)
  const resource = resourceOf(config)
  const delivery = createDelivery({ client, by, keeper, onAnswered: options.onAnswered })
  const root = join(config.stateDir, 'spool')
  const lane = createLane(diskTimeoutMs)
  const limits = config.requestLimits ?? createRequestLimits()
  const outlet = new Outlet({
    queue: { recordsMax: queueRecordsMax, bytesMax: queueBytesMax },
    sign: (waiting) => {
      const batch = options.sign(waiting, limits.recordsIn(waiting))
      if (batch === null) return null
      const { firstSequence, records, root: batchRoot } = batch
      const body = encodeBatch(batch, resource)
      const outgoing = { instance, firstSequence, count: records.length, root: batchRoot, body }
      delivery.signed(outgoing)
      options.release(records)
      return outgoing
    },
    deliver: onceEnrolled(config, delivery.deliver),
    // The 200 of a Collector has one count of what it did not take.
    limits: config.viaCollector ? { batches: 1, bytes: limits.bytes } : limits,
    spool: {
      disk: nodeDisk(),
      lane,
      root,
      instance,
      privateKey: config.privateKey,
      kid: config.kid,
      previous: config.previous,
      bytesMax: config.spoolBytes,
      witness: {
        self: ownIdentity(),
        startedOf,
        wallMs: Date.now,
        nowMs: () => performance.now(),
      },
    },
    notify,
    random: Math.random,
  })
  let isClosed = false
  void config.enrolling?.enrolled.then(() => (isClosed ? undefined : outlet.flush()))
  return {
    enqueue: (record) => outlet.enqueue(record) || options.release([record]),
    lose: (sequence) => outlet.lose(sequence),
    until: (sequence, stage) => outlet.until(sequence, stage),
    dropped: () => outlet.dropped,
    counts: () => countsOf(config, outlet, delivery.skewMs()),
    flush: () => outlet.flush(),
    checkpoint: keeper.last,
    close: () => {
      if (isClosed) return
      isClosed = true
      const { batches, folders, isEmpty, roomBytes: bytesMax } = outlet.close()
      client.close()
      const { privateKey, kid, spoolBytes } = config
      const canWrite = spoolBytes > 0 && !lane.isStuck()
      const name = `${instance}.exit`
      const leaving = { root, name, privateKey, kid, batches, folders, isEmpty, bytesMax }
      const saved = canWrite ? leaveFolders(leaving) : 0
      const unsaved = batches.slice(saved).reduce((sum, { count }) => sum + count, 0)
      if (unsaved > 0) notify('RECORDS_UNSAVED', `${unsaved} records`)
      else if (!isEmpty) notify('RECORDS_UNSENT', root)
    },
  }
}

function countsOf(
  { viaCollector }: Config,
  { bytes, counts, dropped }: Outlet,
  skewMs: number | null,
): Counts {
  const missing = viaCollector ? null : counts.missing
  return { ...counts, missing, dropped, spoolBytes: bytes.disk, skewMs }
}

/** Names of the OpenTelemetry resource; for backends only, since nothing of it is covered. */
export function resourceOf({
  service,
  environment,
}: Pick<Config, 'environment' | 'service'>): [string, AttributeValue][] {
  const resource: [string, AttributeValue][] = [['service.name', service]]
  if (environment !== null) resource.push(['deployment.environment.name', environment])
  return resource
}

function keeperOf(
  { config, onFork, notify }: ExporterOptions,
  log: WitnessedLog,
  client: HttpClient,
): CheckpointKeeper {
  return createCheckpointKeeper({
    log,
    store: seenFile(config.stateDir, log.origin),
    fetchProof: (from, to) => fetchProof(client, log.origin, { from, to }),
    onFork,
    notify,
    nowMs: () => performance.now(),
  })
}

/** Throws SdkError CREDENTIALS_INVALID. */
export function trustOf(config: Pick<Config, 'logKey' | 'receiptKey' | 'viaCollector'>): {
  log: NonNullable<Judge['trust']>
  by: Judge
} {
  try {
    const logVerifier = noteVerifier(config.logKey)
    const verifier = noteVerifier(config.receiptKey)
    const origin = logVerifier.name
    if (verifier.name !== `${origin}/receipt`) {
      throw new SdkError('CREDENTIALS_INVALID', 'receiptKey is of another log')
    }
    const trust = config.viaCollector ? null : { verifier, origin }
    return { log: { verifier: logVerifier, origin }, by: { trust, nowMs: Date.now } }
  } catch (error) {
    throw new SdkError('CREDENTIALS_INVALID', `logKey or receiptKey: ${messageOf(error)}`)
  }
}

/** `GET /grantlog/v1/consistency`: the proof's hashes. Rejects for any other answer. */
async function fetchProof(
  client: HttpClient,
  origin: string,
  { from, to }: { readonly from: number; readonly to: number },
): Promise<Uint8Array[]> {
  // A receiver may keep several logs.
  const query = new URLSearchParams({ from: String(from), to: String(to), origin })
  const answer = await client.get(`/grantlog/v1/consistency?${query.toString()}`)
  if (answer.status !== 200) throw new SdkError('EXPORT_FAILING', `HTTP ${answer.status}`)
  const { proof } = JSON.parse(Buffer.from(answer.body).toString('utf8')) as { proof?: unknown }
  if (!Array.isArray(proof) || !proof.every((one) => typeof one === 'string')) {
    throw new SdkError('EXPORT_FAILING', 'no proof')
  }
  return proof.map((one: string) => Buffer.from(one, 'base64'))
}
