// What the hooks of an API call take, alone, on messages as Node makes them: a request with a token
// that jose has validated.
import { channel } from 'node:diagnostics_channel'
import { once } from 'node:events'
import { createServer, IncomingMessage, request as ask, ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import type { Facts } from '../../packages/sdk/src/facts.ts'
import { verifiedClaims } from '../../packages/sdk/src/instrument/claims.ts'
import { instrumentHttpServer } from '../../packages/sdk/src/instrument/http-server/channels.ts'
import { createScopes } from '../../packages/sdk/src/instrument/scopes.ts'
import { createValidations } from '../../packages/sdk/src/instrument/validations.ts'
import { median } from './statistics.ts'

export interface Collected {
  /** Lets `count` requests begin, be validated and end. */
  readonly collect: (count: number) => void
  /**
   * Median microseconds of one request's hooks, in this process with and without them: they do
   * nothing that does not end before the next step of the request.
   */
  readonly p50Us: () => number
  /** Messages for so many requests, made before. */
  readonly prepare: (count: number) => void
  /** Of the last one. */
  readonly facts: () => Facts
  readonly close: () => Promise<void>
}

const timed = 4_000

function timedBy<T>(work: (value: T) => void): (value: T) => number {
  return (value) => {
    const from = process.hrtime.bigint()
    work(value)
    return Number(process.hrtime.bigint() - from) / 1000
  }
}

const fail = (error: unknown): never => {
  throw error
}

/** `token` is a JWT; its claims are believed. */
export async function openCollector(token: string): Promise<Collected> {
  let facts: Facts | null = null
  const begin = () => ({ record: (told: Facts) => void (facts = told), lose: fail })
  const options = { begin, scopes: createScopes(), onError: fail }
  const hooks = instrumentHttpServer(options)
  const tell = createValidations(options)
  const start = channel('http.server.request.start')
  const finish = channel('http.server.response.finish')
  const alone = channel('nobody listens')
  const { close, socket } = await openConnection()
  const claims: unknown = JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString())
  let messages: ReturnType<typeof messageOf>[] = []
  const serve = (message: (typeof messages)[number]): void => {
    start.publish(message)
    const startedAtMs = performance.now()
    tell({ token, facts: validationOf(claims), startedAtMs, type: 'access_token' })
    finish.publish(message)
  }
  const serveAlone = (message: (typeof messages)[number]): void => {
    alone.publish(message)
    alone.publish(message)
  }
  return {
    p50Us: () => {
      const all = Array.from({ length: timed }, () => messageOf(socket, token))
      const [along, without] = [serve, serveAlone].map((work) => median(all.map(timedBy(work))))
      return along! - without!
    },
    prepare: (count) => {
      messages = Array.from({ length: count }, () => messageOf(socket, token))
    },
    collect: (count) => messages.splice(0, count).forEach(serve),
    facts: () => facts!,
    close: async () => {
      hooks.disable()
      await close()
    },
  }
}

function validationOf(claims: unknown) {
  return {
    library: 'jose',
    error: null,
    format: 'jwt' as const,
    header: { alg: 'ES256', kid: 'key-1' },
    claims: verifiedClaims(claims, [['roles'], ['realm_access', 'roles']]),
  }
}

async function openConnection(): Promise<{ socket: Socket; close: () => Promise<void> }> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const client = ask({ port: (server.address() as { port: number }).port }).end()
  const [request, response] = (await once(server, 'request')) as [IncomingMessage, ServerResponse]
  const close = async (): Promise<void> => {
    response.end()
    await once(client, 'response')
    server.close()
    server.closeAllConnections()
  }
  return { socket: request.socket, close }
}

const usual = {
  host: 'api.example.com',
  accept: 'application/json',
  'user-agent': 'web-shop/3.2 (node)',
  traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
}

function messageOf(socket: Socket, token: string) {
  const request = new IncomingMessage(socket)
  const headers = { ...usual, authorization: `Bearer ${token}` }
  Object.assign(request, { method: 'GET', url: '/orders/4711?page=2', headers })
  const response = new ServerResponse(request)
  response.writeHead(200, { 'content-length': 22, 'content-type': 'application/json' })
  return { request, response, socket }
}
