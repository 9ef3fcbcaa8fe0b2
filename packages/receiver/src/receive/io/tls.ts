// TLS of the OTLP ports: one certificate for all of them, looked at again and again, so that who
// renews it restarts nothing. Connections live on with the certificate that they were made with; a
// pair that cannot be used changes nothing, loudly. Proven by tls.test.ts.
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import type {
  SecureContextOptions,
  Server as TlsServer,
  TlsOptions as NodeTlsOptions,
  TLSSocket,
} from 'node:tls'
import { ReceiverError } from '../../codes.ts'
import type { Log } from '../../flow.ts'
import { REFUSED_CALLER_TOLD_MS, TLS_EXPIRES_DAYS } from '../../caller-limits.ts'
import type { Limits } from '../../limits.ts'
import { readPair, type TlsOptions } from './pair.ts'

const DAY_MS = 86_400_000

/** Of /readyz. */
export interface TlsStatus {
  /** ISO 8601: the end of the certificate that is shown. */
  readonly notAfter: string
  /** Whole ones until then; below 0 it is over. */
  readonly daysLeft: number
  /** Why what lies in the files now is not in force; null: it is. */
  readonly failing: string | null
  /** Whether others than the key's owner and group may read its file. */
  readonly keyIsOpen: boolean
  /** Handshakes that failed, since the start. */
  readonly refused: number
}

export interface Tls {
  /** For https, http2 and tls servers; `alpn` as there, such as `['h2']`. */
  serverOptions(alpn: readonly string[]): NodeTlsOptions
  /** Gives a server every new certificate, until it closes. */
  attach(server: TlsServer): void
  readonly status: TlsStatus
  /** Looks now. Never rejects. */
  look(): Promise<void>
  close(): void
}

export interface TlsParts {
  /** Whether a connection without a good client certificate is refused in the handshake. */
  readonly requiresCertificate: boolean
  /** Told the names of each certificate, from the first on. */
  readonly onNames: (names: readonly string[]) => void
  readonly limits: Pick<Limits, 'headersTimeoutMs' | 'tlsLookMs'>
  readonly log: Log
  readonly now: () => number
  readonly uptimeMs: () => number
}

/** Errors: RECEIVER_TLS_INVALID. */
export async function openTls(options: TlsOptions, parts: TlsParts): Promise<Tls> {
  const { limits, log, now, requiresCertificate } = parts
  let pair = await readPair(options, now())
  let failing: string | null = null
  let toldDays = Infinity
  const ports = createPorts()
  const handshakes = countRefused(parts)
  if (pair.keyIsOpen) log({ code: 'TLS_KEY_OPEN', level: 'warn', path: options.key })

  const daysLeft = (): number => Math.floor((pair.untilMs - now()) / DAY_MS)

  function tellAge(): void {
    const days = daysLeft()
    if (days > TLS_EXPIRES_DAYS) toldDays = Infinity
    else if (days < toldDays) {
      toldDays = days
      log({ code: 'TLS_EXPIRES', level: days < 1 ? 'error' : 'warn', daysLeft: days })
    }
  }

  function use(next: typeof pair): void {
    const isOtherAuthority = next.clientCa !== pair.clientCa
    pair = next
    ports.use(next.context)
    parts.onNames(next.names)
    log({ code: 'TLS_CERTIFICATE_READ', level: 'info', daysLeft: daysLeft() })
    // Who was let in by an authority that is no longer there comes again, or not.
    if (isOtherAuthority) ports.cut()
  }

  async function look(): Promise<void> {
    try {
      const next = await readPair(options, now())
      if (next.text !== pair.text) use(next)
      failing = null
    } catch (error) {
      const detail = error instanceof ReceiverError ? error.message : String(error)
      if (detail !== failing) log({ code: 'TLS_CERTIFICATE_UNUSABLE', level: 'error', detail })
      failing = detail
    }
    tellAge()
  }

  parts.onNames(pair.names)
  tellAge()
  let looking: Promise<void> | undefined
  const lookOnce = (): Promise<void> => (looking ??= look().finally(() => (looking = undefined)))
  const timer = setInterval(() => void lookOnce(), limits.tlsLookMs).unref()
  return {
    serverOptions: (alpn) => ({
      ...pair.context,
      ALPNProtocols: [...alpn],
      handshakeTimeout: limits.headersTimeoutMs,
      requestCert: options.clientCa !== undefined,
      rejectUnauthorized: requiresCertificate,
    }),
    attach(server) {
      ports.add(server, pair.context)
      server.on('tlsClientError', handshakes.refused)
    },
    get status() {
      const notAfter = new Date(pair.untilMs).toISOString()
      const { keyIsOpen } = pair
      return { notAfter, daysLeft: daysLeft(), failing, keyIsOpen, refused: handshakes.count }
    },
    look: lookOnce,
    close: () => clearInterval(timer),
  }
}

interface Ports {
  add(server: TlsServer, context: SecureContextOptions): void
  /** For connections that begin from now on. */
  use(context: SecureContextOptions): void
  /** Ends every connection. */
  cut(): void
}

function createPorts(): Ports {
  const servers = new Set<TlsServer>()
  const sockets = new Set<TLSSocket>()
  return {
    add(server, context) {
      servers.add(server)
      // It may have been made while a new pair came.
      server.setSecureContext(context)
      server.on('secureConnection', (socket) => {
        sockets.add(socket)
        socket.once('close', () => sockets.delete(socket))
      })
      server.once('close', () => servers.delete(server))
    },
    use(context) {
      for (const server of servers) server.setSecureContext(context)
    },
    cut() {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/** An HTTP/1.1 server, over TLS where there is a certificate. */
export function createHttpServer(
  tls: Tls | null,
  options: ServerOptions,
  onRequest: RequestListener,
): Server {
  if (tls === null) return createServer(options, onRequest)
  const secure = { ...options, ...tls.serverOptions(['http/1.1']) }
  const server = createSecureServer(secure, onRequest)
  tls.attach(server)
  return server
}

/** Strangers fill no log: one line in a while, with the newest reason. */
function countRefused({ log, uptimeMs }: TlsParts): {
  readonly count: number
  readonly refused: (error: Error) => void
} {
  let count = 0
  let told = 0
  let toldMs = -Infinity
  return {
    get count() {
      return count
    },
    refused: (error) => {
      count++
      if (uptimeMs() - toldMs < REFUSED_CALLER_TOLD_MS) return
      const reason = (error as NodeJS.ErrnoException).code ?? 'unknown'
      log({ code: 'TLS_HANDSHAKES_REFUSED', level: 'warn', reason, times: count - told })
      told = count
      toldMs = uptimeMs()
    },
  }
}
