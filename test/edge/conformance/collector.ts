// A stock Collector that gets everything as OTLP/HTTP JSON, and sends it on in each of its ways.
import { setTimeout as delay } from 'node:timers/promises'
import { startCollector } from '../../peers/peers.ts'
import type { Row, Sender } from './sender.ts'

const compressions = ['none', 'gzip', 'zstd', 'deflate', 'zlib', 'snappy', 'lz4']

/** What the receiver does not take, by protocol: the Collector gives it up as permanent. */
const refused: Readonly<Record<string, `refused: ${string}`>> = {
  'http zlib': 'refused: HTTP 415',
  'http snappy': 'refused: HTTP 415',
  'http lz4': 'refused: HTTP 415',
  'grpc snappy': 'refused: UNIMPLEMENTED',
}

const rows = (['http/protobuf', 'http/json', 'grpc'] as const).flatMap((protocol) =>
  compressions
    // Of these it has none for gRPC.
    .filter((each) => protocol !== 'grpc' || !['deflate', 'zlib', 'lz4'].includes(each))
    .map((compression): Row => {
      const expected = refused[`${protocol.split('/')[0]} ${compression}`] ?? 'taken'
      return { protocol, compression, expected }
    }),
)

export const collector: Sender = {
  name: 'OpenTelemetry Collector 0.161.0',
  needs: ['otelcol-peer'],
  signals: 'all',
  rows,
  async send(row, { grpcPort, httpUrl, json }) {
    const peer = await startCollector(configOf(row, { grpcPort, httpUrl }))
    try {
      for (const [signal, body] of Object.entries(json)) {
        const headers = { 'content-type': 'application/json' }
        const answer = await fetch(`${peer.httpUrl}/v1/${signal}`, {
          method: 'POST',
          headers,
          body,
        })
        if (!answer.ok) throw new Error(`the Collector itself refused ${signal}`)
      }
      if (row.expected !== 'taken') return await refusalIn(peer)
    } finally {
      // It sends what it has before it ends.
      await peer.stop()
    }
    return undefined
  },
}

function configOf(row: Row, { grpcPort, httpUrl }: { grpcPort: number; httpUrl: string }): string {
  const { compression, protocol } = row
  const encoding = protocol === 'http/json' ? 'json' : 'proto'
  const [name, options] =
    protocol === 'grpc'
      ? ['otlp', `endpoint: "127.0.0.1:${grpcPort}", tls: { insecure: true }`]
      : ['otlphttp', `endpoint: "${httpUrl}", encoding: ${encoding}`]
  const pipeline = `{ receivers: [otlp], exporters: [${name}] }`
  return `
receivers: { otlp: { protocols: { http: { endpoint: "\${env:OTLP_HTTP}" } } } }
exporters:
  ${name}: { ${options}, compression: ${compression} }
service:
  telemetry: { metrics: { level: none } }
  pipelines: { traces: ${pipeline}, logs: ${pipeline}, metrics: ${pipeline} }
`
}

/** The status that it gives up for. */
async function refusalIn(peer: { log(): string; isRunning(): boolean }): Promise<number> {
  for (;;) {
    const found = /Permanent error.*?(?:HTTP Status Code (\d+)|code = (Unimplemented))/.exec(
      peer.log(),
    )
    if (found) return found[2] === 'Unimplemented' ? 12 : Number(found[1])
    if (!peer.isRunning()) throw new Error(`the Collector ended: ${peer.log()}`)
    await delay(20)
  }
}
