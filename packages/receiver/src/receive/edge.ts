// What every listener of the OTLP port shares, whatever protocol it speaks: who may send, how much
// may be in flight, and where a request goes once it is read.
import type { IncomingHttpHeaders } from 'node:http'
import type { Socket } from 'node:net'
import type { Caller, ExportAnswer, ExportRequest, Log } from '../flow.ts'
import type { ReceiverCode } from '../codes.ts'
import type { Limits } from '../limits.ts'
import type { Admission } from './admission.ts'

/** What is known of a request before its body is read. */
export interface Asked {
  readonly headers: IncomingHttpHeaders
  readonly socket: Pick<Socket, 'localAddress' | 'remoteAddress'>
}

export interface Edge {
  readonly limits: Limits
  readonly log: Log
  /** One for all listeners: memory is one. */
  readonly admission: Admission
  /** Further names that `Host` may have, in lower case. */
  readonly allowedHosts: readonly string[]
  /** Errors: those of who may not send. */
  readonly identify: (asked: Asked) => Promise<Caller>
  /** The rest of the pipeline; resolves once everything accepted is durable. */
  readonly onExport: (request: ExportRequest) => Promise<ExportAnswer>
  /** Told of each request that is answered with an error, once. */
  readonly onRefused: (code: ReceiverCode) => void
  /** The consistency proof between two published sizes; `origin` says of which log. */
  readonly onConsistency: (
    from: number,
    to: number,
    origin: string | null,
  ) => Promise<readonly Uint8Array[]>
}

/** On a port that only this machine reaches, whoever reaches it may send. */
export const anyOfThisMachine: Edge['identify'] = () =>
  Promise.resolve({ name: 'local', proof: 'address' })
