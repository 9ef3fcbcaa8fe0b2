// The stock JavaScript SDK as a sender; senders.ts says what all senders take and print.
import {
  diag,
  DiagLogLevel,
  SeverityNumber,
  SpanKind,
  SpanStatusCode,
  ValueType,
} from '@opentelemetry/api'
import { OTLPLogExporter as GrpcLogs } from '@opentelemetry/exporter-logs-otlp-grpc'
import { OTLPLogExporter as JsonLogs } from '@opentelemetry/exporter-logs-otlp-http'
import { OTLPLogExporter as ProtoLogs } from '@opentelemetry/exporter-logs-otlp-proto'
import { OTLPMetricExporter as GrpcMetrics } from '@opentelemetry/exporter-metrics-otlp-grpc'
import { OTLPMetricExporter as JsonMetrics } from '@opentelemetry/exporter-metrics-otlp-http'
import { OTLPMetricExporter as ProtoMetrics } from '@opentelemetry/exporter-metrics-otlp-proto'
import { OTLPTraceExporter as GrpcTraces } from '@opentelemetry/exporter-trace-otlp-grpc'
import { OTLPTraceExporter as JsonTraces } from '@opentelemetry/exporter-trace-otlp-http'
import { OTLPTraceExporter as ProtoTraces } from '@opentelemetry/exporter-trace-otlp-proto'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { BatchLogRecordProcessor, LoggerProvider } from '@opentelemetry/sdk-logs'
import { MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BatchSpanProcessor, TracerProvider } from '@opentelemetry/sdk-trace'

const [endpoint, protocol, compression, signal, count, run] = process.argv.slice(2)
const batch = { maxExportBatchSize: 10 }
/** When the first item began; each next one is a microsecond later. */
const startSeconds = 1_795_467_600

const exporters = {
  traces: { grpc: GrpcTraces, 'http/json': JsonTraces, 'http/protobuf': ProtoTraces },
  logs: { grpc: GrpcLogs, 'http/json': JsonLogs, 'http/protobuf': ProtoLogs },
  metrics: { grpc: GrpcMetrics, 'http/json': JsonMetrics, 'http/protobuf': ProtoMetrics },
}
const told = { items: [], requests: 0, failures: [] }
const resource = resourceFromAttributes({ 'service.name': 'sender-js' })
const numbers = Array.from({ length: Number(count) }, (_, i) => i)

// Partial success and retries are said here.
const write = (...said) => process.stderr.write(`${said.join(' ')}\n`)
diag.setLogger(
  { error: write, warn: write, info: write, debug: write, verbose: write },
  {
    logLevel: DiagLogLevel.INFO,
  },
)

/** The exporter asked for, which also notes each answer. */
function exporter() {
  const url = protocol === 'grpc' ? endpoint : `${endpoint}/v1/${signal}`
  const stock = new exporters[signal][protocol]({ url, compression })
  const send = stock.export.bind(stock)
  stock.export = (items, done) =>
    send(items, (result) => {
      told.requests++
      if (result.code !== 0) told.failures.push(String(result.error))
      done(result)
    })
  return stock
}

function attributesOf(i) {
  return {
    'conformance.run': run,
    'conformance.item': i,
    'conformance.text': `Zoë ✓ ${i}`,
    'conformance.big': 9007199254740991,
    'conformance.ratio': 0.1,
    'conformance.flag': true,
    'conformance.list': ['a', 'b'],
  }
}

const startOf = (i) => [startSeconds, i * 1000]

const providers = {
  traces() {
    const processor = new BatchSpanProcessor({ exporter: exporter(), ...batch })
    const provider = new TracerProvider({ resource, spanProcessors: [processor] })
    const tracer = provider.getTracer('sender')
    for (const i of numbers) {
      const [seconds, nanos] = startOf(i)
      const attributes = attributesOf(i)
      const options = { kind: SpanKind.SERVER, startTime: startOf(i), attributes }
      const span = tracer.startSpan(`item-${i}`, options)
      span.addEvent('told', {}, startOf(i))
      span.setStatus({ code: SpanStatusCode.OK })
      span.end([seconds, nanos + 1_000_000])
      const { traceId, spanId } = span.spanContext()
      told.items.push(`${traceId}:${spanId}`)
    }
    return provider
  },
  logs() {
    const processor = new BatchLogRecordProcessor({ exporter: exporter(), ...batch })
    const provider = new LoggerProvider({ resource, processors: [processor] })
    const logger = provider.getLogger('sender')
    for (const i of numbers) {
      const severityNumber = SeverityNumber.INFO
      const attributes = attributesOf(i)
      logger.emit({ timestamp: startOf(i), severityNumber, body: `item-${i}`, attributes })
    }
    return provider
  },
  metrics() {
    const hour = 3_600_000
    const reader = new PeriodicExportingMetricReader({
      exporter: exporter(),
      exportIntervalMillis: hour,
    })
    const provider = new MeterProvider({ resource, readers: [reader] })
    const meter = provider.getMeter('sender')
    const counter = meter.createCounter('conformance.items', { valueType: ValueType.INT })
    for (const i of numbers) counter.add(i + 1, attributesOf(i))
    return provider
  },
}

const provider = providers[signal]()
console.log('sending')
await provider.shutdown().catch((error) => told.failures.push(String(error)))
console.log(JSON.stringify(told))
