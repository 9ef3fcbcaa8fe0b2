// The exporters of OpenTelemetry's SDK for JavaScript, as their documentation has them.
import { createRequire } from 'node:module'
import { credentials } from '@grpc/grpc-js'
import { OTLPTraceExporter as GrpcExporter } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtobufExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { readableSpan } from '../../../packages/record/test/readable-span.ts'
import type { Delivery, Protocol, Row, Sender } from './sender.ts'

const { devDependencies } = createRequire(import.meta.url)('../../../package.json') as {
  devDependencies: Readonly<Record<string, string>>
}
const version = devDependencies['@opentelemetry/exporter-trace-otlp-proto']!

type Exporter = Pick<ProtobufExporter, 'export' | 'shutdown'>

const protocols: readonly Protocol[] = ['http/protobuf', 'http/json', 'grpc']

export const jsSdk: Sender = {
  name: `OpenTelemetry SDK for JavaScript ${version}`,
  signals: 'traces',
  rows: protocols.flatMap((protocol) =>
    ['none', 'gzip'].map((compression): Row => ({ protocol, compression, expected: 'taken' })),
  ),
  async send(row, delivery) {
    const { evidence, plain, signed } = delivery
    const exporter = exporterOf(row, delivery)
    const { promise, resolve } = Promise.withResolvers<{ code: number; error?: Error }>()
    const spans = [
      ...signed.map((span) => readableSpan(span, { scope: evidence })),
      readableSpan(plain, { scopeName: 'http' }),
    ]
    exporter.export(spans as never, resolve)
    const { error } = await promise
    await exporter.shutdown()
    if (error) throw error
    return undefined
  },
}

function exporterOf({ compression, protocol }: Row, { grpcPort, httpUrl }: Delivery): Exporter {
  const options = { compression: compression as never }
  const url = `${httpUrl}/v1/traces`
  if (protocol === 'http/protobuf') return new ProtobufExporter({ ...options, url })
  if (protocol === 'http/json') return new JsonExporter({ ...options, url })
  const grpcUrl = `http://127.0.0.1:${grpcPort}`
  return new GrpcExporter({ ...options, url: grpcUrl, credentials: credentials.createInsecure() })
}
