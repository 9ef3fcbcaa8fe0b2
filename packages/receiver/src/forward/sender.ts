// How records are sent to a sink of each type: once, and what came of it.
import type { Log } from '../flow.ts'
import type { Limits } from '../limits.ts'
import { post } from './io/post.ts'
import { openSearchClient } from './io/search-client.ts'
import type { SendOutcome } from './outcome.ts'
import { encodeRecords, type LedgerUnit, type RecordUnit } from './records.ts'
import { createSearchSender } from './search.ts'
import { isOtlp, type OtlpSinkOptions, type SinkOptions } from './sink-options.ts'

export interface SenderContext {
  readonly limits: Pick<Limits, 'sinkTimeoutMs'>
  readonly log: Log
  /** What is under way is broken off. */
  readonly abandoned: AbortSignal
  /** In place of HTTP. */
  readonly post?: typeof post
}

export interface RecordSender {
  /** Never rejects: a network that fails is an outcome. */
  send(units: readonly LedgerUnit[]): Promise<SendOutcome>
  /** Ends what is under way. */
  close(): void
}

export function recordSender(sink: SinkOptions, context: SenderContext): RecordSender {
  if (isOtlp(sink)) return { send: postTo(sink, context, encodeRecords), close: () => undefined }
  const { headers = {}, name, type, url } = sink
  const { abandoned: signal, limits, log } = context
  const options = { type, url, headers, timeoutMs: limits.sinkTimeoutMs, signal }
  const search = createSearchSender({ sink: name, open: () => openSearchClient(options), log })
  // Documents are of single records: its source takes none from memory.
  return { ...search, send: (units) => search.send(units as readonly RecordUnit[]) }
}

export function postTo<U>(
  { headers = {}, url }: Pick<OtlpSinkOptions, 'headers' | 'url'>,
  { abandoned: signal, limits, post: send = post }: SenderContext,
  encode: (units: readonly U[]) => Uint8Array,
): (units: readonly U[]) => Promise<SendOutcome> {
  return (units) => send(encode(units), { url, headers, timeoutMs: limits.sinkTimeoutMs, signal })
}
