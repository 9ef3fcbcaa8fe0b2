// What the receiver beside us says of itself.
import { ConsoleError } from '../codes.ts'
import { RECEIVER_TIMEOUT_MS } from '../limits.ts'

/** JSON of a path of its admin port; rejects when it does not answer in time. */
export function askReceiver(adminUrl: string): (path: string) => Promise<unknown> {
  return async (path) => {
    const signal = AbortSignal.timeout(RECEIVER_TIMEOUT_MS)
    const response = await fetch(adminUrl.replace(/\/$/, '') + path, { signal, redirect: 'error' })
    // Not ready is an answer, too.
    if (!response.ok && response.status !== 503) {
      throw new ConsoleError('CONSOLE_RECEIVER_SILENT', `status ${response.status}`)
    }
    return response.json()
  }
}
