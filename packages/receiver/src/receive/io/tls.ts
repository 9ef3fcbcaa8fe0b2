// TLS of the OTLP ports: one certificate for all of them, looked at again and again, so that who
// renews it restarts nothing. Connections live on with the certificate that they were made with; a
// pair that cannot be used changes nothing, loudly. Proven by tls.test.ts.
import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { createServer, type RequestListener, type Server, type ServerOptions } from 'node:http'
import { createServer as createSecureServer } from 'node:https'
import {
  createSecureContext,
  type SecureContextOptions,
  type Server as TlsServer,
  type TlsOptions as NodeTlsOptions,
  type TLSSocket,
} from 'node:tls'
import { ReceiverError } from '../../codes.ts'
import type { Log } from '../../flow.ts'
import {
  type Limits,
  MAX_PEM_BYTES,
  REFUSED_CALLER_TOLD_MS,
  TLS_EXPIRES_DAYS,
} from '../../limits.ts'

const DAY_MS = 86_400_000

/** Paths of PEM files. */
export interface TlsOptions {
  /** The certificate, and those between it and the authority. */
  readonly cert: string
  /** Its key, without a passphrase. */
  readonly key: string
  /** Authorities of client certificates; without it none is asked for. */
  readonly clientCa?: string
}

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

/** What lies in the files, checked. */
interface Pair {
  readonly context: SecureContextOptions
  /** Of all files: whether they changed. */
  readonly text: string
  readonly clientCa: string | undefined
  readonly names: readonly string[]
  readonly untilMs: number
  readonly keyIsOpen: boolean
}

/** Errors: RECEIVER_TLS_INVALID. */
export async function openTls(options: TlsOptions, parts: TlsParts): Promise<Tls> {
  const { limits, log, now, requiresCertificate } = parts
  let pair = await readPair(options, now())
  let failing: string | null = null
  let toldDays = Infinity
  const servers = new Set<TlsServer>()
  const sockets = new Set<TLSSocket>()
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

  function use(next: Pair): void {
    const isOtherAuthority = next.clientCa !== pair.clientCa
    pair = next
    for (const server of servers) server.setSecureContext(next.context)
    parts.onNames(next.names)
    log({ code: 'TLS_CERTIFICATE_READ', level: 'info', daysLeft: daysLeft() })
    // Who was let in by an authority that is no longer there comes again, or not.
    if (isOtherAuthority) for (const socket of sockets) socket.destroy()
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
      servers.add(server)
      // It may have been made while a new pair came.
      server.setSecureContext(pair.context)
      server.on('secureConnection', (socket) => {
        sockets.add(socket)
        socket.once('close', () => sockets.delete(socket))
      })
      server.on('tlsClientError', handshakes.refused)
      server.once('close', () => servers.delete(server))
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

/**
 * Both files may be replaced one after the other: what does not belong together is looked at again.
 * Errors: RECEIVER_TLS_INVALID, which names a path and never what is in it.
 */
async function readPair(options: TlsOptions, nowMs: number): Promise<Pair> {
  const cert = await readPem(options.cert)
  const key = await readPem(options.key)
  const clientCa = options.clientCa === undefined ? undefined : await readPem(options.clientCa)
  const certificate = certificateIn(cert, options.cert)
  let isPair: boolean
  try {
    isPair = certificate.checkPrivateKey(createPrivateKey(key))
  } catch {
    throw invalid(`${options.key} is no PEM key, or has a passphrase`)
  }
  if (!isPair) throw invalid(`the key in ${options.key} is not that of ${options.cert}`)
  const untilMs = certificate.validToDate.getTime()
  if (nowMs > untilMs) throw invalid(`${options.cert} ended at ${new Date(untilMs).toISOString()}`)
  if (clientCa !== undefined) certificateIn(clientCa, options.clientCa as string)
  const ca = clientCa === undefined ? {} : { ca: clientCa }
  const context: SecureContextOptions = { cert, key, ...ca, minVersion: 'TLSv1.2' }
  try {
    createSecureContext(context)
  } catch (error) {
    throw invalid(`${options.cert}: ${(error as NodeJS.ErrnoException).code ?? 'not usable'}`)
  }
  const text = [cert, key, clientCa].join('\n')
  const names = namesOf(certificate)
  const keyIsOpen = ((await stat(options.key)).mode & 0o007) !== 0
  return { context, text, clientCa, names, untilMs, keyIsOpen }
}

async function readPem(path: string): Promise<string> {
  try {
    const { size } = await stat(path)
    if (size <= MAX_PEM_BYTES) return await readFile(path, 'utf8')
  } catch (error) {
    throw invalid(`${path}: ${(error as NodeJS.ErrnoException).code}`)
  }
  throw invalid(`${path} has over ${MAX_PEM_BYTES} bytes`)
}

function certificateIn(pem: string, path: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    throw invalid(`${path} is no PEM certificate`)
  }
}

function namesOf({ subjectAltName = '' }: X509Certificate): string[] {
  return [...subjectAltName.matchAll(/(?:^|, )(?:DNS|IP Address):([^",]+)/g)].map(([, name]) =>
    (name as string).toLowerCase(),
  )
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

function invalid(detail: string): ReceiverError {
  return new ReceiverError('RECEIVER_TLS_INVALID', detail)
}
