// What startReceiver takes and gives. Defaults are in one place, `settle`.
import type { AdminFallback } from './admin/io/serve.ts'
import { boundLog, type BoundedLog } from './bounded-log.ts'
import type { Folders, Ledger, StreamTotals } from '@grantlog/ledger'
import { ReceiverError, type RefusalCode } from './codes.ts'
import type { SinkOptions, SinkStatus } from './forward/sink-options.ts'
import type { ClockStatus } from './clock.ts'
import type { DiskStatus } from './disk.ts'
import type { Log, OtherCounters } from './flow.ts'
import { isLoopback } from './host.ts'
import { LIMITS, type Limits, type TenantLimits } from './limits.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { CertificateStatus } from './metrics/readings.ts'
import type { NotReady } from './status/readiness.ts'
import type { ReconcileInterval, ReconcileStatus, ValidationStatus } from './validation/noted.ts'
import type { QuarantineStatus } from './quarantine/quarantine.ts'
import type { Share } from './tenancy/share.ts'

/** What the receiver needs of a ledger; `Ledger` has it. */
export type ReceiverLedger = Pick<
  Ledger,
  | 'origin'
  | 'nextFrame'
  | 'size'
  | 'published'
  | 'commit'
  | 'commitContent'
  | 'commitLogs'
  | 'isFull'
  | 'signReceipt'
  | 'checkpoint'
  | 'frames'
  | 'waitForFrame'
  | 'proveConsistency'
  | 'entry'
  | 'keystore'
  | 'minute'
  | 'streams'
  | 'subjectsShared'
  | 'watch'
>

export interface Listener {
  /** Default 127.0.0.1. */
  readonly host?: string
  /** 0 takes any free port. */
  readonly port?: number
}

/** A tenant beside the main one: a ledger of its own, with its own keys, origin, sinks, limits. */
export interface ServedTenant {
  /** [a-z0-9-], at most 63 characters. */
  readonly name: string
  /** Open; the caller closes it after the receiver. */
  readonly ledger: ReceiverLedger
  readonly folders: Folders
  readonly sinks?: readonly SinkOptions[]
  readonly limits?: Partial<TenantLimits>
}

export interface ReceiverOptions {
  /** Of the main tenant. Open; the caller closes it after the receiver. */
  readonly ledger: ReceiverLedger
  readonly folders: Folders
  /** OTLP/HTTP; default port 4318. */
  readonly otlp?: Listener
  /** OTLP/gRPC; default port 4317. Null: there is none. */
  readonly grpc?: Listener | null
  /** Tiles and status; default port 4319. */
  readonly admin?: Listener
  /** Answers what the admin port itself does not: the console. It checks who asks. */
  readonly adminFallback?: AdminFallback
  /** Made by the caller when it has syncs to tell of, and closed by it; see createMetrics. */
  readonly metrics?: Metrics
  /** Further metrics for the same scrape, in Prometheus' format; empty when there are none. */
  readonly furtherMetrics?: () => Promise<string>
  /** When the certificates of the ports end, for the metrics. */
  readonly certificates?: () => readonly CertificateStatus[]
  /** Names that `Host` may have besides the receiver's own addresses. */
  readonly allowedHosts?: readonly string[]
  /** Listen on an address that others can reach, without TLS. Records are signed, not secret. */
  readonly insecurePublicBind?: boolean
  readonly sinks?: readonly SinkOptions[]
  /** What is compared at an interval, by somebody else; told at /readyz, and to `doctor`. */
  readonly reconciled?: readonly ReconcileInterval[]
  readonly limits?: Partial<Limits>
  /** Of the main tenant, which has none by default. */
  readonly mainLimits?: Partial<TenantLimits>
  /** Others than the main one; addTenant adds more. One that cannot be served is told, loudly. */
  readonly tenants?: readonly ServedTenant[]
  /** One structured line each; default: nothing is logged. */
  readonly log?: Log
  /** The ledger can't go on in this process: exit, so that a restart replays it. Called once. */
  readonly onFatal?: (error: unknown) => void
  /** Unix milliseconds. */
  readonly now?: () => number
  /** Milliseconds of a clock that never goes back. */
  readonly uptimeMs?: () => number
}

/** Options with every default filled in. */
export interface Settled {
  readonly ledger: ReceiverLedger
  readonly folders: Folders
  readonly otlp: Required<Listener>
  readonly grpc: Required<Listener> | null
  readonly admin: Required<Listener>
  readonly adminFallback: AdminFallback | undefined
  readonly metrics: Metrics | undefined
  readonly furtherMetrics: (() => Promise<string>) | undefined
  readonly certificates: () => readonly CertificateStatus[]
  readonly allowedHosts: readonly string[]
  readonly sinks: readonly SinkOptions[]
  readonly reconciled: readonly ReconcileInterval[]
  readonly limits: Limits
  /** Bounded, whatever others make us say. */
  readonly log: Log
  readonly boundedLog: BoundedLog
  readonly onFatal: (error: unknown) => void
  readonly now: () => number
  readonly uptimeMs: () => number
}

/** JSON of /readyz: the main tenant's, with the others' by name, if there are any. */
export interface ReceiverStatus extends TenantStatus {
  readonly tenants?: Readonly<Record<string, TenantStatus>>
}

/** How one tenant is. */
export interface TenantStatus {
  readonly ready: boolean
  /** Why it is not. */
  readonly notReady: readonly NotReady[]
  readonly requests: number
  /** Audit spans that were judged; the sum of the next three, however often a span came. */
  readonly received: number
  readonly committed: number
  readonly duplicates: number
  readonly refused: Readonly<Record<RefusalCode, number>>
  /** Spans that are not audit: for the sinks, and dropped because there is none. */
  readonly passedThrough: number
  readonly discarded: number
  /** Log records, and data points of metrics. */
  readonly logs: Readonly<OtherCounters>
  readonly metrics: Readonly<OtherCounters>
  /** Leaves of the log, committed and under the published checkpoint. */
  readonly size: number
  readonly published: number
  readonly inFlightBytes: number
  /** Bytes on disk of what is not audit; what every sink has got goes by whole segments. */
  readonly queueBytes: number
  readonly sinks: readonly SinkStatus[]
  /** The newest validation of each service. */
  readonly validations: readonly ValidationStatus[]
  /** How often each service is to be compared, and since when. */
  readonly reconciled: readonly ReconcileStatus[]
  /** What was refused and is kept for a while. */
  readonly quarantine: QuarantineStatus
  /** Batches that do not name the root of the one before them, since the start. */
  readonly chainsBroken: number
  /** Sums over all streams of the log. */
  readonly streams: StreamTotals
  /** The fullest disk of the data folder; null before the first look. */
  readonly disk: DiskStatus | null
  readonly clock: ClockStatus
  /** Parts of records, since the start, that lie under a key that too many new subjects share. */
  readonly subjectsShared: number
  /** Requests refused for what this tenant may have, by limit. */
  readonly limited: Share['refused']
  /** Bytes of its folders; null where it has no quota. */
  readonly diskBytes: number | null
  /** It has as much as it may: nothing is taken until it has room again. */
  readonly isOverQuota: boolean
}

/** A running receiver. */
export interface Receiver {
  readonly otlpPort: number
  /** Null when it does not listen for gRPC. */
  readonly grpcPort: number | null
  readonly adminPort: number
  status(): ReceiverStatus
  /**
   * Serves one more tenant from now on. Errors: RECEIVER_TENANT_INVALID, and those of a start with
   * it (RECEIVER_ENROLMENT_MALFORMED, RECEIVER_KEY_ELSEWHERE, …); then nothing has changed.
   */
  addTenant(tenant: ServedTenant): Promise<void>
  /** Answers what is under way, commits outstanding refusals, stops. Does not close the ledger. */
  close(): Promise<void>
}

/** Errors: RECEIVER_BIND_PUBLIC, RECEIVER_METRICS_TO_OURSELVES. */
export function settle(options: ReceiverOptions): Settled {
  const otlp = { host: '127.0.0.1', port: 4318, ...options.otlp }
  const grpc = options.grpc === null ? null : { host: '127.0.0.1', port: 4317, ...options.grpc }
  const admin = { host: '127.0.0.1', port: 4319, ...options.admin }
  const open = [otlp, grpc, admin].find((each) => each !== null && !isLoopback(each.host))
  if (open && options.insecurePublicBind !== true) {
    throw new ReceiverError('RECEIVER_BIND_PUBLIC', open.host)
  }
  requireOthers(options.metrics?.otlpUrl, [otlp, admin])
  const uptimeMs = options.uptimeMs ?? (() => performance.now())
  const boundedLog = boundLog(options.log ?? (() => undefined), uptimeMs)
  return {
    ledger: options.ledger,
    folders: options.folders,
    otlp,
    grpc,
    admin,
    adminFallback: options.adminFallback,
    metrics: options.metrics,
    furtherMetrics: options.furtherMetrics,
    certificates: options.certificates ?? (() => []),
    allowedHosts: (options.allowedHosts ?? []).map((name) => name.toLowerCase()),
    sinks: options.sinks ?? [],
    reconciled: options.reconciled ?? [],
    limits: { ...LIMITS, ...options.limits },
    log: boundedLog.log,
    boundedLog,
    onFatal: options.onFatal ?? (() => undefined),
    now: options.now ?? Date.now,
    uptimeMs,
  }
}

/** Metrics that came to our own port would be passed through, counted, and sent again. */
function requireOthers(url: string | undefined, own: readonly Required<Listener>[]): void {
  if (url === undefined) return
  const { hostname, port, protocol } = new URL(url)
  const at = Number(port || (protocol === 'https:' ? 443 : 80))
  const name = hostname.replace(/^\[|\]$/g, '')
  const isOurs = (host: string): boolean => host === name || isLoopback(name)
  if (own.some(({ host, port: ours }) => ours === at && isOurs(host))) {
    throw new ReceiverError('RECEIVER_METRICS_TO_OURSELVES', url)
  }
}
