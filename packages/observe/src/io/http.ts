// The adapter's way to the service: JSON over HTTP, bounded in time and size.
import { readFile } from 'node:fs/promises'
import { answerBytesMax, requestTimeoutMs, secretBytesMax } from '../limits.ts'
import { ObserveError } from '../codes.ts'

export interface JsonAnswer {
  readonly status: number
  /** undefined: it was no JSON. */
  readonly json: unknown
}

/**
 * Rejects with OBSERVE_SOURCE_FAILING, whose cause is a RangeError for too long an answer; follows
 * no redirect, which would take the token along.
 */
export async function askJson(url: string, init: RequestInit): Promise<JsonAnswer> {
  try {
    const signal = AbortSignal.timeout(requestTimeoutMs)
    const response = await fetch(url, { ...init, redirect: 'error', signal })
    const text = await textOf(response)
    return { status: response.status, json: jsonIn(text) }
  } catch (cause) {
    throw new ObserveError('OBSERVE_SOURCE_FAILING', reasonOf(cause), { cause })
  }
}

async function textOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length
    if (bytes > answerBytesMax) throw new RangeError(`more than ${answerBytesMax} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The system's word: a message might quote the URL. */
function reasonOf(error: unknown): string {
  const { cause, name } = error as { cause?: { code?: unknown }; name?: string }
  return typeof cause?.code === 'string' ? cause.code : (name ?? 'unreachable')
}

/** A secret or token in a file. Rejects with OBSERVE_ACCESS. */
export async function readSecret(path: string): Promise<string> {
  let text: string
  try {
    text = (await readFile(path, 'utf8')).trim()
  } catch (cause) {
    const { code } = cause as { code?: string }
    throw new ObserveError('OBSERVE_ACCESS', `${path}: ${code ?? 'unreadable'}`, { cause })
  }
  if (text === '' || text.length > secretBytesMax || /\s/.test(text)) {
    throw new ObserveError('OBSERVE_ACCESS', `${path} holds no secret`)
  }
  return text
}
