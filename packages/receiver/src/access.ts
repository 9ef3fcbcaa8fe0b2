// Who may send, put together: the certificate of the OTLP ports, and the callers of the
// configuration.
import { type Callers, createCallers } from './callers/callers.ts'
import { askingOf, type CallersOptions } from './callers/options.ts'
import { ReceiverError } from './codes.ts'
import type { CertificateStatus } from './metrics/readings.ts'
import { type AccessStatus, requireAuthority, type Settled } from './options.ts'
import { anyOfThisMachine, anyWhoReaches, type Edge } from './receive/edge.ts'
import { openTls, type Tls } from './receive/io/tls.ts'

export interface Access extends Pick<Edge, 'allowedHosts' | 'identify' | 'mayEnrol' | 'tls'> {
  readonly status: AccessStatus
  /** When the certificates of the ports end, for the metrics. */
  certificates(): readonly CertificateStatus[]
  /** See Receiver. */
  reload(): Promise<void>
  allow(callers: CallersOptions): void
}

/** Errors: RECEIVER_TLS_INVALID, RECEIVER_CALLERS_INVALID. */
export async function openAccess(settled: Settled, started: AsyncDisposableStack): Promise<Access> {
  const { insecure, log } = settled
  for (const detail of insecure) log({ code: 'BIND_INSECURE', level: 'warn', detail })
  const callers = createCallers(settled.callers, settled)
  // Listeners hold this one list: a new certificate may have other names.
  const hosts = [...settled.allowedHosts]
  const onNames = (names: readonly string[]): void =>
    void hosts.splice(0, Infinity, ...settled.allowedHosts, ...names)
  const tls = await tlsOf(settled, onNames)
  if (tls !== null) started.defer(() => tls.close())
  const open = insecure.length > 0 ? anyWhoReaches : anyOfThisMachine
  return {
    tls,
    allowedHosts: hosts,
    identify: (asked) => (callers.asks.length > 0 ? callers.identify(asked) : open(asked)),
    mayEnrol: callers.mayEnrol,
    get status() {
      return statusOf(callers, tls, insecure)
    },
    certificates: () =>
      tls === null ? [] : [{ name: 'otlp', validUntil: Date.parse(tls.status.notAfter) }],
    reload: async () => await tls?.look(),
    allow(next) {
      // An empty list must never open a port that was closed.
      if (askingOf(next).length === 0) {
        throw new ReceiverError('RECEIVER_CALLERS_INVALID', 'neither certificates nor issuers')
      }
      requireAuthority(next, settled.tls)
      callers.allow(next)
    },
  }
}

async function tlsOf(
  { callers, limits, log, now, tls, uptimeMs }: Settled,
  onNames: (names: readonly string[]) => void,
): Promise<Tls | null> {
  if (tls === null) return null
  const asks = askingOf(callers)
  // Whoever may show a token instead must get as far as to show it.
  const requiresCertificate = tls.clientCa !== undefined && !asks.includes('token')
  return await openTls(tls, { requiresCertificate, onNames, limits, log, now, uptimeMs })
}

function statusOf(callers: Callers, tls: Tls | null, insecure: readonly string[]): AccessStatus {
  const { asks, refused } = callers
  return { asks, refused, tls: tls?.status ?? null, insecure }
}
