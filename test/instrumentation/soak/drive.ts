// Sends requests to the service of the memory soak, over connections that stay open.
import { Agent, request as httpRequest } from 'node:http'

/** What the service tells at its start. */
export interface Told {
  readonly issuer: string
  readonly good: readonly string[]
  readonly expired: string
  readonly basic: string
}

const connections = 16
const agent = new Agent({ keepAlive: true, maxSockets: connections })

/** Statuses by how often they came. */
export type Answered = Map<number, number>

/** Requests `from` to `until`: of ten, one asks for a token and one shows an expired one. */
export async function drive(
  told: Told,
  [from, until]: readonly [number, number],
  answered: Answered,
): Promise<void> {
  let next = from
  const worker = async (): Promise<void> => {
    while (next < until) {
      const status = await ask(told, next++)
      answered.set(status, (answered.get(status) ?? 0) + 1)
    }
  }
  await Promise.all(Array.from({ length: connections }, worker))
}

function ask({ issuer, good, expired, basic }: Told, i: number): Promise<number> {
  if (i % 10 === 0) {
    const type = 'application/x-www-form-urlencoded'
    const headers = { authorization: `Basic ${basic}`, 'content-type': type }
    return send('POST', `${issuer}/token`, headers, 'grant_type=client_credentials')
  }
  const token = i % 10 === 1 ? expired : good[i % good.length]!
  return send('GET', `${issuer}/orders/${i}`, { authorization: `Bearer ${token}` })
}

function send(
  method: string,
  url: string,
  headers: Readonly<Record<string, string>>,
  body?: string,
): Promise<number> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest(url, { agent, method, headers }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0))
    })
    outgoing.on('error', reject).end(body)
  })
}

/** Closes its connections. */
export function hangUp(): void {
  agent.destroy()
}
