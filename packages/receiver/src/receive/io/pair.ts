// A certificate and its key as they lie in PEM files, checked before anybody is shown them.
import { constants, createPrivateKey, X509Certificate } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { ReceiverError } from '../../codes.ts'
import { MAX_PEM_BYTES } from '../../caller-limits.ts'

/**
 * A client that renegotiates may show another certificate, and Node goes on to call the connection
 * authorized, as the first one was.
 */
const protocol: SecureContextOptions = {
  minVersion: 'TLSv1.2',
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
}

/** Paths of PEM files. */
export interface TlsOptions {
  /** The certificate, and those between it and the authority. */
  readonly cert: string
  /** Its key, without a passphrase. */
  readonly key: string
  /** Authorities of client certificates; without it none is asked for. */
  readonly clientCa?: string
}

/** What lies in the files, checked. */
export interface Pair {
  readonly context: SecureContextOptions
  /** Of all files: whether they changed. */
  readonly text: string
  readonly clientCa: string | undefined
  readonly names: readonly string[]
  readonly untilMs: number
  readonly keyIsOpen: boolean
}

/**
 * Both files may be replaced one after the other: what does not belong together is looked at again.
 * Errors: RECEIVER_TLS_INVALID, which names a path and never what is in it.
 */
export async function readPair(options: TlsOptions, nowMs: number): Promise<Pair> {
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
  const context: SecureContextOptions = { cert, key, ...ca, ...protocol }
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

function invalid(detail: string): ReceiverError {
  return new ReceiverError('RECEIVER_TLS_INVALID', detail)
}
