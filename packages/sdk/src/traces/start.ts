// OpenTelemetry's SDK with its instrumentations of HTTP, towards the receiver. The packages are the
// user's: imported when they are needed, and only then.
import { diag, DiagLogLevel } from '@opentelemetry/api'
import type { SpanExporter } from '@opentelemetry/sdk-trace'
import type { Environment, Settings } from '../config.ts'
import { messageOf, type Notify } from '../notice.ts'
import { createScrubProcessor } from '../scrub.ts'
import { areElsewhere, areTracesOff, environmentOfTraces, withEnvironment } from './environment.ts'
import { detachedAgent, loadHttp } from './io/http.ts'

/**
 * Starts the traces, unless the user's OTEL_* variables or another SDK say otherwise. Resolves with
 * how to send what waits, which never rejects; null when there are no traces. Never rejects.
 */
export async function startTraces(
  settings: Settings,
  env: Environment,
  notify: Notify,
): Promise<(() => Promise<void>) | null> {
  if (areTracesOff(env)) return null
  if (isRegistered('trace')) {
    notify('TRACES_ELSEWHERE')
    return null
  }
  try {
    const packages = await importPackages()
    const traces = environmentOfTraces(settings, env)
    const isElsewhere = areElsewhere(env)
    const flush = withEnvironment(traces, () => startPackages(packages, traces, isElsewhere))
    if (!isRegistered('diag')) tellOfLateSdk(notify)
    return flush
  } catch (error) {
    const missing = missingIn(error)
    notify(missing === null ? 'TRACES_FAILED' : 'TRACES_MISSING', missing ?? messageOf(error))
    return null
  }
}

type Packages = Awaited<ReturnType<typeof importPackages>>

async function importPackages() {
  const [node, trace, exporter, http, undici] = await Promise.all([
    import('@opentelemetry/sdk-node'),
    import('@opentelemetry/sdk-trace'),
    import('@opentelemetry/exporter-trace-otlp-proto'),
    import('@opentelemetry/instrumentation-http'),
    import('@opentelemetry/instrumentation-undici'),
  ])
  return { ...node, ...trace, ...exporter, ...http, ...undici }
}

/** Instrumentations first, then the scrub processor, then the one that exports. */
function startPackages(
  packages: Packages,
  env: Environment,
  isElsewhere: boolean,
): () => Promise<void> {
  const { BatchSpanProcessor, HttpInstrumentation, NodeSDK, UndiciInstrumentation } = packages
  // The agent of another place may have certificates in OTEL_EXPORTER_OTLP_*.
  const options = isElsewhere ? {} : { httpAgentOptions: detachedAgent }
  const exporter = new packages.OTLPTraceExporter(options)
  const processor = new BatchSpanProcessor({ exporter: unawaited(exporter), ...batchOptions(env) })
  const sdk = new NodeSDK({
    instrumentations: [new HttpInstrumentation(), new UndiciInstrumentation()],
    spanProcessors: [createScrubProcessor(), processor],
  })
  sdk.start()
  loadHttp()
  return async () => {
    await processor.forceFlush()
    // What could not be sent is lost, as traces are; the audit tells when the receiver is away.
    await exporter.forceFlush().catch(() => undefined)
  }
}

/**
 * The processor holds the process by a timer until an export has ended. So it is told at once that
 * it has; the exporter itself bounds how many run, and how long.
 */
function unawaited(exporter: SpanExporter): SpanExporter {
  return {
    export: (spans, done) => {
      exporter.export(spans, () => undefined)
      done({ code: 0 })
    },
    shutdown: () => exporter.shutdown(),
  }
}

/** OTEL_BSP_*, which this processor does not read itself. */
function batchOptions(env: Environment): Record<string, number> {
  const options = {
    maxQueueSize: env.OTEL_BSP_MAX_QUEUE_SIZE,
    maxExportBatchSize: env.OTEL_BSP_MAX_EXPORT_BATCH_SIZE,
    scheduledDelayMillis: env.OTEL_BSP_SCHEDULE_DELAY,
  }
  const numbers = Object.entries(options).map(([name, value]) => [name, Number(value)] as const)
  return Object.fromEntries(numbers.filter(([, value]) => value > 0))
}

/** Whether somebody registered one, through any copy of OpenTelemetry's API. */
function isRegistered(api: 'trace' | 'diag'): boolean {
  const apis = Reflect.get(globalThis, Symbol.for('opentelemetry.js.api.1')) as
    { readonly [name: string]: unknown } | undefined
  return apis?.[api] !== undefined
}

/** The API tells nobody but a logger when a second SDK cannot register its tracer provider. */
function tellOfLateSdk(notify: Notify): void {
  const ignore = (): void => undefined
  const error = (message: string): void => {
    if (message.includes('duplicate registration of API: trace')) notify('TRACES_TAKEN')
  }
  const logger = { error, warn: ignore, info: ignore, debug: ignore, verbose: ignore }
  diag.setLogger(logger, { logLevel: DiagLogLevel.ERROR })
}

/** The package that could not be found; null for another error. */
function missingIn(error: unknown): string | null {
  const { code, message } = error as { readonly code?: unknown; readonly message?: unknown }
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return null
  return /'([^']+)'/.exec(String(message))?.[1] ?? ''
}
