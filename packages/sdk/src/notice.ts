// Notices: one line on stderr for the operator, the same one at most once a minute.
import { SDK_CODES, type SdkCode, SdkError } from './codes.ts'
import { noticeIntervalMs } from './limits.ts'

/** Tells the operator; `detail` must hold no secret. Never throws. */
export type Notify = (code: SdkCode, detail?: string) => void

/** `grantlog: CODE: title [detail]. Fix: fix`, on one line and at most 500 characters of detail. */
export function noticeLine(code: SdkCode, detail?: string): string {
  const { title, fix } = SDK_CODES[code]
  const what = detail === undefined || detail === '' ? title : `${title} [${oneLine(detail)}]`
  return `grantlog: ${code}: ${what}. Fix: ${fix}.\n`
}

/**
 * A {@link Notify} that writes through `write`; a full or closed stderr is ignored. `nowMs` is
 * monotonic: a wall clock that is set back would silence a notice for as long.
 */
export function createNotify(write: (line: string) => void, nowMs: () => number): Notify {
  const printedAt = new Map<SdkCode, number>()
  return (code, detail) => {
    const at = nowMs()
    const before = printedAt.get(code)
    if (before !== undefined && at - before < noticeIntervalMs) return
    printedAt.set(code, at)
    try {
      write(noticeLine(code, detail))
    } catch {
      // A service whose stderr is gone must go on.
    }
  }
}

/** The message of anything thrown; of our own errors what their title does not say. */
export function messageOf(error: unknown): string {
  if (error instanceof SdkError) return error.detail
  return error instanceof Error ? error.message : String(error)
}

const nameForm = /^[A-Z]\w{0,63}$/
const codeForm = /^[A-Z][A-Z0-9_]{2,63}$/
const ownFolder = import.meta.dirname

/**
 * What may be told of an error that is not ours, or that we ran into in values of others: its
 * message may quote a token. `TypeError ERR_JWT_EXPIRED at describe/http.js:31:7`: its class, its
 * code, and where in this package it was; of our own errors what {@link messageOf} says.
 */
export function kindOf(error: unknown): string {
  if (error instanceof SdkError) return error.detail
  if (!(error instanceof Error)) return typeof error
  const { name, code, stack } = error as Error & { readonly code?: unknown }
  const said = nameForm.test(String(name)) ? String(name) : 'Error'
  const told = typeof code === 'string' && codeForm.test(code) ? ` ${code}` : ''
  return `${said}${told}${placeIn(stack)}`
}

/** The first place in a stack that is of this package. */
function placeIn(stack: unknown): string {
  if (typeof stack !== 'string') return ''
  const at = stack.indexOf(`${ownFolder}/`, stack.indexOf('\n    at '))
  const own = at < 0 ? '' : stack.slice(at + ownFolder.length + 1, at + ownFolder.length + 129)
  const [place] = /^[\w./-]+\.[jt]s:\d+:\d+/.exec(own) ?? []
  return place === undefined ? '' : ` at ${place}`
}

function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, 500)
}
