// A receiver with TLS on a free port of this machine, and requests to it.
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import type { IncomingHttpHeaders } from 'node:http'
import { type Agent, request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { SecureVersion, TLSSocket } from 'node:tls'
import { type Authority, createAuthority, HERE, type Issued } from '../../../test/certificates.ts'
import { plainBody } from './producer.ts'

export interface CertificateFiles extends AsyncDisposable {
  readonly authority: Authority
  /** Paths, as `tls` of the receiver takes them. */
  readonly tls: { readonly cert: string; readonly key: string; readonly clientCa: string }
  write(pair: Pick<Issued, 'cert' | 'key'>, clientCa?: string): Promise<void>
}

/** A certificate for this machine, and the authority for clients, in files. */
export async function certificateFiles(): Promise<CertificateFiles> {
  const folder = await mkdtemp(join(tmpdir(), 'grantlog-tls-'))
  const authority = await createAuthority()
  const [cert, key, clientCa] = ['tls.crt', 'tls.key', 'ca.crt'].map((name) => join(folder, name))
  const tls = { cert: cert!, key: key!, clientCa: clientCa! }
  async function write(pair: Pick<Issued, 'cert' | 'key'>, ca = authority.cert): Promise<void> {
    await writeFile(tls.key, pair.key, { mode: 0o600 })
    await writeFile(tls.cert, pair.cert)
    await writeFile(tls.clientCa, ca)
  }
  await write(await authority.issue({ san: HERE }))
  return {
    authority,
    tls,
    write,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true }),
  }
}

export interface SecureRequest {
  readonly ca: string
  readonly client?: Pick<Issued, 'cert' | 'key'> | undefined
  readonly path?: string
  readonly headers?: Record<string, string | string[]> | readonly string[]
  readonly agent?: Agent
  readonly maxVersion?: SecureVersion
  readonly body?: Uint8Array
}

export interface SecureAnswer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly text: string
  /** The serial number of the certificate that the server showed. */
  readonly serial: string
  /** Whether it came over a connection that was open before. */
  readonly isReused: boolean
}

/** POSTs a span that is none of ours. Rejects with the error of the handshake. */
export function secureRequest(port: number, options: SecureRequest): Promise<SecureAnswer> {
  const { agent, body = plainBody(), ca, client = {}, maxVersion, path = '/v1/traces' } = options
  const own = { 'content-type': 'application/x-protobuf', 'content-length': body.length }
  const headers = Array.isArray(options.headers)
    ? [...Object.entries(own).flat().map(String), 'host', 'localhost', ...options.headers]
    : { ...own, ...options.headers }
  const { promise, resolve, reject } = Promise.withResolvers<SecureAnswer>()
  const place = { host: '127.0.0.1', port, path, servername: 'localhost', method: 'POST' }
  const limits = maxVersion === undefined ? {} : { maxVersion, minVersion: 'TLSv1' as const }
  const weak = maxVersion === undefined ? {} : { ciphers: 'DEFAULT@SECLEVEL=0' }
  const request = httpsRequest(
    { ...place, ca, ...client, headers, ...limits, ...weak, agent: agent ?? false },
    (response) => {
      const { socket } = response as unknown as { socket: TLSSocket }
      const serial = socket.getPeerX509Certificate()?.serialNumber ?? ''
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('error', reject)
      response.on('end', () => {
        const { headers, statusCode: status = 0 } = response
        const text = Buffer.concat(chunks).toString()
        resolve({ status, headers, text, serial, isReused: request.reusedSocket })
      })
    },
  )
  request.on('error', reject)
  request.end(body)
  return promise
}
