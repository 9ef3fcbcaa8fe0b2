// Clients without an SDK: fetch, and grpc-js with bytes as messages. They send all encodings.
import { brotliCompressSync, deflateSync, gzipSync, zstdCompressSync } from 'node:zlib'
import { grpcClient } from '../../../packages/receiver/test/grpc-client.ts'
import type { Row, Sender } from './sender.ts'

const half = (bytes: Uint8Array, at: 0 | 1): Uint8Array =>
  at === 0 ? bytes.subarray(0, bytes.length / 2) : bytes.subarray(bytes.length / 2)

/** How a body is compressed, and the name that it is sent with. */
const compressions: Readonly<
  Record<string, readonly [name: string, compress: (bytes: Uint8Array) => Uint8Array]>
> = {
  none: ['identity', (bytes) => bytes],
  gzip: ['gzip', (bytes) => gzipSync(bytes)],
  'gzip, two members': [
    'gzip',
    (bytes) => Buffer.concat([gzipSync(half(bytes, 0)), gzipSync(half(bytes, 1))]),
  ],
  deflate: ['deflate', (bytes) => deflateSync(bytes)],
  zstd: ['zstd', (bytes) => zstdCompressSync(bytes)],
  'zstd, two frames': [
    'zstd',
    (bytes) => Buffer.concat([zstdCompressSync(half(bytes, 0)), zstdCompressSync(half(bytes, 1))]),
  ],
  br: ['br', (bytes) => brotliCompressSync(bytes)],
  'gzip, gzip': ['gzip, gzip', (bytes) => gzipSync(gzipSync(bytes))],
}

export const plainHttp: Sender = {
  name: 'fetch',
  signals: 'all',
  rows: (['http/protobuf', 'http/json'] as const).flatMap((protocol) =>
    Object.keys(compressions).map((compression): Row => {
      const isRefused = compression === 'br' || compression === 'gzip, gzip'
      return { protocol, compression, expected: isRefused ? 'refused: HTTP 415' : 'taken' }
    }),
  ),
  async send({ compression, protocol }, { bodies, httpUrl, json }) {
    const [encoding, compress] = compressions[compression]!
    const isJson = protocol === 'http/json'
    const type = isJson ? 'application/json' : 'application/x-protobuf'
    for (const signal of ['traces', 'logs', 'metrics'] as const) {
      const body = compress(isJson ? Buffer.from(json[signal]) : bodies[signal])
      const { ok, status } = await fetch(`${httpUrl}/v1/${signal}`, {
        method: 'POST',
        headers: { 'content-type': type, 'content-encoding': encoding },
        body: body as Uint8Array<ArrayBuffer>,
      })
      if (!ok) return status
    }
    return undefined
  },
}

/** `grpc.default_compression_algorithm` of grpc-js. */
const algorithms: Readonly<Record<string, number>> = { none: 0, deflate: 1, gzip: 2 }

export const grpcJs: Sender = {
  name: '@grpc/grpc-js',
  signals: 'all',
  rows: Object.keys(algorithms).map((compression) => ({
    protocol: 'grpc',
    compression,
    expected: 'taken',
  })),
  async send({ compression }, { bodies, grpcPort }) {
    const algorithm = algorithms[compression]!
    const client = grpcClient(grpcPort, { 'grpc.default_compression_algorithm': algorithm })
    try {
      for (const [signal, body] of Object.entries(bodies)) {
        const { code } = await client.call(signal, body)
        if (code !== 0) return code
      }
      return undefined
    } finally {
      client.close()
    }
  },
}
