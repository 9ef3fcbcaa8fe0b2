// Two ends of the wire for tests: a proxy that keeps all that goes through it, and an OTLP backend
// that keeps all it gets.
import { createServer, request as httpRequest, type Server } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'

export interface Tap {
  readonly url: string
  /** Everything seen: request lines, headers and bodies, both ways. */
  readonly seen: Buffer[]
  close(): Promise<void>
}

/** Passes every request on to `target`, unchanged. */
export async function startProxy(target: string): Promise<Tap> {
  const seen: Buffer[] = []
  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming)
    seen.push(
      Buffer.from(`${incoming.method} ${incoming.url}\n${incoming.rawHeaders.join('\n')}`),
      body,
    )
    const onward = httpRequest(new URL(incoming.url!, target), {
      method: incoming.method!,
      headers: { ...incoming.headers, host: new URL(target).host },
    })
    onward.on('error', () => outgoing.destroy())
    onward.on('response', async (response) => {
      const answer = await buffer(response)
      seen.push(Buffer.from(response.rawHeaders.join('\n')), answer)
      outgoing.writeHead(response.statusCode!, response.rawHeaders).end(answer)
    })
    onward.end(body)
  })
  return listening(server, seen)
}

/** An OTLP/HTTP backend that takes everything. */
export async function startBackend(): Promise<Tap> {
  const seen: Buffer[] = []
  const server = createServer(async (incoming, outgoing) => {
    const body = await buffer(incoming)
    if (incoming.url === '/v1/traces') seen.push(body)
    outgoing.writeHead(200, { 'content-type': 'application/x-protobuf' }).end()
  })
  return listening(server, seen)
}

async function listening(server: Server, seen: Buffer[]): Promise<Tap> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  return {
    url: `http://127.0.0.1:${port}`,
    seen,
    close: async () => {
      server.close()
      server.closeAllConnections()
      await once(server, 'close')
    },
  }
}
