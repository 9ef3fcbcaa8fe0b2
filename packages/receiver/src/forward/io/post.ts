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
import type { SendOutcome } from '../outcome.ts'

export interface PostOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** Bad request, too large, not processable. Not 415: what reads no OTLP is the wrong place. */
const ABOUT_THE_DATA = new Set([400, 413, 422])

interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Uint8Array
}

/** Never throws: a network that fails is an outcome. */
export async function post(body: Uint8Array, options: PostOptions): Promise<SendOutcome> {
  const { signal, timeoutMs } = options
  try {
    const limit = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)])
    const { body: answer, headers, status } = await exchange(body, options, limit)
    const isTaken = status >= 200 && status < 300
    const rejected = isTaken ? rejectedSpans(answer, typeOf(headers)) : null
    if (rejected !== null) return { outcome: 'taken', rejectedSpans: rejected }
    if (ABOUT_THE_DATA.has(status)) return { outcome: 'refused', status }
    const reason = isTaken ? `HTTP ${status}, but no OTLP answer` : `HTTP ${status}`
    const asked = headers['retry-after'] ?? null
    return { outcome: 'later', reason, retryAfterMs: retryAfterMs(asked, Date.now()) }
  } catch (error) {
    const { cause, code, name } = error as NodeJS.ErrnoException & { cause?: { name?: string } }
    // An abort has the reason as its cause.
    return { outcome: 'later', reason: cause?.name ?? code ?? name, retryAfterMs: 0 }
  }
}

/** Connections are kept between requests; none of them keeps the process. */
const agents = {
  'http:': new HttpAgent({ keepAlive: true }),
  'https:': new HttpsAgent({ keepAlive: true }),
}

/** Not `fetch`, which copies a body three times before it sends it. */
async function exchange(
  body: Uint8Array,
  options: PostOptions,
  signal: AbortSignal,
): Promise<Answer> {
  const { headers, url } = options
  const isTls = new URL(url).protocol === 'https:'
  const { promise, resolve, reject } = Promise.withResolvers<Answer>()
  const request = (isTls ? httpsRequest : httpRequest)(url, {
    method: 'POST',
    agent: agents[isTls ? 'https:' : 'http:'],
    headers: {
      ...headers,
      'content-type': 'application/x-protobuf',
      'content-length': body.length,
    },
    signal,
  })
  request.once('response', (response) => {
    readSome(response).then(
      (answer) =>
        resolve({ status: response.statusCode!, headers: response.headers, body: answer }),
      reject,
    )
  })
  request.once('error', reject)
  request.end(body)
  try {
    return await promise
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    // The server closed a connection that it had kept, just before it was used again.
    if (request.reusedSocket && code === 'ECONNRESET') return exchange(body, options, signal)
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

/**
 * `partial_success.rejected_…` (1.1) of an Export…ServiceResponse; null when the answer is none: a
 * login page or a proxy answers 200 as well.
 */
function rejectedSpans(answer: Uint8Array, type: string): number | null {
  if (answer.length === 0) return 0
  if (type !== 'application/x-protobuf') return null
  let rejected = 0n
  try {
    for (const partial of wireFields(answer)) {
      if (partial.number !== 1) continue
      for (const { number, integer } of wireFields(partial.bytes)) {
        if (number === 1) rejected = BigInt.asIntN(64, integer)
      }
    }
  } catch (error) {
    if (error instanceof RecordError) return null
    throw error
  }
  return rejected > 0n ? Number(rejected) : 0
}
