// How long a connection of HTTP/2 may stay: only calls keep it. PING, SETTINGS and other frames are
// answered, and are no reason. Proven by connections.test.ts.
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import { type Limits, MAX_IDLE_FRAMES } from '../../limits.ts'
import type { Connections } from '../connections.ts'

/** Ends it when it is idle or too old, and at once when it plays. */
export function watchSession(
  session: ServerHttp2Session,
  limits: Pick<
    Limits,
    'connectionMaxAgeMs' | 'drainTimeoutMs' | 'idleTimeoutMs' | 'requestTimeoutMs'
  >,
  connections: Pick<Connections, 'end'>,
): void {
  const { localAddress, remoteAddress, remotePort } = session.socket
  const cut = (): void => connections.end({ localAddress, remoteAddress, remotePort })
  const close = (): void => {
    // GOAWAY, and the socket is left to the other side, which may keep it.
    session.close()
    timer = setTimeout(cut, limits.drainTimeoutMs).unref()
  }
  const idle = (): NodeJS.Timeout => setTimeout(close, limits.idleTimeoutMs).unref()
  let timer = idle()
  let calls = 0
  let frames = 0
  session.on('stream', (stream: ServerHttp2Stream) => {
    calls++
    frames = 0
    clearTimeout(timer)
    stream.once('close', () => {
      if (--calls > 0) return
      clearTimeout(timer)
      timer = idle()
    })
  })
  const onFrame = (): void => {
    if (++frames <= MAX_IDLE_FRAMES) return
    session.destroy(new Error('frames without end'), constants.NGHTTP2_ENHANCE_YOUR_CALM)
  }
  session.on('ping', onFrame)
  session.on('remoteSettings', onFrame)
  const aging = whenOld(limits.connectionMaxAgeMs, () => {
    session.close()
    return setTimeout(cut, limits.requestTimeoutMs).unref()
  })
  // Its socket is closed by then.
  session.once('close', () => {
    clearTimeout(timer)
    aging.stop()
  })
}

/** A session may get as old as the process: that is more than a timer of Node can take. */
function whenOld(ageMs: number, old: () => NodeJS.Timeout): { readonly stop: () => void } {
  if (ageMs > MAX_TIMER_MS) return { stop: () => undefined }
  let timer = setTimeout(() => (timer = old()), ageMs).unref()
  return { stop: () => clearTimeout(timer) }
}

const MAX_TIMER_MS = 2 ** 31 - 1
