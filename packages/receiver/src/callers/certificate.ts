// Who shows a client certificate. The handshake proved that he has its key, and whether it is of
// the authority; here is whether it is still valid, and whose it is. See callers.test.ts.
import { createHash, type X509Certificate } from 'node:crypto'
import { ReceiverError } from '../codes.ts'
import type { AskedSocket, Caller } from '../flow.ts'
import { type CallersOptions, hexOf, isCallerName } from './options.ts'

/** Of the certificate a socket came with; one connection asks thousands of times. */
interface Shown {
  readonly certificate: X509Certificate
  readonly sha256: string
  readonly names: readonly string[]
  readonly commonName: string | undefined
  readonly fromMs: number
  readonly untilMs: number
}

export interface Certificates {
  /** Null: none was shown. Errors: RECEIVER_CERTIFICATE_REFUSED, RECEIVER_CALLER_FORBIDDEN. */
  callerOf(socket: AskedSocket): Caller | null
}

const shown = new WeakMap<AskedSocket, Shown | null>()

/** The marks of `certificates`, looked up exactly. */
export function certificatesOf(
  certificates: NonNullable<CallersOptions['certificates']>,
  now: () => number,
): Certificates {
  const byMark = new Map<string, Caller>()
  for (const each of certificates === 'any' ? [] : certificates) {
    const { commonName, name, san, sha256, tenant } = each
    const caller: Caller = { name, proof: 'certificate', ...(tenant !== undefined && { tenant }) }
    if (sha256 !== undefined) byMark.set(`sha256 ${hexOf(sha256)}`, caller)
    if (san !== undefined) byMark.set(`san ${san}`, caller)
    if (commonName !== undefined) byMark.set(`cn ${commonName}`, caller)
  }

  function markedBy({ commonName, names, sha256 }: Shown): Caller | undefined {
    if (certificates === 'any') {
      const name = [...names, commonName, sha256].find((name) => isCallerName(name))
      return name === undefined ? undefined : { name, proof: 'certificate' }
    }
    const marks = [`sha256 ${sha256}`, ...names.map((name) => `san ${name}`), `cn ${commonName}`]
    return marks.map((mark) => byMark.get(mark)).find((caller) => caller !== undefined)
  }

  return {
    callerOf(socket) {
      const certificate = shownBy(socket)
      if (certificate === null) return null
      if (socket.authorized !== true) throw new ReceiverError('RECEIVER_CERTIFICATE_REFUSED')
      // A connection may outlive its certificate.
      const at = now()
      if (at < certificate.fromMs || at > certificate.untilMs) {
        throw new ReceiverError('RECEIVER_CERTIFICATE_REFUSED', 'it is out of its time')
      }
      const caller = markedBy(certificate)
      if (caller === undefined) throw new ReceiverError('RECEIVER_CALLER_FORBIDDEN')
      return caller
    },
  }
}

/** `x5t#S256` (RFC 8705, 3.1) of what a socket came with; null: it showed none. */
export function thumbprintOf(socket: AskedSocket): string | null {
  const certificate = shownBy(socket)?.certificate
  if (certificate === undefined) return null
  return createHash('sha256').update(certificate.raw).digest('base64url')
}

function shownBy(socket: AskedSocket): Shown | null {
  const known = shown.get(socket)
  if (known !== undefined) return known
  const certificate = socket.getPeerX509Certificate?.()
  const read = certificate === undefined ? null : readCertificate(certificate)
  shown.set(socket, read)
  return read
}

function readCertificate(certificate: X509Certificate): Shown {
  const { CN } = certificate.toLegacyObject().subject as { CN?: unknown }
  return {
    certificate,
    sha256: hexOf(certificate.fingerprint256),
    names: namesIn(certificate.subjectAltName ?? ''),
    // Two common names are nobody's.
    commonName: typeof CN === 'string' ? CN : undefined,
    fromMs: certificate.validFromDate.getTime(),
    untilMs: certificate.validToDate.getTime(),
  }
}

/** Node quotes a name that has a comma or a quote in it, so that no name can be two. */
function namesIn(subjectAltName: string): string[] {
  const entries = subjectAltName.match(/(?:"(?:[^"\\]|\\.)*"|[^",])+/g) ?? []
  return entries.map((entry) => entry.trim())
}
