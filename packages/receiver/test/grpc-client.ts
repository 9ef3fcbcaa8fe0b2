// A client of OTLP/gRPC for tests: grpc-js, with messages as bytes.
import { type CallOptions, type ChannelOptions, Client, credentials, Metadata } from '@grpc/grpc-js'

export interface GrpcAnswer {
  /** A grpc-status. */
  readonly code: number
  readonly details: string
  readonly body: Buffer
  /** Headers and trailers. */
  readonly metadata: Readonly<Record<string, string | Buffer>>
}

export interface GrpcClient {
  /** Calls Export of a signal, or another path. */
  call(path: string, body: Uint8Array, options?: GrpcCall): Promise<GrpcAnswer>
  close(): void
}

/** PEM texts. */
export interface GrpcTls {
  readonly ca: string
  readonly cert?: string
  readonly key?: string
}

export interface GrpcCall extends CallOptions {
  readonly headers?: Readonly<Record<string, string>>
}

const exports: Readonly<Record<string, string>> = {
  traces: '/opentelemetry.proto.collector.trace.v1.TraceService/Export',
  logs: '/opentelemetry.proto.collector.logs.v1.LogsService/Export',
  metrics: '/opentelemetry.proto.collector.metrics.v1.MetricsService/Export',
}

/** `grpc.default_compression_algorithm`: 1 deflate, 2 gzip. */
export function grpcClient(
  port: number,
  options: ChannelOptions = {},
  tls: GrpcTls | null = null,
): GrpcClient {
  const [root, key, cert] = [tls?.ca, tls?.key, tls?.cert].map((pem) =>
    pem === undefined ? null : Buffer.from(pem),
  )
  const secure =
    tls === null ? credentials.createInsecure() : credentials.createSsl(root, key, cert)
  const host = tls === null ? '127.0.0.1' : 'localhost'
  const client = new Client(`${host}:${port}`, secure, {
    'grpc.use_local_subchannel_pool': 1,
    'grpc.enable_retries': 0,
    ...options,
  })
  return {
    call: (path, body, call) => unary(client, exports[path] ?? path, { body, ...call }),
    close: () => client.close(),
  }
}

function unary(
  client: Client,
  path: string,
  { body, headers = {}, ...options }: GrpcCall & { body: Uint8Array },
): Promise<GrpcAnswer> {
  const { promise, resolve } = Promise.withResolvers<GrpcAnswer>()
  const sent = new Metadata()
  for (const [name, value] of Object.entries(headers)) sent.set(name, value)
  const all: Record<string, string | Buffer> = {}
  let answer: Buffer = Buffer.alloc(0)
  const asBytes = (bytes: Uint8Array): Buffer => Buffer.from(bytes)
  const call = client.makeUnaryRequest(
    path,
    asBytes,
    (bytes) => bytes,
    body,
    sent,
    options,
    (_error, value) => {
      answer = value ?? answer
    },
  )
  call.on('metadata', (metadata: Metadata) => Object.assign(all, metadata.getMap()))
  call.on(
    'status',
    ({ code, details, metadata }: { code: number; details: string; metadata: Metadata }) => {
      Object.assign(all, metadata.getMap())
      // The body comes to the callback after the status, in the same turn.
      queueMicrotask(() => resolve({ code, details, body: answer, metadata: all }))
    },
  )
  return promise
}
