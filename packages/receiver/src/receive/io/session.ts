// How long a connection of HTTP/2 may stay: only calls keep it. PING, SETTINGS and other frames are
// answered, and are no reason. Proven by connections.test.ts.
import { constants, type ServerHttp2Session, type ServerHttp2Stream } from 'node:http2'
import { type Limits, MAX_IDLE_FRAMES } from '../../limits.ts'
import type { Connections } from '../connections.ts'

/** Ends it when it is idle, and at once when it plays. */
export function watchSession(
  session: ServerHttp2Session,
  limits: Pick<Limits, 'drainTimeoutMs' | 'idleTimeoutMs'>,
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
  // Its socket is closed by then.
  session.once('close', () => clearTimeout(timer))
}
