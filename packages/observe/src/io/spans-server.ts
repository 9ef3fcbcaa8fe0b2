// OTLP/HTTP for one sender: traces in protobuf, and nothing else. It answers once they are kept.
import { createHash, timingSafeEqual } from 'node:crypto'
import { createServer, type IncomingMessage, type Server } from 'node:http'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { RecordError } from '@grantlog/record'
import { requestTimeoutMs, spansBytesMax } from '../limits.ts'

export interface SpansServerOptions {
  readonly host: string
  readonly port: number
  /** What `Authorization` must be. */
  readonly authorization: string
  /** Durable when it returns: the status of the answer. Throws RecordError for a malformed one. */
  readonly take: (request: Uint8Array) => 200 | 503
}

const unzip = promisify(gunzip)

/** Resolves with the server and its port once it listens. */
export async function listenForSpans(
  options: SpansServerOptions,
): Promise<{ readonly port: number; readonly close: () => Promise<void> }> {
  const server = createServer((request, response) => {
    void statusOf(request, options).then((status) => {
      response.writeHead(status, { 'content-type': 'application/x-protobuf' })
      response.end()
      // What was not read of a refused body is not waited for.
      if (!request.complete) request.destroy()
    })
  })
  server.requestTimeout = requestTimeoutMs
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, resolve)
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : options.port
  return { port, close: () => closed(server) }
}

async function statusOf(request: IncomingMessage, options: SpansServerOptions): Promise<number> {
  if (request.method !== 'POST' || request.url !== '/v1/traces') return 404
  if (!isSame(request.headers.authorization ?? '', options.authorization)) return 401
  if (request.headers['content-type'] !== 'application/x-protobuf') return 415
  let body: Uint8Array | null
  try {
    body = await bodyOf(request)
  } catch {
    return 400
  }
  if (body === null) return 413
  try {
    return options.take(body)
  } catch (error) {
    // Whoever is told 400 does not come again.
    return error instanceof RecordError ? 400 : 503
  }
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array | null> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > spansBytesMax) return null
    chunks.push(chunk)
  }
  const body = Buffer.concat(chunks)
  const isZipped = request.headers['content-encoding'] === 'gzip'
  return isZipped ? await unzip(body, { maxOutputLength: spansBytesMax }) : body
}

function isSame(shown: string, wanted: string): boolean {
  const digest = (text: string): Buffer => createHash('sha256').update(text).digest()
  return timingSafeEqual(digest(shown), digest(wanted))
}

async function closed(server: Server): Promise<void> {
  server.closeIdleConnections()
  const done = new Promise<void>((resolve) => server.close(() => resolve()))
  server.closeAllConnections()
  await done
}
