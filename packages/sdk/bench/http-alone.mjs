// OpenTelemetry's instrumentation of HTTP alone, as its documentation sets it up: what services run
// that have traces. To be imported before the host; OTEL_EXPORTER_OTLP_ENDPOINT says where to.
import { createRequire } from 'node:module'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto'
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace'

const processor = new BatchSpanProcessor({ exporter: new OTLPTraceExporter() })
const instrumentations = [new HttpInstrumentation()]
new NodeSDK({ instrumentations, spanProcessors: [processor] }).start()
// It is patched when it is required.
createRequire(import.meta.url)('node:http')
