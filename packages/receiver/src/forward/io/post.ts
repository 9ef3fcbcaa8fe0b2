// One POST to a sink, and what its answer means. OTLP/HTTP takes every 4xx but 429 as final; but a
// wrong token or path is no fault of the data, so that only answers about the data are final here,
// and all else comes again. Redirects are not followed: headers may hold a token.
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

/** Never throws: a network that fails is an outcome. */
export async function post(body: Uint8Array, options: PostOptions): Promise<SendOutcome> {
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
    const rejected = response.ok ? rejectedSpans(answer, typeOf(response)) : null
    if (rejected !== null) return { outcome: 'taken', rejectedSpans: rejected }
    if (ABOUT_THE_DATA.has(status)) return { outcome: 'refused', status }
    const reason = response.ok ? `HTTP ${status}, but no OTLP answer` : `HTTP ${status}`
    const asked = response.headers.get('retry-after')
    return { outcome: 'later', reason, retryAfterMs: retryAfterMs(asked, Date.now()) }
  } catch (error) {
    const { cause, name } = error as Error & { cause?: { code?: string; name?: string } }
    return { outcome: 'later', reason: cause?.code ?? cause?.name ?? name, retryAfterMs: 0 }
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

function typeOf(response: Response): string {
  const [type = ''] = (response.headers.get('content-type') ?? '').split(';', 1)
  return type.trim().toLowerCase()
}

/**
 * `partial_success.rejected_spans` (1.1) of an ExportTraceServiceResponse; null when the answer is
 * none: a login page or a proxy answers 200 as well.
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
