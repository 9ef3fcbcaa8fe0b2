// How many rows a response had, as the application itself says it: nobody else looks at bodies.
// What takes it is the thread's, for a program may load this package twice. See rows.test.ts.
import { servedOf } from './defined/seam.ts'
import { fence, type OnHookError } from './fence.ts'
import type { Scopes } from './scopes.ts'

type Take = (count: unknown, request: unknown) => void

const key = Symbol.for('@grantlog/sdk rows')

const here = globalThis as { [key]?: Take | undefined }

/**
 * Says that the response to the request that is served here and now has `count` rows, or items;
 * what is said of one request adds up. Hand over `request`, Node's own or the framework's, where it
 * is called from a listener of the body: Node runs these outside of what the request began.
 *
 * It is told as `audit.response.rows` of the record of an access, and goes before what the
 * response's `Content-Range` says. Call it before the response ends; where the policy has it held
 * (`spooled`, `blocking`), before it begins. Nothing happens without the SDK, apart from a request,
 * and with what is no whole number of at least 0. Never throws.
 */
export function auditRows(count: number, request?: object): void {
  here[key]?.(count, request)
}

/** Takes them from now on; returns how to stop. */
export function takeRows(scopes: Scopes, onError: OnHookError): () => void {
  const take: Take = (count, request) => {
    fence(() => {
      if (!isCount(count)) return
      const served = servedOf([request], scopes)
      if (served === undefined) return
      served.rows = Math.min((served.rows ?? 0) + count, Number.MAX_SAFE_INTEGER)
    }, onError)
  }
  here[key] = take
  return () => {
    if (here[key] === take) here[key] = undefined
  }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}
