// What a sink is told to be, and what it says of itself.
import { ReceiverError } from '../codes.ts'
import type { Signal } from '../flow.ts'
import type { PersonalData } from './project.ts'

export type SinkType = 'otlp' | 'opensearch' | 'elasticsearch'

interface AnySinkOptions {
  /** Names its offset and dead-letter files: `[a-z0-9-]+`, and kept for good. */
  readonly name: string
  /** Sent with each request; may hold a token or a password, never logged. */
  readonly headers?: Readonly<Record<string, string>>
  /** Default `pseudonymised`. */
  readonly personalData?: PersonalData
}

/** Somewhere that takes OTLP/HTTP protobuf: Jaeger, Tempo, a Collector. */
export interface OtlpSinkOptions extends AnySinkOptions {
  readonly type?: 'otlp'
  /** The whole URL, with `/v1/traces`; logs and metrics go to the same with `/v1/logs`, … */
  readonly url: string
  /** What it gets of what is not audit; default: all that the URL leads to. */
  readonly signals?: readonly Signal[]
}

/**
 * A server that keeps records as documents (FORMAT.md, 5). Elasticsearch without Elastic's own
 * additions ("OSS") is of type `opensearch`: its own client refuses it.
 */
export interface SearchSinkOptions extends AnySinkOptions {
  readonly type: 'opensearch' | 'elasticsearch'
  /** The base URL of the server. Credentials go in `headers`, as `authorization`. */
  readonly url: string
}

export type SinkOptions = OtlpSinkOptions | SearchSinkOptions

export interface SinkStatus {
  readonly name: string
  readonly type: SinkType
  /** Spans, log records and metrics it took, and refused for good, since the start. */
  readonly forwarded: number
  readonly refused: number
  /** Failed attempts in a row; 0 when the sink is well. */
  readonly retries: number
  /** Why the last of them failed: a status, a code, a class of errors; empty when it is well. */
  readonly reason: string
  /** Commits and pass-through frames it has not got yet. */
  readonly lag: { readonly commits: number; readonly passThrough: number }
  /** True when its own files failed and it was given up. */
  readonly stopped: boolean
}

/** Whether spans that are no records are for it: only records have a form in the others. */
export function isOtlp(sink: SinkOptions): sink is OtlpSinkOptions {
  return sink.type === undefined || sink.type === 'otlp'
}

/** Where a signal goes at a sink; null when it is not for it. */
export function urlFor(sink: SinkOptions, signal: Signal): string | null {
  if (!isOtlp(sink) || sink.signals?.includes(signal) === false) return null
  if (signal === 'traces') return sink.url
  const url = URL.parse(sink.url)
  // Of any other path nobody can say where its logs are.
  if (url === null || !url.pathname.endsWith('/v1/traces')) return null
  url.pathname = url.pathname.replace(/traces$/, signal)
  return url.href
}

/** The signals that some sink takes. */
export function signalsOf(sinks: readonly SinkOptions[]): Signal[] {
  const all: readonly Signal[] = ['traces', 'logs', 'metrics']
  return all.filter((signal) => sinks.some((sink) => urlFor(sink, signal) !== null))
}

/** Errors: RECEIVER_SINK_INVALID. */
export function checkSinks(sinks: readonly SinkOptions[]): void {
  const names = new Set<string>()
  for (const { name, url: text } of sinks) {
    if (!/^[a-z0-9-]{1,64}$/.test(name) || names.has(name)) {
      throw new ReceiverError('RECEIVER_SINK_INVALID', 'name')
    }
    const url = URL.parse(text)
    if (url === null || !/^https?:$/.test(url.protocol)) {
      throw new ReceiverError('RECEIVER_SINK_INVALID', `${name}: url`)
    }
    // A URL is logged and listed; a password belongs where neither happens.
    if (url.username !== '' || url.password !== '') {
      throw new ReceiverError('RECEIVER_SINK_INVALID', `${name}: credentials in the url`)
    }
    names.add(name)
  }
}
