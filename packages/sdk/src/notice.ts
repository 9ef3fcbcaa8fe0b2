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

function oneLine(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ').slice(0, 500)
}
