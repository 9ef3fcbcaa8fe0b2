// Tells when a response has ended. Node's own channel says so, for a listener on the response could
// be counted by the application. What the channel does not say (HTTP/2, a connection that broke) a
// timer finds.
import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { fence, type OnHookError } from '../fence.ts'
import { countRunning, type Running } from '../running.ts'
import { isObject, record } from '../unknown.ts'

const finished = 'http.server.response.finish'
const sweepIntervalMs = 1_000
/** A response on a broken connection that nobody ends is given up after so long. */
const abandonedAfterMs = 60_000

/** Responses that are on their way, each with something kept for it. */
export interface Responses<T> {
  readonly get: (response: object) => T | undefined
  readonly open: (response: object, kept: T) => void
  /** It is complete, though Node has not said so. */
  readonly end: (response: object) => void
  readonly isEmpty: () => boolean
  readonly settle: Running['settle']
  /** Ends them all. */
  readonly stop: () => void
}

/** `onEnd` gets what was kept when its response has ended, `onEmpty` comes after the last one. */
export function createResponses<T>(options: {
  readonly onEnd: (kept: T) => void
  readonly onEmpty: () => void
  readonly onError: OnHookError
}): Responses<T> {
  const { onEnd, onEmpty, onError } = options
  const open = new Map<object, { readonly kept: T; readonly sinceMs: number }>()
  const running = countRunning()
  let timer: NodeJS.Timeout | undefined

  function end(response: object): void {
    const one = open.get(response)
    if (one === undefined) return
    open.delete(response)
    fence(() => onEnd(one.kept), onError)
    running.leave()
    if (open.size > 0) return
    unsubscribe(finished, onFinish)
    clearInterval(timer)
    onEmpty()
  }

  function onFinish(message: unknown): void {
    // What a subscriber throws ends the process.
    fence(() => {
      const { response } = record(message)
      if (isObject(response)) end(response)
    }, onError)
  }

  function sweep(): void {
    for (const [response, { sinceMs }] of open) {
      const { writableEnded, destroyed } = record(response)
      const isAbandoned = destroyed === true && performance.now() - sinceMs > abandonedAfterMs
      if (writableEnded === true || isAbandoned) end(response)
    }
  }

  return {
    get: (response) => open.get(response)?.kept,
    open: (response, kept) => {
      if (open.size === 0) {
        subscribe(finished, onFinish)
        timer = setInterval(() => fence(sweep, onError), sweepIntervalMs).unref()
      }
      open.set(response, { kept, sinceMs: performance.now() })
      running.enter()
    },
    end,
    isEmpty: () => open.size === 0,
    settle: running.settle,
    stop: () => {
      for (const response of open.keys()) end(response)
    },
  }
}
