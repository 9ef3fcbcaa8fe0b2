// One response on a connection of our own: for processes that must cost little themselves.
import type { Socket } from 'node:net'

export interface Answer {
  /** Head and body. */
  readonly text: string
  /** By its content-length; null: it has none. */
  readonly bodyBytes: number | null
}

const headEnd = '\r\n\r\n'

/** Resolves with the end of the next response. Rejects when the connection is closed before. */
export function answerOn(socket: Socket): Promise<Answer> {
  const { promise, reject, resolve } = Promise.withResolvers<Answer>()
  let text = ''
  const onData = (chunk: Buffer): void => {
    text += chunk.toString('latin1')
    const bodyAt = text.indexOf(headEnd) + headEnd.length
    if (bodyAt < headEnd.length) return
    const length = /\r\ncontent-length: (\d+)\r\n/i.exec(text)?.[1]
    const bodyBytes = length === undefined ? null : Number(length)
    if (text.length < bodyAt + (bodyBytes ?? 0)) return
    socket.off('data', onData).off('close', onClose)
    resolve({ text, bodyBytes })
  }
  const onClose = (): void => reject(new Error('the connection was closed'))
  socket.on('data', onData).once('close', onClose)
  return promise
}

export function isOk({ text }: Answer): boolean {
  return text.startsWith('HTTP/1.1 200 ')
}
