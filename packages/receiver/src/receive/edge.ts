// What every listener of the OTLP port shares, whatever protocol it speaks: who may send, how much
// may be in flight, and where a request goes once it is read.
import type { ReceiverCode } from '../codes.ts'
import type {
  Asked,
  Caller,
  Enrolled,
  Enrolling,
  EnrolRequest,
  ExportAnswer,
  ExportRequest,
  Log,
  ProducerAsked,
  ProducerTold,
} from '../flow.ts'
import type { Limits } from '../limits.ts'
import type { Turns } from '../turns.ts'
import type { Admission } from './admission.ts'
import type { Connections } from './connections.ts'
import type { Tls } from './io/tls.ts'

export interface Edge {
  readonly limits: Limits
  readonly log: Log
  /** Milliseconds of a clock that never goes back. */
  readonly uptimeMs: () => number
  /** One for all listeners: memory is one. */
  readonly admission: Admission
  /** One for all, too: the event loop is one. */
  readonly turns: Turns
  /** Further names that `Host` may have, in lower case. */
  readonly allowedHosts: readonly string[]
  /** Errors: those of who may not send. */
  readonly identify: (asked: Asked) => Promise<Caller>
  /** Null: connections are in clear. */
  readonly tls: Tls | null
  /** The rest of the pipeline; resolves once everything accepted is durable. */
  readonly onExport: (request: ExportRequest) => Promise<ExportAnswer>
  /** Told of the connections of each port that listens. */
  readonly onPort: (connections: Pick<Connections, 'open' | 'refused'>) => void
  /** Told of each request that is answered with an error, once. */
  readonly onRefused: (code: ReceiverCode) => void
  /** The consistency proof between two published sizes; `origin` says of which log. */
  readonly onConsistency: (
    from: number,
    to: number,
    origin: string | null,
  ) => Promise<readonly Uint8Array[]>
  /** Who may enrol a key. Errors: those of who may not, RECEIVER_PATH_UNKNOWN where nobody may. */
  readonly mayEnrol: (asked: Asked) => Promise<Enrolling>
  /** Enrols a key in the log of who asks; resolves once it may sign. */
  readonly onEnrol: (who: Enrolling, request: EnrolRequest) => Promise<Enrolled>
  /** What the producer that asks is to know. */
  readonly onProducer: (asked: ProducerAsked) => Promise<ProducerTold>
}

/** On a port that only this machine reaches, whoever reaches it may send. */
export const anyOfThisMachine: Edge['identify'] = () =>
  Promise.resolve({ name: 'local', proof: 'address' })

/** On a port that is open on purpose (`insecurePublicBind`), nobody is known. */
export const anyWhoReaches: Edge['identify'] = () =>
  Promise.resolve({ name: 'anyone', proof: 'none' })
