// What a sink is told to be, and what it says of itself.
import { ReceiverError } from '../codes.ts'
import type { Signal } from '../flow.ts'
import { coreKeyOf } from './core/receipts.ts'
import type { PersonalData } from './project.ts'

/** Kinds of sinks that records are shown to. */
export type ShownSinkType = 'otlp' | 'opensearch' | 'elasticsearch'

export type SinkType = ShownSinkType | 'grantlog'

interface AnySinkOptions {
  /** Names its offset and dead-letter files: `[a-z0-9-]+`, and kept for good. */
  readonly name: string
  /** Sent with each request; may hold a token or a password, never logged. */
  readonly headers?: Readonly<Record<string, string>>
  /** Default `pseudonymised`. */
  readonly personalData?: PersonalData
}

export type Compression = 'none' | 'gzip' | 'zstd'

/** PEM texts. */
export interface SinkTls {
  /** Whose certificates are believed; default: those of the system. */
  readonly ca?: string
  /** A client's own, for mTLS. */
  readonly cert?: string
  readonly key?: string
}

/** How a request is sent. */
interface SentOptions extends AnySinkOptions {
  /** Default `none`. */
  readonly compression?: Compression
  readonly tls?: SinkTls
}

/** Which records a sink gets: those that have one word of each list that is there. */
export interface SinkFilter {
  /** `audit.outcome`. */
  readonly outcomes?: readonly string[] | undefined
  /** `audit.action`; a `*` at the end stands for any rest. */
  readonly actions?: readonly string[] | undefined
}

/** Somewhere that takes OTLP in protobuf: Jaeger, Tempo, a Collector. */
export interface OtlpSinkOptions extends SentOptions {
  readonly type?: 'otlp'
  /**
   * The whole URL, with `/v1/traces`; logs and metrics go to the same with `/v1/logs`, …; of
   * OTLP/gRPC `grpc://HOST:PORT`, with TLS `grpcs://`.
   */
  readonly url: string
  /** With one it gets nothing that is not audit. */
  readonly filter?: SinkFilter
  /**
   * What it gets besides records: audit log records with `logs`, and what is not audit; default:
   * all that the URL leads to.
   */
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
  readonly filter?: SinkFilter
}

/**
 * Another receiver, which verifies the records by the signatures of their producers, and seals them
 * in a log of its own. It gets all of each record, whatever `personalData` says.
 */
export interface GrantlogSinkOptions extends SentOptions {
  readonly type: 'grantlog'
  /** The whole URL, with `/v1/traces`; log records go to the same with `/v1/logs`. */
  readonly url: string
  /** Its key of receipts (receipt.vkey), from elsewhere than the URL; a tenant's, for its log. */
  readonly receiptKey: string
  /** Of the log there that all goes to; default: the one that receiptKey names, as it must. */
  readonly origin?: string
  /** Indexes of records that it is not to get: what it neither takes nor refuses by signature. */
  readonly abandon?: readonly number[]
}

/** Sinks that records are shown to. */
export type ShownSinkOptions = OtlpSinkOptions | SearchSinkOptions

export type SinkOptions = ShownSinkOptions | GrantlogSinkOptions

/** What a sink has not got yet. */
export interface SinkLag {
  /** Commits, as far as their records go. */
  readonly commits: number
  /** The same of log records: up to the last commit that has some. */
  readonly logs: number
  /** Frames of the queues of pass-through. */
  readonly passThrough: number
}

export interface SinkStatus {
  readonly name: string
  readonly type: SinkType
  /** Spans, log records and metrics it took, and refused for good, since the start. */
  readonly forwarded: number
  readonly refused: number
  /** Records that a core refused as they came there, held to be sent again: `grantlog held`. */
  readonly held: number
  /** Records that a core signed for and has no more: `grantlog receipts`. */
  readonly lost: number
  /** Failed attempts in a row; 0 when the sink is well. */
  readonly retries: number
  /** Why the last of them failed: a status, a code, a class of errors; empty when it is well. */
  readonly reason: string
  readonly lag: SinkLag
  /** True when its own files failed and it was given up. */
  readonly stopped: boolean
}

export function isCore(sink: SinkOptions): sink is GrantlogSinkOptions {
  return sink.type === 'grantlog'
}

/** Whether spans that are no records are for it: only records have a form in the others. */
export function isOtlp(sink: SinkOptions): sink is OtlpSinkOptions {
  return sink.type === undefined || sink.type === 'otlp'
}

export function isGrpc({ url }: Pick<OtlpSinkOptions, 'url'>): boolean {
  return /^grpcs?:/.test(url)
}

/** Where what is not audit goes at a sink, by signal; null when it is not for it. */
export function urlFor(sink: SinkOptions, signal: Signal): string | null {
  return isOtlp(sink) && sink.filter === undefined ? sealedUrlFor(sink, signal) : null
}

/** Where what is sealed goes, in the form of a signal; null when it is not for it. */
export function sealedUrlFor(sink: OtlpSinkOptions, signal: Signal): string | null {
  if (sink.signals?.includes(signal) === false) return null
  if (signal === 'traces' || isGrpc(sink)) return sink.url
  return urlWith(sink.url, signal)
}

/** Whether audit log records are for it. */
export function takesLogs(sink: SinkOptions): sink is ShownSinkOptions {
  if (isCore(sink)) return false
  return !isOtlp(sink) || sealedUrlFor(sink, 'logs') !== null
}

/** The signals that some sink takes. */
export function signalsOf(sinks: readonly SinkOptions[]): Signal[] {
  const all: readonly Signal[] = ['traces', 'logs', 'metrics']
  return all.filter((signal) => sinks.some((sink) => urlFor(sink, signal) !== null))
}

/** Errors: RECEIVER_SINK_INVALID. */
export function checkSinks(sinks: readonly SinkOptions[]): void {
  const names = new Set<string>()
  for (const sink of sinks) {
    const { name, url: text } = sink
    if (!/^[a-z0-9-]{1,64}$/.test(name) || names.has(name)) {
      throw new ReceiverError('RECEIVER_SINK_INVALID', 'name')
    }
    const url = URL.parse(text)
    const known = isOtlp(sink) ? /^(https?|grpcs?):$/ : /^https?:$/
    if (url === null || url.host === '' || !known.test(url.protocol)) {
      throw new ReceiverError('RECEIVER_SINK_INVALID', `${name}: url`)
    }
    // A URL is logged and listed; a password belongs where neither happens.
    if (url.username !== '' || url.password !== '') {
      throw new ReceiverError('RECEIVER_SINK_INVALID', `${name}: credentials in the url`)
    }
    if (isCore(sink)) requireCore(sink)
    names.add(name)
  }
}

function requireCore(sink: GrantlogSinkOptions): void {
  const { name, origin, receiptKey } = sink
  const { origin: keys } = coreKeyFor(name, receiptKey)
  if (origin !== undefined && origin !== keys) {
    const what = `receiptKey is of ${keys}, not of the origin ${origin}`
    throw new ReceiverError('RECEIVER_SINK_INVALID', `${name}: ${what}`)
  }
  if (logsUrlOf(sink) === null) {
    throw new ReceiverError('RECEIVER_SINK_INVALID', `${name}: the url does not end in /v1/traces`)
  }
}

function coreKeyFor(name: string, receiptKey: string): ReturnType<typeof coreKeyOf> {
  try {
    return coreKeyOf(receiptKey)
  } catch (cause) {
    throw new ReceiverError('RECEIVER_SINK_INVALID', `${name}: receiptKey`, { cause })
  }
}

/** Where a server of OTLP/HTTP takes logs; null when that cannot be told of its URL. */
export function logsUrlOf(sink: Pick<GrantlogSinkOptions, 'url'>): string | null {
  return urlWith(sink.url, 'logs')
}

/** Of any other path nobody can say where its logs are. */
function urlWith(text: string, signal: Signal): string | null {
  const url = URL.parse(text)
  if (url === null || !url.pathname.endsWith('/v1/traces')) return null
  url.pathname = url.pathname.replace(/traces$/, signal)
  return url.href
}
