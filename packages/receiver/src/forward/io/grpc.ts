// OTLP/gRPC to a sink, over node:http2: one unary call of bytes that are there already, for which a
// library would bring a schema and an encoder of its own. grpc-js is what grpc.test.ts compares it
// with. Meaning of codes: opentelemetry-proto docs/specification.md, "OTLP/gRPC Response"; as over
// HTTP only what is about the data is final.
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  type IncomingHttpHeaders,
  type IncomingHttpStatusHeader,
} from 'node:http2'
import { RecordError } from '@grantlog/record'
import { wireFields } from '@grantlog/record/otlp'
import type { Signal } from '../../flow.ts'
import { exportPaths, frameOfParts, PREFIX_BYTES, retryInfoType } from '../../grpc-wire.ts'
import { MAX_SINK_ANSWER_BYTES, MAX_SINK_RETRY_AFTER_S } from '../../limits.ts'
import { later, type SendOutcome } from '../outcome.ts'
import type { Compression, SinkTls } from '../sink-options.ts'
import { compressed } from './compressed.ts'
import { partialSuccessOf } from './post.ts'

export interface GrpcOptions {
  /** `grpc://HOST:PORT` or `grpcs://HOST:PORT`. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly signal: AbortSignal
  readonly compression: Compression
  readonly tls: SinkTls
  /** What is in the bodies. */
  readonly carried: Signal
}

export interface GrpcExporter {
  /** Never rejects: a network that fails is an outcome. */
  send(parts: readonly Uint8Array[]): Promise<SendOutcome>
  close(): void
}

/** google.rpc.Code, by number. */
const names = [
  ...['OK', 'CANCELLED', 'UNKNOWN', 'INVALID_ARGUMENT', 'DEADLINE_EXCEEDED', 'NOT_FOUND'],
  ...['ALREADY_EXISTS', 'PERMISSION_DENIED', 'RESOURCE_EXHAUSTED', 'FAILED_PRECONDITION'],
  ...['ABORTED', 'OUT_OF_RANGE', 'UNIMPLEMENTED', 'INTERNAL', 'UNAVAILABLE', 'DATA_LOSS'],
  'UNAUTHENTICATED',
]

/** These pass by themselves. */
const RETRYABLE = new Set([
  ...['CANCELLED', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED', 'ABORTED', 'OUT_OF_RANGE'],
  ...['UNAVAILABLE', 'DATA_LOSS'],
])

export function grpcExporter(options: GrpcOptions): GrpcExporter {
  let session: ClientHttp2Session | undefined
  const connected = (): ClientHttp2Session => {
    if (session === undefined || session.closed || session.destroyed) session = open(options)
    return session
  }
  return {
    async send(parts) {
      try {
        const limit = AbortSignal.any([options.signal, AbortSignal.timeout(options.timeoutMs)])
        const message = await compressed(parts, options.compression)
        const frame = frameOfParts(message, options.compression !== 'none')
        return outcomeOf(await call(connected(), frame, { ...options, signal: limit }))
      } catch (error) {
        const { cause, code, name } = error as NodeJS.ErrnoException & { cause?: { name?: string } }
        // Nothing came in all its time: the connection may lead nowhere any more.
        if (cause?.name === 'TimeoutError') session?.destroy()
        return later(cause?.name ?? code ?? name)
      }
    },
    close: () => session?.destroy(),
  }
}

function open({ tls, url }: GrpcOptions): ClientHttp2Session {
  const session = connect(url.replace(/^grpc/, 'http'), { ...tls })
  // A call says what happened; a connection without one has nothing to say.
  session.on('error', () => undefined)
  session.unref()
  return session
}

interface Answer {
  readonly status: number
  /** Headers, and trailers over them. */
  readonly said: IncomingHttpHeaders
  readonly body: Buffer
}

async function call(
  session: ClientHttp2Session,
  frame: Buffer,
  { carried, compression, headers, signal, timeoutMs }: GrpcOptions,
): Promise<Answer> {
  const encoding = compression === 'none' ? {} : { 'grpc-encoding': compression }
  const own = { ...encoding, te: 'trailers', 'content-type': 'application/grpc' }
  const stream = session.request(
    {
      ...headers,
      ...own,
      ':method': 'POST',
      ':path': exportPaths[carried],
      'grpc-accept-encoding': 'identity',
      'grpc-timeout': `${timeoutMs}m`,
    },
    { signal },
  )
  // An open call keeps the process, as one over HTTP does.
  session.ref()
  try {
    const answer = answerOf(stream)
    stream.end(frame)
    return await answer
  } finally {
    session.unref()
  }
}

function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const chunks: Buffer[] = []
  let [bytes, status] = [0, 0]
  let said: IncomingHttpHeaders = {}
  stream.on('response', (headers: IncomingHttpHeaders & IncomingHttpStatusHeader) => {
    status = headers[':status'] ?? 0
    said = { ...headers }
  })
  stream.on('trailers', (trailers: IncomingHttpHeaders) => (said = { ...said, ...trailers }))
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length
    if (bytes <= MAX_SINK_ANSWER_BYTES) chunks.push(chunk)
  })
  stream.once('error', reject)
  stream.once('close', () => resolve({ status, said, body: Buffer.concat(chunks) }))
  return promise
}

function outcomeOf({ body, said, status }: Answer): SendOutcome {
  const text = said['grpc-status']
  const name =
    typeof text === 'string' && /^[0-9]{1,2}$/.test(text) ? names[Number(text)] : undefined
  if (name === undefined) return later(`HTTP ${status}, but no gRPC answer`)
  if (name === 'OK') {
    const partial =
      body.length >= PREFIX_BYTES && body[0] === 0
        ? partialSuccessOf(body.subarray(PREFIX_BYTES))
        : null
    if (partial === null) return later('gRPC OK, but no OTLP answer')
    return { outcome: 'taken', rejectedSpans: partial.rejected }
  }
  const retryMs = retryInfoMs(said['grpc-status-details-bin'])
  // As over HTTP, 400 and 413: then halves of it may be taken.
  if (name === 'INVALID_ARGUMENT') return { outcome: 'refused', status: 400, error: name }
  if (name === 'RESOURCE_EXHAUSTED' && retryMs === null) {
    return { outcome: 'refused', status: 413, error: name }
  }
  return later(RETRYABLE.has(name) ? name : `gRPC ${name}`, retryMs ?? 0)
}

/**
 * What RetryInfo asks for, of google.rpc.Status { 3 details: Any { 1 type_url, 2 value } } with
 * RetryInfo { 1 retry_delay: Duration { 1 seconds, 2 nanos } }; null without one.
 */
function retryInfoMs(header: string | string[] | undefined): number | null {
  if (typeof header !== 'string') return null
  try {
    for (const detail of bytesIn(Buffer.from(header, 'base64'), 3)) {
      const [type] = bytesIn(detail, 1)
      if (Buffer.from(type ?? []).toString() !== retryInfoType) continue
      const [info] = bytesIn(detail, 2)
      const [delay] = info ? bytesIn(info, 1) : []
      return delay ? durationMs(delay) : 0
    }
  } catch (error) {
    if (!(error instanceof RecordError)) throw error
  }
  return null
}

function durationMs(duration: Uint8Array): number {
  let ms = 0
  for (const { integer, number } of wireFields(duration)) {
    if (number === 1) ms += Number(BigInt.asIntN(64, integer)) * 1_000
    if (number === 2) ms += Number(BigInt.asIntN(32, integer)) / 1_000_000
  }
  return Math.min(Math.max(ms, 0), MAX_SINK_RETRY_AFTER_S * 1_000)
}

function bytesIn(message: Uint8Array, number: number): Uint8Array[] {
  return [...wireFields(message)].filter((field) => field.number === number).map((f) => f.bytes)
}
