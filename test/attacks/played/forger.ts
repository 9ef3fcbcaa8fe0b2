// Between services and their receiver: passes everything on, and keeps a batch that it can send
// once more, changed.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'

export interface Forger {
  /** For services, instead of the receiver's. */
  readonly url: string
  /** Sends a batch that was taken before, with another user agent in it; the answer's status. */
  forge(): Promise<number>
  close(): Promise<void>
}

const kept = Buffer.from('grantlog-demo')
const changed = Buffer.from('grantlog-dem0')

export async function startForger(to: string): Promise<Forger> {
  let batch: { readonly path: string; readonly headers: Headers; readonly body: Buffer } | null =
    null

  async function passOn(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(request)
    const headers = headersOf(request)
    const path = request.url ?? '/'
    const answer = await post(to + path, headers, body)
    response.writeHead(answer.status, Object.fromEntries(answer.headers))
    response.end(Buffer.from(await answer.arrayBuffer()))
    if (batch !== null) return
    const plain = headers.get('content-encoding') === 'gzip' ? gunzipSync(body) : body
    headers.delete('content-encoding')
    if (plain.includes(kept)) batch = { path, headers, body: plain }
  }

  const server = createServer((request, response) => {
    passOn(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async forge() {
      if (batch === null) throw new Error('no batch has passed yet')
      const { body, headers, path } = batch
      const forged = Buffer.from(body)
      for (let at = forged.indexOf(kept); at >= 0; at = forged.indexOf(kept)) {
        changed.copy(forged, at)
      }
      const answer = await post(to + path, headers, forged)
      await answer.arrayBuffer()
      return answer.status
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve())
        server.closeAllConnections()
      }),
  }
}

/** Those of the connection are not passed on (RFC 9110 section 7.6.1). */
const ofConnection = new Set(['connection', 'content-length', 'host', 'keep-alive'])

function headersOf({ headers }: IncomingMessage): Headers {
  const entries = Object.entries(headers).filter(([name]) => !ofConnection.has(name))
  return new Headers(entries.map(([name, value]) => [name, String(value)] as [string, string]))
}

function post(url: string, headers: Headers, body: Buffer): Promise<Response> {
  return fetch(url, { method: 'POST', headers, body: new Uint8Array(body) })
}
