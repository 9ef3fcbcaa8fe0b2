// A response as it went over the wire. Node keeps the head that it sent as `_header`: it has what
// was given to `writeHead`, and what Node added itself. Nothing public has.
import { integer, record, text } from '../unknown.ts'

/** The head as it was sent; empty if none was. */
export function headOf(response: object): string {
  return text(record(response)._header) ?? ''
}

/** What is needed to tell how many bytes of a body were sent. */
export interface Sent {
  readonly method: string
  readonly head: string
  readonly status: number
  /** Bytes that were written to the connection for this response; null if nobody counted. */
  readonly written: number | null
  /** The connection ended before. */
  readonly isCut: boolean
}

/**
 * Bytes of the body: `Content-Length` of a response that is complete, else what was written to the
 * connection behind the head. In that, the framing of chunks is counted, too, a few bytes each.
 */
export function bodyBytes({ method, head, status, written, isCut }: Sent): number | null {
  if (head === '' || method === 'HEAD' || status === 204 || status === 304) return 0
  const length = isCut ? null : lengthIn(head)
  if (length !== null) return length
  return written === null ? null : Math.max(0, written - Buffer.byteLength(head, 'latin1'))
}

/** As Node and the frameworks write it. */
const usual = '\r\nContent-Length: '

function lengthIn(head: string): number | null {
  const at = head.indexOf(usual)
  const found =
    at < 0
      ? /^content-length:[ \t]*(\d{1,15})[ \t]*\r?$/im.exec(head)?.[1]
      : head.slice(at + usual.length, head.indexOf('\r\n', at + usual.length))
  return found !== undefined && /^\d{1,15}$/.test(found) ? integer(Number(found)) : null
}
