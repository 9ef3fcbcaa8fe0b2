// One GET of JSON from a backend, within limits. Redirects are not followed: the address that was
// given is the one that is asked. See get-json.test.ts.
import { isUtf8 } from 'node:buffer'
import { QueryError } from '../../codes.ts'
import { MAX_ANSWER_BYTES, REQUEST_TIMEOUT_MS } from '../../limits.ts'

export interface Answer {
  readonly status: number
  /** undefined when the body is not JSON. */
  readonly body: unknown
}

export interface GetLimits {
  readonly answerBytes: number
  readonly timeoutMs: number
}

const usual: GetLimits = { answerBytes: MAX_ANSWER_BYTES, timeoutMs: REQUEST_TIMEOUT_MS }

/** Throws BACKEND_UNREACHABLE, BACKEND_ANSWER_TOO_LARGE; a status is the caller's to judge. */
export async function getJson(url: URL, limits: GetLimits = usual): Promise<Answer> {
  const { answerBytes, timeoutMs } = limits
  try {
    const response = await fetch(url, {
      headers: { accept: 'application/json' },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
    })
    const bytes = await readWithin(response, answerBytes)
    if (bytes === null) throw new QueryError('BACKEND_ANSWER_TOO_LARGE', url.pathname)
    return { status: response.status, body: parse(bytes) }
  } catch (error) {
    if (error instanceof QueryError) throw error
    const { cause, name } = error as Error & { cause?: { code?: string } }
    const why = `${url.origin}: ${cause?.code ?? name}`
    throw new QueryError('BACKEND_UNREACHABLE', why, { cause: error })
  }
}

/** The body, or null when it is longer; Content-Length is not believed. */
async function readWithin(response: Response, limit: number): Promise<Buffer | null> {
  const chunks: Uint8Array[] = []
  let total = 0
  for await (const chunk of response.body ?? []) {
    total += chunk.length
    // Leaving the loop cancels the body, and with it the connection.
    if (total > limit) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

function parse(bytes: Buffer): unknown {
  if (!isUtf8(bytes)) return undefined
  try {
    return JSON.parse(bytes.toString()) as unknown
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}
