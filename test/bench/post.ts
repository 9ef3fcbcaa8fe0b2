// Sends one body, again and again until it is taken, as senders do.
import { once } from 'node:events'
import { type Agent, type OutgoingHttpHeaders, request } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'

const againMs = 5

/** Resolves with how often it was asked to come again. Rejects for a refusal. */
export async function postUntilTaken(url: string, agent: Agent, body: Uint8Array): Promise<number> {
  let busy = 0
  while ((await post(url, agent, body)) !== 'taken') {
    busy++
    await delay(againMs)
  }
  return busy
}

/** Throws for any answer but 200 and `come again`; a 200 that refuses spans is no 200. */
async function post(url: string, agent: Agent, body: Uint8Array): Promise<'taken' | 'busy'> {
  const type = 'application/x-protobuf'
  const headers: OutgoingHttpHeaders = { 'content-type': type, 'content-length': body.length }
  const asked = request(url, { method: 'POST', agent, headers })
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
