// The environment in which OpenTelemetry's packages start. They read `process.env` and not what
// they are given: what the user has set for traces holds, and what would do more than traces, or
// send the user's keys to the receiver, does not.
import type { Environment, Settings } from '../config.ts'
import { traceExportTimeoutMs } from '../limits.ts'

/** Whether the user wants no traces at all. */
export function areTracesOff(env: Environment): boolean {
  const isDisabled = env.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true'
  return isDisabled || wordsIn(env.OTEL_TRACES_EXPORTER).includes('none')
}

/** `env` as the packages shall see it. */
export function environmentOfTraces(settings: Settings, env: Environment): Environment {
  const { OTEL_EXPORTER_OTLP_TIMEOUT, OTEL_EXPORTER_OTLP_TRACES_TIMEOUT } = env
  return {
    ...(areElsewhere(env) ? env : withReceiver(settings, env)),
    OTEL_EXPORTER_OTLP_TRACES_TIMEOUT:
      OTEL_EXPORTER_OTLP_TRACES_TIMEOUT || OTEL_EXPORTER_OTLP_TIMEOUT || `${traceExportTimeoutMs}`,
    OTEL_LOGS_EXPORTER: 'none',
    OTEL_METRICS_EXPORTER: 'none',
    OTEL_SERVICE_NAME: isServiceNamed(env) ? env.OTEL_SERVICE_NAME : settings.service,
    // Without `process`: a command line may hold a secret.
    OTEL_NODE_RESOURCE_DETECTORS: env.OTEL_NODE_RESOURCE_DETECTORS || 'env,host,os,serviceinstance',
  }
}

/** Whether the user has named another place than the receiver to send traces to. */
export function areElsewhere(env: Environment): boolean {
  return Boolean(env.OTEL_EXPORTER_OTLP_ENDPOINT || env.OTEL_EXPORTER_OTLP_TRACES_ENDPOINT)
}

/** Headers and certificates for another backend are none of the receiver's business. */
function withReceiver({ endpoint }: Settings, env: Environment): Environment {
  const { OTEL_EXPORTER_OTLP_COMPRESSION } = env
  const others = Object.entries(env).filter(([name]) => !name.startsWith('OTEL_EXPORTER_OTLP_'))
  const url = `${endpoint}/v1/traces`
  return {
    ...Object.fromEntries(others),
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: url,
    OTEL_EXPORTER_OTLP_COMPRESSION,
  }
}

function isServiceNamed(env: Environment): boolean {
  if (env.OTEL_SERVICE_NAME) return true
  return /(?:^|,)\s*service\.name\s*=/.test(env.OTEL_RESOURCE_ATTRIBUTES ?? '')
}

function wordsIn(list = ''): string[] {
  return list.split(',').map((word) => word.trim())
}

/** Runs `work` while `process.env` is `env`. For synchronous work: nobody else sees it so. */
export function withEnvironment<T>(env: Environment, work: () => T): T {
  const before = { ...process.env }
  const set = (values: Environment): void => {
    for (const name of new Set([...Object.keys(process.env), ...Object.keys(values)])) {
      const value = values[name]
      if (value === undefined) delete process.env[name]
      else if (value !== process.env[name]) process.env[name] = value
    }
  }
  set(env)
  try {
    return work()
  } finally {
    set(before)
  }
}
