// One POST to a channel, and what its answer means: what is about the data is final, all else comes
// again. Redirects are not followed, and no answer is told but its status: it may quote a token.
import { DELIVERY_TIMEOUT_MS } from '../finding-limits.ts'
import type { Delivery, Outcome } from '../alerts/channel.ts'

const aboutTheData = new Set([400, 410, 413, 422])

/** Never throws: a network that fails is an outcome. */
export async function post(
  url: string,
  { body, headers }: Delivery,
  {
    signal: ending,
    timeoutMs = DELIVERY_TIMEOUT_MS,
  }: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {},
): Promise<Outcome> {
  try {
    const timeout = AbortSignal.timeout(timeoutMs)
    const signal = ending === undefined ? timeout : AbortSignal.any([timeout, ending])
    const asked = { method: 'POST', headers, body, redirect: 'manual', signal } as const
    const answer = await fetch(url, asked)
    // An answer that breaks off behind its head was given.
    await answer.body?.cancel().catch(() => undefined)
    const { ok, status } = answer
    if (ok) return { outcome: 'taken' }
    if (aboutTheData.has(status)) return { outcome: 'refused', reason: `HTTP ${status}` }
    return { outcome: 'later', reason: `HTTP ${status || 'redirect'}`, waitMs: waitOf(answer) }
  } catch (error) {
    return { outcome: 'later', reason: reasonOf(error), waitMs: 0 }
  }
}

/** Of `Retry-After` in seconds; 0 when nothing is said. */
function waitOf({ headers }: Response): number {
  const seconds = Number(headers.get('retry-after') ?? '0')
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1_000 : 0
}

/** A code such as ECONNREFUSED; never the message, which may have the URL. */
function reasonOf(error: unknown): string {
  const { cause, name } = error as { readonly cause?: { readonly code?: string }; name?: string }
  if (name === 'TimeoutError') return 'no answer in time'
  return cause?.code ?? 'no connection'
}
