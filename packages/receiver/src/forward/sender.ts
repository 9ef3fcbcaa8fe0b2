// How records, and log records, are sent to a sink of each type: once, and what came of it.
import type { Log, Signal } from '../flow.ts'
import type { Limits } from '../limits.ts'
import { grpcExporter } from './io/grpc.ts'
import { agentOf, post } from './io/post.ts'
import { openSearchClient } from './io/search-client.ts'
import type { SendOutcome } from './outcome.ts'
import { encodeRecords, type LedgerUnit, type RecordUnit } from './records.ts'
import { encodeLogUnits } from './logs/encode.ts'
import type { LogUnit } from './logs/source.ts'
import { logDocuments, recordDocuments } from './documents.ts'
import { createSearchSender, type Documents, type SearchSender } from './search.ts'
import {
  isGrpc,
  isOtlp,
  type OtlpSinkOptions,
  sealedUrlFor,
  type SearchSinkOptions,
  type ShownSinkOptions,
} from './sink-options.ts'

export interface SenderContext {
  readonly limits: Pick<Limits, 'sinkTimeoutMs'>
  readonly log: Log
  /** What is under way is broken off. */
  readonly abandoned: AbortSignal
  /** In place of HTTP. */
  readonly post?: typeof post
}

/** Sends units of one kind to one sink. */
export interface Sender<U> {
  /** Never rejects: a network that fails is an outcome. */
  send(units: readonly U[]): Promise<SendOutcome>
  /** Ends what is under way. */
  close(): void
}

export type RecordSender = Sender<LedgerUnit>

export function recordSender(sink: ShownSinkOptions, context: SenderContext): RecordSender {
  if (isOtlp(sink)) return exporterTo(sink, context, { signal: 'traces', encode: encodeRecords })
  const search = searchSender(sink, context, recordDocuments)
  // Documents are of single records: its source takes none from memory.
  return { ...search, send: (units) => search.send(units as readonly RecordUnit[]) }
}

/** The same for audit log records. */
export function logSender(sink: ShownSinkOptions, context: SenderContext): Sender<LogUnit> {
  if (isOtlp(sink)) return exporterTo(sink, context, { signal: 'logs', encode: encodeLogUnits })
  return searchSender(sink, context, logDocuments)
}

function searchSender<U>(
  { headers = {}, name, type, url }: SearchSinkOptions,
  { abandoned: signal, limits, log }: SenderContext,
  documents: Documents<U>,
): SearchSender<U> {
  const options = { type, url, headers, timeoutMs: limits.sinkTimeoutMs, signal }
  return createSearchSender({ sink: name, open: () => openSearchClient(options), documents, log })
}

/** What goes to a sink: units of a signal, as the parts of a request. */
interface Exported<U> {
  readonly signal: Signal
  readonly encode: (units: readonly U[]) => readonly Uint8Array[]
}

/** Units of a signal as requests of OTLP, over HTTP or gRPC as the URL says. */
export function exporterTo<U>(
  sink: OtlpSinkOptions,
  { abandoned: signal, limits, post: send = post }: SenderContext,
  { encode, signal: carried }: Exported<U>,
): Sender<U> {
  const { compression = 'none', headers = {}, tls = {} } = sink
  // Records go where the URL leads, whatever `signals` says of the rest.
  const url = sealedUrlFor(sink, carried) ?? sink.url
  const options = { url, headers, timeoutMs: limits.sinkTimeoutMs, signal, compression }
  if (isGrpc(sink)) {
    const exporter = grpcExporter({ ...options, tls, carried })
    return { ...exporter, send: (units) => exporter.send(encode(units)) }
  }
  const http = { ...options, ...agentOf(sink) }
  return { send: (units) => send(encode(units), http), close: () => undefined }
}
