// Requests whose Response nobody has judged yet. What a request of oauth4webapi came to is known
// when the Response is processed; one that is thrown away has a record, too, after a while.
import { pendingTimeoutMs } from '../../limits.ts'
import type { OpenCall } from '../client-call/call.ts'
import type { SeenCall } from '../client-call/library.ts'
import type { RequestKind } from './requests.ts'

/** A request that was answered. */
export interface Pending {
  readonly kind: RequestKind
  readonly seen: SeenCall
  readonly open: OpenCall
}

export interface Pendings {
  readonly add: (response: object, pending: Pending) => void
  /** Of the Response among the arguments; each is given once. */
  readonly take: (args: readonly unknown[]) => Pending | null
  /** Gives up waiting for all. */
  readonly flush: () => void
}

/** `giveUp` is called with what nobody took in time. */
export function createPendings(giveUp: (pending: Pending) => void): Pendings {
  const byResponse = new WeakMap<object, Pending>()
  const timers = new Map<Pending, NodeJS.Timeout>()

  function forget(pending: Pending): boolean {
    clearTimeout(timers.get(pending))
    return timers.delete(pending)
  }

  function end(pending: Pending): void {
    if (forget(pending)) giveUp(pending)
  }

  return {
    add: (response, pending) => {
      byResponse.set(response, pending)
      timers.set(pending, setTimeout(end, pendingTimeoutMs, pending).unref())
    },
    take: (args) => {
      for (const arg of args) {
        const pending = typeof arg === 'object' && arg !== null ? byResponse.get(arg) : undefined
        if (pending !== undefined && forget(pending)) return pending
      }
      return null
    },
    flush: () => {
      for (const pending of timers.keys()) end(pending)
    },
  }
}
