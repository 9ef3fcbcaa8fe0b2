// The rows of stock senders in test/edge/CONFORMANCE.md. Each is a test of senders.test.ts,
// telemetrygen.test.ts or collector-waits.test.ts.
import type { Protocol, SdkName } from './senders.ts'

export interface Sdk {
  readonly name: SdkName
  readonly title: string
  readonly ways: Readonly<Partial<Record<Protocol, readonly string[]>>>
  /** Over these it does not send again what it was told to, or whenever nobody listens. */
  readonly givesUp?: Readonly<Partial<Record<Protocol, readonly State[]>>>
}

/** The receiver, when the sender begins. */
export type State = 'ready' | 'busy at first' | 'not there at first'

export interface StockRow {
  readonly sender: string
  readonly needs: SdkName
  readonly protocol: Protocol
  readonly compression: string
  readonly state: State
  /** True when what was sent before the receiver was ready is lost: the SDK gives it up. */
  readonly isLost: boolean
}

const plain = ['none', 'gzip']
const withDeflate = [...plain, 'deflate']

export const sdks: readonly Sdk[] = [
  {
    name: 'sender-js',
    title: 'JavaScript SDK 3.1.0',
    ways: { grpc: plain, 'http/protobuf': plain, 'http/json': plain },
    givesUp: { grpc: ['busy at first', 'not there at first'] },
  },
  {
    name: 'sender-python',
    title: 'Python SDK 1.45.2',
    ways: { grpc: withDeflate, 'http/protobuf': withDeflate },
  },
  {
    name: 'sender-go',
    title: 'Go SDK 1.47.0',
    ways: { grpc: plain, 'http/protobuf': plain },
    givesUp: { 'http/protobuf': ['not there at first'] },
  },
  {
    name: 'sender-java',
    title: 'Java SDK 1.68.0',
    ways: { grpc: plain, 'http/protobuf': plain },
  },
]

/** What telemetrygen can do. */
export const telemetrygenProtocols = ['grpc', 'http/protobuf'] as const

/** What the Collector's exporters speak; its compressions are rows of test/edge. */
export const collectorProtocols = ['grpc', 'http/protobuf', 'http/json'] as const

/** Each way with a receiver that is ready, and each protocol with one that is not. */
export function rowsOf(sdk: Sdk): StockRow[] {
  const fixed = { sender: sdk.title, needs: sdk.name }
  return Object.entries(sdk.ways).flatMap(([name, compressions]) => {
    const protocol = name as Protocol
    const isLost = (state: State): boolean => sdk.givesUp?.[protocol]?.includes(state) === true
    return [
      ...compressions.map((compression): StockRow => {
        return { ...fixed, protocol, compression, state: 'ready', isLost: false }
      }),
      ...(['busy at first', 'not there at first'] as const).map((state): StockRow => {
        return { ...fixed, protocol, compression: 'gzip', state, isLost: isLost(state) }
      }),
    ]
  })
}
