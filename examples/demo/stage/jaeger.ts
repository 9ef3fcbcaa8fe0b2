// A real Jaeger beside the demo, if there is one: given by URL, or built by `npm run peers`.
import { accessSync, constants, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { freePort, type Processes } from './processes.ts'

export interface Jaeger {
  /** OTLP/HTTP endpoint. */
  readonly otlpUrl: string
  /** Its page and API; null for one that was given by its OTLP endpoint. */
  readonly uiUrl: string | null
}

/** Storage in memory, as YAML. */
export const inMemory = '{ memory: { max_traces: 100000 } }'

/** The configuration of a Jaeger 2 with one storage; ports come by its environment. */
export const jaegerYaml = (storage: string): string => `
service:
  extensions: [jaeger_storage, jaeger_query]
  pipelines:
    traces: { receivers: [otlp], processors: [], exporters: [jaeger_storage_exporter] }
  telemetry: { metrics: { level: none } }
extensions:
  jaeger_storage: { backends: { all: ${storage} } }
  jaeger_query:
    storage: { traces: all }
    http: { endpoint: "\${env:QUERY_HTTP}" }
    grpc: { endpoint: "\${env:QUERY_GRPC}" }
receivers:
  otlp:
    protocols:
      grpc: { endpoint: "\${env:OTLP_GRPC}" }
      http: { endpoint: "\${env:OTLP_HTTP}" }
exporters:
  jaeger_storage_exporter: { trace_storage: all }
`

const triesMax = 200
const tryMs = 50

/** null when there is none. `given` is an OTLP/HTTP endpoint, or `none`. */
export async function findJaeger(
  processes: Processes,
  folder: string,
  given: string | undefined,
): Promise<Jaeger | null> {
  if (given === 'none') return null
  if (given !== undefined) return { otlpUrl: given, uiUrl: null }
  const command = builtJaeger()
  if (command === null) return null
  const file = join(folder, 'jaeger.yaml')
  writeFileSync(file, jaegerYaml(inMemory))
  const names = ['OTLP_HTTP', 'OTLP_GRPC', 'QUERY_HTTP', 'QUERY_GRPC'] as const
  const ports = await Promise.all(names.map(() => freePort()))
  const env = Object.fromEntries(names.map((name, i) => [name, `127.0.0.1:${ports[i]}`]))
  const quiet = { OTEL_TRACES_SAMPLER: 'always_off' }
  const args = ['--config', file]
  processes.start({ name: 'jaeger', command, args, cwd: folder, env: { ...env, ...quiet } })
  const jaeger = { otlpUrl: `http://${env.OTLP_HTTP}`, uiUrl: `http://${env.QUERY_HTTP}` }
  return (await isUp(jaeger.uiUrl)) ? jaeger : null
}

/** The same place as test/peers/install.sh. */
function builtJaeger(): string | null {
  const { GRANTLOG_PEERS, XDG_CACHE_HOME } = process.env
  const cache = XDG_CACHE_HOME || join(homedir(), '.cache')
  const path = join(GRANTLOG_PEERS || join(cache, 'grantlog', 'peers'), 'bin', 'jaeger')
  try {
    accessSync(path, constants.X_OK)
    return path
  } catch {
    return null
  }
}

async function isUp(url: string): Promise<boolean> {
  for (let tries = 0; tries < triesMax; tries++) {
    const answer = await fetch(`${url}/api/services`).catch(() => null)
    if (answer?.ok) return true
    await wait(tryMs)
  }
  return false
}
