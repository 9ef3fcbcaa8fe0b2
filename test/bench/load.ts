// Sends bodies over kept-alive connections, in a process of its own. Arguments: a URL, then a file
// of bodies for each connection. Says `ready`, begins with a line on stdin, ends with a line of
// JSON: what was answered. What is refused for a while comes again, as senders do.
import { once } from 'node:events'
import { Agent, type OutgoingHttpHeaders, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import { readBodies } from './bodies.ts'

export interface Sent {
  /** Answered with 200. */
  readonly requests: number
  /** Asked to come again. */
  readonly busy: number
  readonly wallMs: number
}

const againMs = 5

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
  for (const body of bodies) {
    while ((await post(agent, body)) !== 'taken') {
      busy++
      await delay(againMs)
    }
  }
  agent.destroy()
}

/** Throws for any answer but 200 and `come again`; a 200 that refuses spans is no 200. */
async function post(agent: Agent, body: Buffer): Promise<'taken' | 'busy'> {
  const type = 'application/x-protobuf'
  const headers: OutgoingHttpHeaders = { 'content-type': type, 'content-length': body.length }
  const asked = request(url!, { method: 'POST', agent, headers })
  asked.end(body)
  const [response] = await once(asked, 'response')
  const chunks: Buffer[] = []
  for await (const chunk of response) chunks.push(chunk as Buffer)
  const answer = Buffer.concat(chunks)
  if (response.statusCode === 200 && !isPartial(answer)) return 'taken'
  if (response.statusCode === 429 || response.statusCode === 503) return 'busy'
  throw new Error(`${response.statusCode}: ${answer.toString()}`)
}

/** A Collector writes an empty `partial_success` (field 1), we none, when all was taken. */
function isPartial(answer: Buffer): boolean {
  return answer.length > 0 && !answer.equals(Buffer.of(0x0a, 0))
}
