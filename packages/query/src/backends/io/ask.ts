// One request to a backend, answered in JSON, within limits. Redirects are not followed: the
// address that was given is the one that is asked, and gets the credentials. See ask.test.ts.
import { isUtf8 } from 'node:buffer'
import { QueryError } from '../../codes.ts'
import { MAX_ANSWER_BYTES, REQUEST_TIMEOUT_MS } from '../../limits.ts'

export interface Answer {
  readonly status: number
  /** undefined when the body is not JSON. Whole numbers that no JS number can be are bigints. */
  readonly body: unknown
}

export interface Question {
  readonly method?: 'GET' | 'POST' | 'DELETE'
  /** Sent as JSON. */
  readonly body?: unknown
  /** Credentials; never in an error. */
  readonly headers?: Readonly<Record<string, string>>
}

export interface AskLimits {
  readonly answerBytes: number
  readonly timeoutMs: number
}

const usual: AskLimits = { answerBytes: MAX_ANSWER_BYTES, timeoutMs: REQUEST_TIMEOUT_MS }

/** Throws BACKEND_UNREACHABLE, BACKEND_ANSWER_TOO_LARGE; a status is the caller's to judge. */
export async function ask(
  url: URL,
  question: Question = {},
  limits: AskLimits = usual,
): Promise<Answer> {
  const { answerBytes, timeoutMs } = limits
  const { body, headers = {}, method = 'GET' } = question
  const json = { 'content-type': 'application/json' }
  try {
    const response = await fetch(url, {
      method,
      headers: { accept: 'application/json', ...(body === undefined ? {} : json), ...headers },
      redirect: 'manual',
      signal: AbortSignal.timeout(timeoutMs),
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const bytes = await readWithin(response, answerBytes)
    if (bytes === null) throw new QueryError('BACKEND_ANSWER_TOO_LARGE', url.pathname)
    return { status: response.status, body: parse(bytes) }
  } catch (error) {
    if (error instanceof QueryError) throw error
    const { cause, name } = error as Error & { cause?: { code?: string } }
    // Not the error itself: that of a header quotes its value.
    throw new QueryError('BACKEND_UNREACHABLE', `${url.origin}: ${cause?.code ?? name}`, { cause })
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
    return JSON.parse(bytes.toString(), exact) as unknown
  } catch (error) {
    // A RangeError: nested deeper than the stack is.
    if (error instanceof SyntaxError || error instanceof RangeError) return undefined
    throw error
  }
}

/** JSON.parse would round them, and what was rounded is not what the backend said. */
function exact(_: string, value: unknown, context?: { readonly source?: string }): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value)) return value
  return /^-?[0-9]+$/.test(context?.source ?? '') ? BigInt(context!.source!) : value
}
