import { subscribe, unsubscribe } from 'node:diagnostics_channel'

const channel = 'http.server.request.start'

/** Counts the HTTP requests this process serves. */
export interface RequestCounter {
  readonly count: () => number
  readonly stop: () => void
}

/**
 * Counts at Node's own diagnostics channel, apart from our hooks: when a hook is bypassed, requests
 * and records drift apart, and that can be seen.
 */
export function countRequests(): RequestCounter {
  let requests = 0
  const onRequest = (): void => {
    requests++
  }
  subscribe(channel, onRequest)
  return { count: () => requests, stop: () => void unsubscribe(channel, onRequest) }
}
