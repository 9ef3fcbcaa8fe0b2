// One POST to a sink, and what its answer means. OTLP/HTTP takes every 4xx but 429 as final; but a
// wrong token or path is no fault of the data, so that only answers about the data are final here,
// and all else comes again. Redirects are not followed: headers may hold a token.
import {
  Agent as HttpAgent,
  type IncomingHttpHeaders,
  type IncomingMessage,
  request as httpRequest,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { RecordError } from '@grantlog/record'
import { wireFields } from '@grantlog/record/otlp'
import { MAX_SINK_ANSWER_BYTES } from '../../limits.ts'
import { retryAfterMs } from '../backoff.ts'
import { compressed } from './compressed.ts'
import { type Later, later, type SendOutcome } from '../outcome.ts'
import type { Compression, SinkTls } from '../sink-options.ts'

export interface PostOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly signal: AbortSignal
  /** Default `none`. */
  readonly compression?: Compression
  /** Of the sink, where it has certificates of its own. */
  readonly agent?: HttpsAgent
  /** Of the headers of an answer; default: Node's. */
  readonly headerBytesMax?: number
}

/** Bad request, too large, not processable. Not 415: what reads no OTLP is the wrong place. */
const ABOUT_THE_DATA = new Set([400, 413, 422])

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
}

/** What a server of OTLP answered. */
export interface ExportReply {
  readonly outcome: 'answered'
  readonly status: number
  /** Names in lower case. */
  readonly headers: IncomingHttpHeaders
  /** Of a 2xx; null when it is no answer of OTLP: a login page or a proxy answers 200 as well. */
  readonly rejected: number | null
  /** Why they were; empty when nothing says so. */
  readonly message: string
  readonly retryAfterMs: number
}

/** A body in parts. Never throws: a network that fails is an outcome. */
export async function post(
  parts: readonly Uint8Array[],
  options: PostOptions,
): Promise<SendOutcome> {
  const reply = await exportTo(parts, options)
  if (reply.outcome === 'later') return reply
  const { rejected, retryAfterMs: waitMs, status } = reply
  if (rejected !== null) return { outcome: 'taken', rejectedSpans: rejected }
  if (ABOUT_THE_DATA.has(status)) return { outcome: 'refused', status }
  return later(reasonOf(status), waitMs)
}

/** Why an answer that is none of OTLP, or asks to come again, is no answer. */
export function reasonOf(status: number): string {
  return status >= 200 && status < 300 ? `HTTP ${status}, but no OTLP answer` : `HTTP ${status}`
}

/** One request, and its answer as it is. Never throws. */
export async function exportTo(
  parts: readonly Uint8Array[],
  options: PostOptions,
): Promise<ExportReply | Later> {
  const { signal, timeoutMs } = options
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    const sent = await compressed(parts, options.compression ?? 'none')
    const { body: answer, headers, status } = await exchange(sent, options, limit)
    const isTaken = status >= 200 && status < 300
    const partial = isTaken ? partialSuccess(answer, typeOf(headers)) : null
    const { message = '', rejected = null } = partial ?? {}
    const waitMs = retryAfterMs(headers['retry-after'] ?? null, Date.now())
    return { outcome: 'answered', status, headers, rejected, message, retryAfterMs: waitMs }
  } catch (error) {
    const { cause, code, name } = error as NodeJS.ErrnoException & { cause?: { name?: string } }
    // An abort has the reason as its cause.
    return later(cause?.name ?? code ?? name)
  }
}

/** Connections are kept between requests; none of them keeps the process. */
const agents = {
  'http:': new HttpAgent({ keepAlive: true }),
  'https:': new HttpsAgent({ keepAlive: true }),
}

/** Connections of one sink, where it has certificates of its own. */
export function agentOf({ tls }: { readonly tls?: SinkTls }): { agent?: HttpsAgent } {
  return tls === undefined ? {} : { agent: new HttpsAgent({ keepAlive: true, ...tls }) }
}

/** Not `fetch`, which copies a body three times before it sends it. */
async function exchange(
  parts: readonly Uint8Array[],
  options: PostOptions,
  signal: AbortSignal,
): Promise<Answer> {
  const { agent, compression = 'none', headerBytesMax, headers, url } = options
  const isTls = new URL(url).protocol === 'https:'
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const request = (isTls ? httpsRequest : httpRequest)(url, {
    method: 'POST',
    ...(headerBytesMax === undefined ? {} : { maxHeaderSize: headerBytesMax }),
    agent: (isTls && agent) || agents[isTls ? 'https:' : 'http:'],
    headers: {
      ...headers,
      'content-type': 'application/x-protobuf',
      'content-length': parts.reduce((sum, { length }) => sum + length, 0),
      ...(compression === 'none' ? {} : { 'content-encoding': compression }),
    },
    signal,
  })
  request.once('response', (response) => {
    const isWritten = request.writableFinished
    readSome(response).then((answer) => {
      // Who answers before all was sent gets no more: what is to be sent may go away now.
      if (!isWritten) request.destroy()
      resolve({ status: response.statusCode!, headers: response.headers, body: answer })
    }, reject)
  })
  request.once('error', reject)
  // Put together they would be a copy; so it is still one write.
  request.cork()
  for (const part of parts) request.write(part)
  request.end()
  try {
    return await promise
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // The server closed a connection that it had kept, just before it was used again.
    if (request.reusedSocket && code === 'ECONNRESET') return exchange(parts, options, signal)
    throw error
  }
}

async function readSome(response: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let total = 0
  for await (const chunk of response as AsyncIterable<Buffer>) {
    total += chunk.length
    if (total > MAX_SINK_ANSWER_BYTES) break
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function typeOf(headers: IncomingHttpHeaders): string {
  const [type = ''] = (headers['content-type'] ?? '').split(';', 1)
  return type.trim().toLowerCase()
}

export interface PartialSuccess {
  readonly rejected: number
  readonly message: string
}

/**
 * `partial_success` (1) of an Export…ServiceResponse: rejected_… (1), error_message (2); null when
 * the answer is none: a login page or a proxy answers 200 as well.
 */
function partialSuccess(answer: Uint8Array, type: string): PartialSuccess | null {
  const isProtobuf = answer.length === 0 || type === 'application/x-protobuf'
  return isProtobuf ? partialSuccessOf(answer) : null
}

/** The same of a message; null when the bytes are none. */
export function partialSuccessOf(answer: Uint8Array): PartialSuccess | null {
  let rejected = 0n
  let message = ''
  try {
    for (const partial of wireFields(answer)) {
      if (partial.number !== 1) continue
      for (const { bytes, integer, number } of wireFields(partial.bytes)) {
        if (number === 1) rejected = BigInt.asIntN(64, integer)
        if (number === 2) message = Buffer.from(bytes).toString()
      }
    }
  } catch (error) {
    if (error instanceof RecordError) return null
    throw error
  }
  return { rejected: rejected > 0n ? Number(rejected) : 0, message }
}
