// An OTLP/HTTP sink in this process that keeps each item it gets, of any signal, by its run.
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import { jsonOfProtobuf } from '../../packages/record/test/otlp-json.ts'
import { type Signal, signals } from './senders.ts'

/** Two of the members that a value of OTLP/JSON may have. */
export interface AnyValue {
  readonly stringValue?: string
  readonly intValue?: string
}

/** A span, a log record or a point of a metric. */
export interface SinkItem {
  /** Of a span. */
  readonly traceId?: string
  readonly spanId?: string
  /** By name, as values of OTLP/JSON. */
  readonly attributes: Readonly<Record<string, AnyValue>>
  /** All other members of OTLP/JSON. */
  readonly [member: string]: unknown
}

export interface ItemsSink {
  /** Its base, without `/v1/traces`. */
  readonly url: string
  /** Those with `conformance.run` of this text, in the order they came. */
  itemsOf(signal: Signal, run: string): readonly SinkItem[]
  /** Those of all runs, and of none. */
  all(signal: Signal): readonly SinkItem[]
  /** Resolves once `isSo` holds, asked after each request; rejects when nothing comes of it. */
  until(isSo: () => boolean): Promise<void>
  close(): Promise<void>
}

/** Longer than any sender waits before it tries again. */
const patienceMs = 90_000

type Json = Readonly<Record<string, unknown>>

export async function startItemsSink(): Promise<ItemsSink> {
  const items: Record<Signal, SinkItem[]> = { traces: [], logs: [], metrics: [] }
  const checks = new Set<() => void>()
  const server = createServer((request, response) => {
    void take(request).then((status) => {
      response.writeHead(status, { 'content-type': 'application/x-protobuf' }).end()
      for (const check of checks) check()
    })
  })

  async function take(request: IncomingMessage): Promise<number> {
    const sent = await buffer(request)
    const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(sent) : sent
    const signal = signals.find((one) => request.url === `/v1/${one}`)
    if (signal === undefined) return 404
    items[signal].push(...itemsIn[signal](body))
    return 200
  }

  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    itemsOf: (signal, run) =>
      items[signal].filter(({ attributes }) => attributes['conformance.run']?.stringValue === run),
    all: (signal) => items[signal],
    until: (isSo) =>
      new Promise((resolve, reject) => {
        const end = (): void => {
          clearTimeout(timer)
          checks.delete(check)
        }
        const check = (): void => {
          if (!isSo()) return
          end()
          resolve()
        }
        const timer = setTimeout(() => {
          end()
          reject(new Error('what is awaited did not come'))
        }, patienceMs)
        checks.add(check)
        check()
      }),
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const itemsIn: Readonly<Record<Signal, (body: Buffer) => SinkItem[]>> = {
  traces: (body) => leaves(body, 'TraceRequest', ['resourceSpans', 'scopeSpans', 'spans']),
  logs: (body) => leaves(body, 'LogsRequest', ['resourceLogs', 'scopeLogs', 'logRecords']),
  metrics: (body) =>
    leaves(body, 'MetricsRequest', [
      ...['resourceMetrics', 'scopeMetrics', 'metrics', 'sum|gauge', 'dataPoints'],
    ]),
}

function leaves(
  body: Buffer,
  message: 'TraceRequest' | 'LogsRequest' | 'MetricsRequest',
  path: readonly string[],
): SinkItem[] {
  const found = path.reduce<Json[]>(membersOf, [jsonOfProtobuf(body, message)])
  return found.map((one) => ({ ...one, attributes: byKey(one['attributes']) }))
}

/** All values of the members that a name, or one of several names, has in these objects. */
function membersOf(objects: readonly Json[], names: string): Json[] {
  const values = objects.flatMap((one) => names.split('|').map((name) => one[name] ?? []))
  return values.flat() as Json[]
}

function byKey(pairs: unknown): SinkItem['attributes'] {
  const all = (pairs ?? []) as { key: string; value: AnyValue }[]
  return Object.fromEntries(all.map(({ key, value }) => [key, value]))
}
