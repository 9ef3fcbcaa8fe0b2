// Stock SDKs as processes that send known items (senders/, telemetrygen), and what their items are.
//
// A program gets: endpoint, protocol, compression, signal, count, run. It makes `count` items of
// the run, prints `sending`, flushes, and prints its `Told` as the last line. It sends 10 spans or
// log records at once, and all points of a metric.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { findPeer, type PeerName } from './peers.ts'

export type Protocol = 'grpc' | 'http/protobuf' | 'http/json'
export const signals = ['traces', 'logs', 'metrics'] as const
export type Signal = (typeof signals)[number]
export type SdkName = 'sender-js' | 'sender-python' | 'sender-go' | 'sender-java'

export interface Order {
  /** `http://host:port`, for gRPC too. */
  readonly endpoint: string
  readonly protocol: Protocol
  readonly compression: string
  readonly signal: Signal
  readonly count: number
  /** Tells its items from those of other runs. */
  readonly run: string
}

/** What a program was answered. */
export interface Told {
  /** `traceId:spanId` of each span; of other signals nothing. */
  readonly items: readonly string[]
  readonly requests: number
  /** One per request that its SDK gave up or was refused. */
  readonly failures: readonly string[]
}

export interface Sending {
  /** Resolves when it is about to send. */
  readonly sending: Promise<unknown>
  readonly told: Promise<Told>
  /** What its SDK said: a partial success is said here. */
  readonly said: () => string
}

/** Starts one of the SDKs' programs. `told` rejects when it ends with an error. */
export function startSender(name: SdkName, order: Order): Sending {
  const { endpoint, protocol, compression, signal, count, run } = order
  const args = [endpoint, protocol, compression, signal, String(count), run]
  const child = start(name, args)
  const sending = new Promise((resolve) => {
    child.stdout!.on('data', () => child.out().startsWith('sending') && resolve(null))
    child.once('close', resolve)
  })
  const told = ended(child, name).then(
    () => JSON.parse(child.out().trim().split('\n').at(-1)!) as Told,
  )
  return { sending, told, said: child.err }
}

/** Resolves when telemetrygen says that it is done; it ends with an error when a request failed. */
export async function runTelemetrygen(order: Omit<Order, 'compression'>): Promise<void> {
  const { endpoint, protocol, signal, count, run } = order
  const path = `--otlp-http-url-path=/v1/${signal}`
  const child = start('telemetrygen', [
    ...[signal, `--otlp-endpoint=${new URL(endpoint).host}`, '--otlp-insecure', '--rate=0'],
    ...(protocol === 'grpc' ? [] : ['--otlp-http', path]),
    ...['--workers=1', `--${signal}=${count}`, `--telemetry-attributes=conformance.run="${run}"`],
  ])
  await ended(child, 'telemetrygen')
}

type Collected = ChildProcess & { out: () => string; err: () => string }

function start(name: PeerName, args: readonly string[]): Collected {
  const { path, reason } = findPeer(name)
  if (path === null) throw new Error(reason)
  const child = spawn(path, args, { stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (part: string) => (out += part))
  child.stderr.setEncoding('utf8').on('data', (part: string) => (err += part))
  return Object.assign(child, { out: () => out, err: () => err })
}

async function ended(child: Collected, name: string): Promise<void> {
  const [code] = (await once(child, 'close')) as [number | null]
  if (code !== 0) throw new Error(`${name} ended with ${code}: ${child.err()}`)
}

const firstStart = 1_795_467_600_000_000_000n

/** What OTLP/JSON says of item `i`, in the members that `contentIn` looks at. */
export function expectedContent(signal: Signal, i: number, run: string): object {
  const start = firstStart + BigInt(i) * 1000n
  const attributes = attributesOf(i, run)
  const name = `item-${i}`
  if (signal === 'metrics') return { asInt: String(i + 1), attributes }
  if (signal === 'logs') {
    const body = { stringValue: name }
    return { timeUnixNano: String(start), severityNumber: 9, body, attributes }
  }
  return {
    ...{ name, kind: 2, attributes },
    startTimeUnixNano: String(start),
    endTimeUnixNano: String(start + 1_000_000n),
    events: [{ timeUnixNano: String(start), name: 'told' }],
    status: { code: 1 },
  }
}

function attributesOf(i: number, run: string): Record<string, object> {
  return {
    'conformance.run': { stringValue: run },
    'conformance.item': { intValue: String(i) },
    'conformance.text': { stringValue: `Zoë ✓ ${i}` },
    'conformance.big': { intValue: '9007199254740991' },
    'conformance.ratio': { doubleValue: 0.1 },
    'conformance.flag': { boolValue: true },
    'conformance.list': { arrayValue: { values: [{ stringValue: 'a' }, { stringValue: 'b' }] } },
  }
}
