// Requests whose client has left before the host had an answer: the host goes on, may only now find
// out who asks, and does it all the same. Their records wait for that, or whoever hangs up at once
// would act without a name. Node tells of none of these answers, for they reach nobody, so that
// responses are looked at.
import { AsyncLocalStorage } from 'node:async_hooks'
import { lateToldMs, unansweredLookMs, unansweredMax } from '../../limits.ts'
import { fence, type OnHookError } from '../fence.ts'
import type { Message } from './snapshot.ts'

export interface Unanswered {
  /** Calls `conclude` once: when the host has answered, or after `lateToldMs`. */
  readonly enter: (message: Message, conclude: () => void) => void
  readonly has: (message: Message) => boolean
  /** Now, if it waits. */
  readonly conclude: (message: Message) => void
  readonly concludeAll: () => void
}

interface Entry {
  readonly message: Message
  readonly conclude: () => void
  readonly sinceMs: number
}

/** Its timer is unref'd and runs while something waits, outside of any request's context. */
export function createUnanswered(onError: OnHookError): Unanswered {
  const detached = AsyncLocalStorage.snapshot()
  /** The oldest first; few at any time. */
  let entries: Entry[] = []
  let timer: NodeJS.Timeout | undefined

  function take(at: number): void {
    const [entry] = entries.splice(at, 1)
    if (entry !== undefined) fence(entry.conclude, onError)
  }

  function look(): void {
    timer = undefined
    const nowMs = performance.now()
    const [done, waiting] = [[] as Entry[], [] as Entry[]]
    for (const entry of entries) (isDone(entry, nowMs) ? done : waiting).push(entry)
    entries = waiting
    for (const { conclude } of done) fence(conclude, onError)
    if (entries.length > 0) lookLater()
  }

  function lookLater(): void {
    timer ??= setTimeout(look, unansweredLookMs).unref()
  }

  const atOf = ({ request }: Message): number =>
    entries.findIndex(({ message }) => message.request === request)

  return {
    enter: (message, conclude) => {
      if (entries.length >= unansweredMax) take(0)
      entries.push({ message, conclude, sinceMs: performance.now() })
      detached(lookLater)
    },
    has: (message) => entries.length > 0 && atOf(message) >= 0,
    conclude: (message) => {
      const at = entries.length === 0 ? -1 : atOf(message)
      if (at >= 0) take(at)
    },
    concludeAll: () => {
      while (entries.length > 0) take(0)
    },
  }
}

function isDone({ message: { response }, sinceMs }: Entry, nowMs: number): boolean {
  return response.writableEnded || nowMs - sinceMs >= lateToldMs
}
