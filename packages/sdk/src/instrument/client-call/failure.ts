// Why a request failed: what the answer said, or what kept it from coming.
import type { CallErrorFacts } from '../../facts.ts'
import { attempt, integer, type Members, record, text } from '../unknown.ts'

export const other = '_OTHER'

const codeForm = /^[a-z_]{1,64}$/
const systemCodeForm = /^[A-Z][A-Z0-9_]{1,63}$/
/** Names of classes as people give them; anything else may hold what somebody typed. */
const classForm = /^(?:[A-Z][A-Za-z0-9]{0,54})?(?:Error|Exception)$/

/**
 * The error of an answer: a code in its body (RFC 6749 section 5.2), also beside a status of
 * success, as some servers have it; else the status. null: it is none.
 */
export function answerFailure(status: number, { error }: Members): CallErrorFacts | null {
  if (typeof error === 'string' && error !== '') return protocolFailure(error)
  return status >= 200 && status < 300 ? null : statusFailure(status)
}

/** A code that the server wrote. */
export function protocolFailure(error: unknown): CallErrorFacts {
  const code = typeof error === 'string' && codeForm.test(error) ? error : other
  return { code, type: code, reason: null, by: 'server' }
}

/** A status that says it failed, without a code. */
export function statusFailure(status: number): CallErrorFacts {
  const reason = status === 429 ? 'rate_limited' : status >= 500 ? 'internal' : null
  return { code: null, type: `${status}`, reason, by: 'server' }
}

/** What kept an answer from coming. */
export function networkFailure(error: unknown): CallErrorFacts {
  const type = typeOf(error)
  const reason = isUnreachable(type) ? 'unreachable' : null
  return { code: null, type, reason, by: 'network' }
}

/** The application gave up; that says nothing of the other side. */
const aborts = new Set(['ABORT_ERR', 'UND_ERR_ABORTED', 'UND_ERR_DESTROYED'])

function isUnreachable(type: string): boolean {
  if (type === 'TimeoutError') return true
  return systemCodeForm.test(type) && !aborts.has(type) && !/^(?:UND_)?ERR_INVALID_/.test(type)
}

/** The code nearest to the ground (ECONNREFUSED below `fetch failed`), else the class. */
function typeOf(error: unknown): string {
  const chain = causesOf(error)
  const codes = chain.map(({ code }) => text(code)).filter((one) => one !== null)
  const code = codes.findLast((one) => systemCodeForm.test(one))
  if (code !== undefined) return code
  const names = chain.map(({ name }) => text(name)).filter((one) => one !== null)
  return names.find((one) => classForm.test(one)) ?? other
}

/** An error and the errors that it says caused it, at most four: other causes hold secrets. */
export function causesOf(error: unknown): Members[] {
  const chain: Members[] = []
  for (let one = error; isError(one) && chain.length < 4;) {
    const members = record(one)
    chain.push(members)
    one = attempt(() => members.cause)
  }
  return chain
}

/** Of any realm. */
function isError(value: unknown): boolean {
  return /^\[object (?:Error|DOMException)\]$/.test(Object.prototype.toString.call(value))
}

/** An HTTP status. */
export function statusOf(value: unknown): number | null {
  const status = integer(value)
  return status !== null && status >= 100 && status < 600 ? status : null
}
