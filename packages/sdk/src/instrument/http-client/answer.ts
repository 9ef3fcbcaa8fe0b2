// Bodies of answers: read as far as they are small, whatever they are.
import { brotliDecompressSync, unzipSync } from 'node:zlib'
import { answerBytesMax } from '../../limits.ts'
import { isFormType } from '../client-call/form.ts'
import { attempt, isObject, type Members, record } from '../unknown.ts'

/** What the headers say of a body. */
export interface AnswerHead {
  readonly contentType: string | null
  /** null or empty: as it is. */
  readonly contentEncoding: string | null
  readonly contentLength: string | null
}

/** Collects the body of one answer. */
export interface AnswerBody {
  /** Whether more is wanted. */
  readonly take: (chunk: unknown) => boolean
  /** The members of a JSON object or of a form, which some servers send; null for all else. */
  readonly read: () => Members | null
}

const jsonType = /^\s*application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i

/** Whether an answer is worth reading: JSON or a form, and not said to be large. */
export function isWorthReading({ contentType, contentLength }: AnswerHead): boolean {
  if (contentLength !== null && !(Number(contentLength) <= answerBytesMax)) return false
  return contentType !== null && (jsonType.test(contentType) || isFormType(contentType))
}

/** Keeps views on the chunks, at most {@link answerBytesMax}; reads nothing if there is more. */
export function collectAnswer(head: AnswerHead): AnswerBody {
  const parts: Uint8Array[] = []
  let bytes = 0
  return {
    take: (chunk) => {
      const part = typeof chunk === 'string' ? Buffer.from(chunk) : chunk
      if (!(part instanceof Uint8Array)) return true
      bytes += part.length
      if (bytes <= answerBytesMax) parts.push(part)
      else parts.length = 0
      return bytes <= answerBytesMax
    },
    read: () => {
      if (bytes === 0 || bytes > answerBytesMax) return null
      const plain = attempt(() => decompress(Buffer.concat(parts), head.contentEncoding))
      return plain instanceof Uint8Array ? parse(Buffer.from(plain).toString(), head) : null
    },
  }
}

const options = { maxOutputLength: answerBytesMax }

/** Throws when it is damaged, or larger than the limit. */
function decompress(body: Buffer, encoding: string | null): Buffer | null {
  switch (encoding?.trim().toLowerCase() ?? '') {
    case '':
    case 'identity':
      return body
    case 'gzip':
    case 'x-gzip':
    case 'deflate':
      return unzipSync(body, options)
    case 'br':
      return brotliDecompressSync(body, options)
    default:
      return null
  }
}

function parse(text: string, { contentType }: AnswerHead): Members | null {
  if (isFormType(contentType)) return Object.fromEntries(new URLSearchParams(text))
  const json = attempt(() => JSON.parse(text) as unknown)
  return isObject(json) && !Array.isArray(json) ? record(json) : null
}
