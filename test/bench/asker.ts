// Sends requests to a host, in a process of its own that lives as long as the benchmark: what it
// costs is not the host's. Each message names a port, the requests and how many; the answer is one
// message when all are answered. Ends with 1 for anything but 200.
import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A message to this process. */
export interface Asked {
  readonly port: number
  /** Whole requests over HTTP/1.1, one after the other and again. */
  readonly requests: readonly string[]
  readonly count: number
}

const connections = 16
const headEnd = '\r\n\r\n'

process.on('message', (asked: Asked) => void askAll(asked))

async function askAll({ count, port, requests }: Asked): Promise<void> {
  let left = count
  const next = (): string | null => (left > 0 ? requests[left-- % requests.length]! : null)
  await Promise.all(Array.from({ length: connections }, () => askOver(port, next)))
  process.send!({ answered: count })
}

async function askOver(port: number, next: () => string | null): Promise<void> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  socket.setNoDelay(true)
  for (let request = next(); request !== null; request = next()) {
    const answer = answerOn(socket)
    socket.write(request)
    await answer
  }
  socket.destroy()
}

/** Resolves when a whole response came. */
function answerOn(socket: Socket): Promise<void> {
  return new Promise((resolve, reject) => {
    let text = ''
    const onData = (part: Buffer): void => {
      text += part.toString('latin1')
      const bodyAt = text.indexOf(headEnd) + headEnd.length
      if (bodyAt < headEnd.length) return
      const length = /^content-length: (\d+)/im.exec(text)?.[1]
      if (text.length < bodyAt + Number(length ?? 0)) return
      socket.off('data', onData)
      if (length !== undefined && text.startsWith('HTTP/1.1 200 ')) resolve()
      else reject(new Error(text))
    }
    socket.on('data', onData)
  })
}
