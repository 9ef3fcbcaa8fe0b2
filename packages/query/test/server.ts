// Servers that answer what a test says. Real ones are in test/peers.
import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export type Answering = (request: IncomingMessage, response: ServerResponse) => unknown

export interface Servers {
  /** Serves on a free port of the loopback; the URL has no slash at its end. */
  serve(answer: Answering): Promise<string>
  /** A server whose answer is a value in JSON, with a status. */
  saying(body: unknown, status?: number): Promise<string>
  close(): void
}

export function openServers(): Servers {
  const closers: (() => void)[] = []
  const serve = async (answer: Answering): Promise<string> => {
    const server = createServer(answer).listen(0, '127.0.0.1')
    closers.push(() => server.close().closeAllConnections())
    await once(server, 'listening')
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  }
  const saying = (body: unknown, status = 200): Promise<string> =>
    serve((_, response) => response.writeHead(status).end(JSON.stringify(body)))
  return { serve, saying, close: () => closers.splice(0).forEach((close) => close()) }
}

/** The JSON body of a request. */
export async function bodyOf(request: IncomingMessage): Promise<unknown> {
  let text = ''
  for await (const part of request.setEncoding('utf8')) text += String(part)
  return text === '' ? undefined : (JSON.parse(text) as unknown)
}
