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

const rangeForm = /\ncontent-range:([^\r\n]*)/i
/** With a unit or, as PostgREST writes it, without; and of no rows at all. */
const rowsForm = /^(?:([!#$%&'*+.^`|~\w-]+) )?(?:(\d{1,16})-(\d{1,16})\/(?:(\d{1,16})|\*)|\*\/0)$/

/**
 * Rows that a response had by its `Content-Range` (RFC 9110 section 14.4), whatever their unit is
 * called but bytes. Null: it does not say, says it twice, or so that it cannot be. `*` with another
 * length than 0 says nothing: PostgREST writes it, too, where the body has what was inserted.
 */
export function rowsIn({ method, head, status }: Omit<Sent, 'written' | 'isCut'>): number | null {
  if (method === 'HEAD' || status < 200 || status === 204 || status > 299) return null
  const found = rangeForm.exec(head)
  if (found === null || rangeForm.test(head.slice(found.index + 1))) return null
  const said = rowsForm.exec(found[1]!.trim())
  if (said === null || said[1]?.toLowerCase() === 'bytes') return null
  const [, , first, last, length] = said
  return first === undefined ? 0 : rowsOf(Number(first), Number(last), Number(length ?? Infinity))
}

/** The section: what ends before it begins, or behind the whole, is not valid. */
function rowsOf(first: number, last: number, length: number): number | null {
  const isSafe = length === Infinity || Number.isSafeInteger(length)
  return isSafe && first <= last && last < length ? integer(last - first + 1) : null
}
