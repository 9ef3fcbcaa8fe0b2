// One delivery to a server of syslog, over TLS (RFC 5425) or TCP. Syslog has no answers, and what
// a socket took may be lost with the server. So each delivery has a connection of its own, and is
// taken when the server, having read to the end, closed it as well. See syslog.test.ts.
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'
import { DELIVERY_TIMEOUT_MS } from '../finding-limits.ts'
import type { Channel, Delivery, Outcome } from '../alerts/channel.ts'

/** Of TLS (RFC 5425 4.1). */
const defaultPort = 6514

/** Never throws: a network that fails is an outcome. */
export async function sendSyslog(
  channel: Pick<Channel, 'tls' | 'url'>,
  { body }: Delivery,
  {
    signal: ending,
    timeoutMs = DELIVERY_TIMEOUT_MS,
  }: { readonly signal?: AbortSignal; readonly timeoutMs?: number } = {},
): Promise<Outcome> {
  const timeout = AbortSignal.timeout(timeoutMs)
  const signal = ending === undefined ? timeout : AbortSignal.any([timeout, ending])
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const later = (reason: string): void => resolve({ outcome: 'later', reason, waitMs: 0 })
  let isWritten = false
  const stop = (): void => later(isWritten ? 'it was not read to its end' : 'no answer in time')
  signal.addEventListener('abort', stop, { once: true })
  if (signal.aborted) stop()
  let socket: Socket | undefined
  try {
    socket = open(channel, (opened) => opened.end(body, () => (isWritten = true)))
      .on('error', (error) => later(reasonOf(error)))
      .once('close', () => (isWritten ? resolve({ outcome: 'taken' }) : later('closed too early')))
      // What it says means nothing.
      .resume()
    return await promise
  } catch (error) {
    // Certificates that cannot be used.
    return { outcome: 'later', reason: reasonOf(error), waitMs: 0 }
  } finally {
    signal.removeEventListener('abort', stop)
    socket?.destroy()
  }
}

function open(
  { tls, url }: Pick<Channel, 'tls' | 'url'>,
  onOpen: (socket: Socket) => void,
): Socket {
  const { hostname, port, protocol } = new URL(url)
  const at = { host: hostname.replace(/^\[(.*)\]$/, '$1'), port: Number(port || defaultPort) }
  const socket: Socket =
    protocol === 'tcp:'
      ? connectTcp(at, () => onOpen(socket))
      : connectTls({ ...at, ...tls }, () => onOpen(socket))
  return socket
}

/** A code such as ECONNREFUSED; never the message, which may have names and paths. */
function reasonOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'no connection'
}
