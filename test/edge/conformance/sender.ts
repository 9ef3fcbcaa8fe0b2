// What a sender of the table of conformance is. A new one is a file beside this, and an entry in
// senders.ts.
import type { Span } from '@grantlog/record'
import type { Producer } from '../../../packages/receiver/test/producer.ts'
import type { PeerName } from '../../peers/peers.ts'

export type Protocol = 'http/protobuf' | 'http/json' | 'grpc'

/** One line of the table. */
export interface Row {
  readonly protocol: Protocol
  readonly compression: string
  /** `taken`, or the answer that it is refused with. */
  readonly expected: 'taken' | `refused: ${string}`
}

export interface Sender {
  /** With its version, where it has one. */
  readonly name: string
  /** Programs that it needs; without them it is skipped, and said so. */
  readonly needs?: readonly PeerName[]
  /** `traces`, or all signals. */
  readonly signals: 'traces' | 'all'
  readonly rows: readonly Row[]
  /**
   * Sends the delivery. Resolves with the answer when it was refused (an HTTP status, a gRPC code),
   * and with undefined when it was taken, or is on its way.
   */
  send(row: Row, delivery: Delivery): Promise<number | undefined>
}

/** A receiver, and what is to be sent to it: signed spans, one that is not, logs and metrics. */
export interface Delivery {
  readonly httpUrl: string
  readonly grpcPort: number
  readonly producer: Producer
  readonly signed: readonly Span[]
  readonly plain: Span
  /** Attributes of the scope of the signed ones. */
  readonly evidence: Readonly<Record<string, string | Uint8Array>>
  /** The requests in protobuf. */
  readonly bodies: Readonly<Record<'traces' | 'logs' | 'metrics', Uint8Array>>
  /** The same in OTLP/JSON. */
  readonly json: Readonly<Record<'traces' | 'logs' | 'metrics', string>>
}

/** Log records and data points of a delivery. */
export const LOG_RECORDS = 2
export const DATA_POINTS = 3
