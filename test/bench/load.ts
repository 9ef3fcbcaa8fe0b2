// Sends bodies over kept-alive connections, in a process of its own. Arguments: a URL, then a file
// of bodies for each connection. Says `ready`, begins with a line on stdin, ends with a line of
// JSON: what was answered. What is refused for a while comes again, as senders do.
import { once } from 'node:events'
import { Agent } from 'node:http'
import { readBodies } from './bodies.ts'
import { postUntilTaken } from './post.ts'

export interface Sent {
  /** Answered with 200. */
  readonly requests: number
  /** Asked to come again. */
  readonly busy: number
  readonly wallMs: number
}

const [url, ...files] = process.argv.slice(2)
const connections = files.map(readBodies)
process.stdout.write('ready\n')
await once(process.stdin, 'data')
const began = performance.now()
let busy = 0
await Promise.all(connections.map(sendAll))
const requests = connections.reduce((sum, bodies) => sum + bodies.length, 0)
const sent: Sent = { requests, busy, wallMs: performance.now() - began }
process.stdout.write(`${JSON.stringify(sent)}\n`)
process.stdin.destroy()

async function sendAll(bodies: readonly Buffer[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 })
  for (const body of bodies) busy += await postUntilTaken(url!, agent, body)
  agent.destroy()
}
