// What startReceiver takes and gives. Defaults are in one place, `settle`.
import { join } from 'node:path'
import type { AdminFallback } from './admin/io/serve.ts'
import { boundLog, type BoundedLog } from './bounded-log.ts'
import type { Folders, Ledger, StreamTotals } from '@grantlog/ledger'
import { ReceiverError, type RefusalCode } from './codes.ts'
import type { SinkOptions, SinkStatus } from './forward/sink-options.ts'
import { type Asking, askingOf, type CallersOptions, checkCallers } from './callers/options.ts'
import type { ClockStatus } from './clock.ts'
import type { DiskStatus } from './disk.ts'
import type { Log, LogCounters, OtherCounters } from './flow.ts'
import { isLoopback } from './host.ts'
import { LIMITS, type Limits } from './limits.ts'
import type { Metrics } from './metrics/metrics.ts'
import type { TlsOptions } from './receive/io/pair.ts'
import type { TlsStatus } from './receive/io/tls.ts'
import type { NotReady } from './status/readiness.ts'
import type { ReconcileInterval, ReconcileStatus, ValidationStatus } from './validation/noted.ts'
import type { QuarantineStatus } from './quarantine/quarantine.ts'
import type { Share } from './tenancy/share.ts'
import type { TenantLimits } from './tenant-limits.ts'

const LOOPBACK = '127.0.0.1'

/** What the receiver needs of a ledger; `Ledger` has it. */
export type ReceiverLedger = Pick<
  Ledger,
  | 'origin'
  | 'nextFrame'
  | 'size'
  | 'published'
  | 'commit'
  | 'commitContent'
  | 'signAnswer'
  | 'isFull'
  | 'commitLogs'
  | 'signReceipt'
  | 'signRefusal'
  | 'signLogReceipt'
  | 'checkpoint'
  | 'frames'
  | 'leaves'
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
  /** Names that `Host` may have besides the receiver's own addresses. */
  readonly allowedHosts?: readonly string[]
  /** Certificate of the OTLP ports; default: connections in clear. */
  readonly tls?: TlsOptions
  /** Who may send; default: whoever reaches a loopback port. */
  readonly callers?: CallersOptions
  /**
   * Listen on an address that others can reach without TLS, or without asking who sends: in a
   * container whose network is closed, behind a mesh that does both. Told at each start.
   */
  readonly insecurePublicBind?: boolean
  readonly sinks?: readonly SinkOptions[]
  /** What is compared at an interval, by somebody else; told at /readyz, and to `doctor`. */
  readonly reconciled?: readonly ReconcileInterval[]
  /** What services are told; default: policy.yaml, or else policy.json, in the keys folder. */
  readonly policyFile?: string
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
  readonly allowedHosts: readonly string[]
  readonly tls: TlsOptions | null
  readonly callers: CallersOptions
  /** Addresses that others reach and that lack something, each with what; told, loudly. */
  readonly insecure: readonly string[]
  readonly sinks: readonly SinkOptions[]
  readonly reconciled: readonly ReconcileInterval[]
  /** Where the policy is looked for, in this order. */
  readonly policyFiles: PolicyFiles
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
  readonly access: AccessStatus
  /** Of the ports of OTLP: those that are open, and closed for want of a place since the start. */
  readonly connections: { readonly open: number; readonly refused: number }
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
  readonly logs: Readonly<LogCounters>
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
  /** Bytes that they may have; null: no quota. */
  readonly diskQuotaBytes: number | null
  /** It has as much as it may: nothing is taken until it has room again. */
  readonly isOverQuota: boolean
}

/** Who may send, and whether they can. */
export interface AccessStatus {
  /** What a sender has to show, one of them; empty: nothing. */
  readonly asks: Asking
  /** Requests that were refused for who sent them. */
  readonly refused: number
  readonly tls: TlsStatus | null
  /** Addresses that others reach and that lack something. */
  readonly insecure: readonly string[]
}

/** A running receiver. */
export interface Receiver {
  readonly otlpPort: number
  /** Null when it does not listen for gRPC. */
  readonly grpcPort: number | null
  readonly adminPort: number
  status(): ReceiverStatus
  /** Looks at the files of the certificate now. Never rejects. */
  reload(): Promise<void>
  /**
   * Replaces who may send, from the next request on: who is no longer in it is refused, on open
   * connections, too. Whether a handshake asks for a certificate stays as it was at the start.
   * Errors: RECEIVER_CALLERS_INVALID; then nothing has changed.
   */
  allow(callers: CallersOptions): void
  /**
   * Serves one more tenant from now on. Errors: RECEIVER_TENANT_INVALID, and those of a start with
   * it (RECEIVER_ENROLMENT_MALFORMED, RECEIVER_KEY_ELSEWHERE, …); then nothing has changed.
   */
  addTenant(tenant: ServedTenant): Promise<void>
  /** Answers what is under way, commits outstanding refusals, stops. Does not close the ledger. */
  close(): Promise<void>
}

/**
 * Errors: RECEIVER_BIND_PUBLIC, RECEIVER_ADMIN_PUBLIC, RECEIVER_CALLERS_INVALID,
 * RECEIVER_METRICS_TO_OURSELVES.
 */
export function settle(options: ReceiverOptions): Settled {
  const otlp = { host: LOOPBACK, port: 4318, ...options.otlp }
  const grpc = options.grpc === null ? null : { host: LOOPBACK, port: 4317, ...options.grpc }
  const admin = { host: LOOPBACK, port: 4319, ...options.admin }
  const { callers = {}, tls = null } = options
  const insecure = checkAccess(options)
  requireOthers(options.metrics?.otlpUrl, [otlp, admin, ...(grpc === null ? [] : [grpc])])
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
    allowedHosts: (options.allowedHosts ?? []).map((name) => name.toLowerCase()),
    tls,
    callers,
    insecure,
    sinks: options.sinks ?? [],
    reconciled: options.reconciled ?? [],
    policyFiles: policyFilesIn(options.folders, options.policyFile),
    limits: { ...LIMITS, ...options.limits },
    log: boundedLog.log,
    boundedLog,
    onFatal: options.onFatal ?? (() => undefined),
    now: options.now ?? Date.now,
    uptimeMs,
  }
}

type PolicyFiles = readonly [string, ...string[]]

/** Where the policy lies: where the operator said, or in the keys folder. */
export function policyFilesIn({ keys }: Folders, given?: string): PolicyFiles {
  return given === undefined ? [join(keys, 'policy.yaml'), join(keys, 'policy.json')] : [given]
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

/** Errors: RECEIVER_CALLERS_INVALID. */
export function requireAuthority(callers: CallersOptions, tls: TlsOptions | null): void {
  checkCallers(callers)
  if (callers.certificates === undefined || tls?.clientCa !== undefined) return
  throw new ReceiverError('RECEIVER_CALLERS_INVALID', 'certificates need tls.clientCa')
}

/**
 * Addresses that others reach and that lack something, where that was chosen.
 * Errors: RECEIVER_BIND_PUBLIC, RECEIVER_ADMIN_PUBLIC, RECEIVER_CALLERS_INVALID.
 */
export function checkAccess(
  options: Pick<
    ReceiverOptions,
    'admin' | 'callers' | 'grpc' | 'insecurePublicBind' | 'otlp' | 'tls'
  >,
): string[] {
  const { callers = {}, insecurePublicBind = false, tls } = options
  const hosts = [options.otlp, options.grpc].map((listener) => listener?.host ?? LOOPBACK)
  const admin = options.admin?.host ?? LOOPBACK
  requireAuthority(callers, tls ?? null)
  const lacks = [
    ...(tls === undefined ? ['no TLS'] : []),
    ...(askingOf(callers).length === 0 ? ['nobody is asked who he is'] : []),
  ]
  const reached = new Set(hosts.filter((host) => !isLoopback(host)))
  const open = lacks.length === 0 ? [] : [...reached].map((host) => `${host}: ${lacks.join(', ')}`)
  if (open.length > 0 && !insecurePublicBind)
    throw new ReceiverError('RECEIVER_BIND_PUBLIC', open[0])
  if (isLoopback(admin)) return open
  if (!insecurePublicBind) throw new ReceiverError('RECEIVER_ADMIN_PUBLIC', admin)
  return [...open, `${admin}: the admin port`]
}
