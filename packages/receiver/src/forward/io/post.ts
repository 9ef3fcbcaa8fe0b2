// One POST to a sink, and what its answer means (OTLP/HTTP: 2xx is taken, 429 and 5xx come later,
// every other answer is for good). Redirects are not followed: headers may hold a token.
import { MAX_SINK_ANSWER_BYTES, MAX_SINK_RETRY_AFTER_S } from '../../limits.ts'

export interface PostOptions {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

export type PostOutcome =
  | { readonly outcome: 'taken'; readonly rejectedSpans: number }
  | { readonly outcome: 'later'; readonly reason: string; readonly retryAfterMs: number }
  | { readonly outcome: 'refused'; readonly status: number }

/** Never throws: a network that fails is an outcome. */
export async function post(body: Uint8Array, options: PostOptions): Promise<PostOutcome> {
  const { url, headers, timeoutMs, signal } = options
  try {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-protobuf' },
      body: body as Uint8Array<ArrayBuffer>,
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    })
    const answer = await readSome(response)
    const { status } = response
    if (response.ok) return { outcome: 'taken', rejectedSpans: rejectedSpans(answer) }
    if (status !== 429 && status < 500) return { outcome: 'refused', status }
    const retryAfterMs = retryAfter(response.headers.get('retry-after'))
    return { outcome: 'later', reason: `HTTP ${status}`, retryAfterMs }
  } catch (error) {
    const { cause, name } = error as Error & { cause?: { code?: string } }
    return { outcome: 'later', reason: cause?.code ?? name, retryAfterMs: 0 }
  }
}

async function readSome(response: Response): Promise<Uint8Array> {
  const chunks: Uint8Array[] = []
  let total = 0
  for await (const chunk of response.body ?? []) {
    total += chunk.length
    if (total > MAX_SINK_ANSWER_BYTES) break
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

/** Seconds, or an HTTP date (RFC 9110, 10.2.3). */
function retryAfter(header: string | null): number {
  if (header === null) return 0
  const seconds = /^\d+$/.test(header) ? Number(header) : (Date.parse(header) - Date.now()) / 1000
  return Math.min(Math.max(seconds || 0, 0), MAX_SINK_RETRY_AFTER_S) * 1000
}

/** `partial_success.rejected_spans` (1.1) of an ExportTraceServiceResponse; 0 when unreadable. */
function rejectedSpans(answer: Uint8Array): number {
  if (answer[0] !== 0x0a || answer[2] !== 0x08) return 0
  let value = 0
  for (let at = 3, scale = 1; at < answer.length && at < 11; at++, scale *= 128) {
    const byte = answer[at] ?? 0
    value += (byte & 127) * scale
    if (byte < 128) return value
  }
  return 0
}
