// Sends requests to a host, in a process of its own that lives as long as the benchmark: what it
// costs is not the host's. Each message names a port, the requests and how many; the answer is one
// message when all are answered. Ends with 1 for anything but 200.
import { once } from 'node:events'
import { connect } from 'node:net'
import { answerOn, isOk } from './answer.ts'

/** A message to this process. */
export interface Asked {
  readonly port: number
  /** Whole requests over HTTP/1.1, one after the other and again. */
  readonly requests: readonly string[]
  readonly count: number
}

const connections = 16

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
    const asked = answerOn(socket)
    socket.write(request)
    const answer = await asked
    if (!isOk(answer) || answer.bodyBytes === null) throw new Error(answer.text)
  }
  socket.destroy()
}
