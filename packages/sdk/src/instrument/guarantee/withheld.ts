// What a client gets instead of a response whose record is not safe: an error of OAuth (RFC 6749
// section 5.2) under 503, whatever it asked. Nothing of the host's own response is in it.
import type { SdkCode } from '../../codes.ts'
import { withheldRetryAfterS } from '../../limits.ts'

const code: SdkCode = 'RESPONSE_WITHHELD'

/** The response as bytes; of HEAD without its body. `nowMs`: Unix time. */
export function withheldResponse(method: string, nowMs: number): Uint8Array {
  const body = `${JSON.stringify({
    error: 'temporarily_unavailable',
    error_description: `${code}: the record of this request is not safe yet, so its answer was \
withheld. What it asked for may have been done. Try again later`,
  })}\n`
  const head = [
    'HTTP/1.1 503 Service Unavailable',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    'Cache-Control: no-store',
    `Retry-After: ${withheldRetryAfterS}`,
    `Date: ${new Date(nowMs).toUTCString()}`,
    'Connection: close',
  ]
  return Buffer.from(`${head.join('\r\n')}\r\n\r\n${method === 'HEAD' ? '' : body}`)
}
