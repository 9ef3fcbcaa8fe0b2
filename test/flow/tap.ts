// Two ends of the wire for tests: a proxy that keeps all that goes through it, and an OTLP backend
// that keeps all it gets.
import { createServer, type IncomingMessage, request as httpRequest, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

/** A request and its answer; headers as they came, names and values in turn. */
export interface Exchange {
  readonly request: { readonly line: string; readonly rawHeaders: readonly string[] }
  readonly sent: Buffer
  readonly status: number
  readonly rawHeaders: readonly string[]
  readonly answer: Buffer
}

export interface Tap {
  readonly url: string
  /** Everything seen: request lines, headers and bodies, both ways. */
  readonly seen: Buffer[]
  /** The same, one by one; those of a proxy. */
  readonly exchanges: Exchange[]
  close(): Promise<void>
}

/** Passes every request on to `target`, unchanged; those that it `stops` it answers with 400. */
export async function startProxy(
  target: string | (() => string),
  stops: (incoming: IncomingMessage, sent: Buffer) => boolean = () => false,
): Promise<Tap> {
  const seen: Buffer[] = []
  const exchanges: Exchange[] = []
  const server = createServer(async (incoming, outgoing) => {
    const sent = await buffer(incoming)
    const request = { line: `${incoming.method} ${incoming.url}`, rawHeaders: incoming.rawHeaders }
    seen.push(Buffer.from(`${request.line}\n${request.rawHeaders.join('\n')}`), sent)
    if (stops(incoming, sent)) return void outgoing.writeHead(400).end()
    const to = typeof target === 'string' ? target : target()
    const onward = httpRequest(new URL(incoming.url!, to), {
      method: incoming.method!,
      headers: incoming.headers,
    })
    onward.on('error', () => outgoing.destroy())
    onward.on('response', async (response) => {
      const answer = await buffer(response)
      const { rawHeaders, statusCode: status = 0 } = response
      seen.push(Buffer.from(rawHeaders.join('\n')), answer)
      exchanges.push({ request, sent, status, rawHeaders, answer })
      outgoing.writeHead(status, rawHeaders).end(answer)
    })
    onward.end(sent)
  })
  return listening(server, { seen, exchanges })
}

/** An OTLP/HTTP backend that takes everything. */
export async function startBackend(): Promise<Tap> {
  const seen: Buffer[] = []
  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming)
    if (incoming.url === '/v1/traces') seen.push(body)
    outgoing.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
  })
  return listening(server, { seen, exchanges: [] })
}

async function listening(server: Server, kept: Pick<Tap, 'seen' | 'exchanges'>): Promise<Tap> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    ...kept,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
