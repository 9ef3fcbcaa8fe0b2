// The exporter's own HTTP: node:http with an agent of its own. The context key tells the
// application's OpenTelemetry instrumentation, if any, not to make spans of our requests.
import {
  Agent as HttpAgent,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  request as httpRequest,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { context, createContextKey } from '@opentelemetry/api'
import { SdkError } from '../../codes.ts'
import { requestTimeoutMs, responseBytesMax } from '../../limits.ts'

/** An HTTP answer, its body at most 64 KiB unless the client was made for more. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Uint8Array
}

/** Client of one endpoint. Each call rejects on a network error, a timeout or a too long body. */
export interface HttpClient {
  readonly post: (path: string, body: Uint8Array, contentType: string) => Promise<HttpAnswer>
  readonly get: (path: string, headers?: OutgoingHttpHeaders) => Promise<HttpAnswer>
  readonly close: () => void
}

/** Name and registration as in @opentelemetry/core; keys of one description are equal. */
const suppressTracing = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

/**
 * `endpoint` is a base URL without slash at its end. Sockets and timers never keep the process
 * alive.
 */
export function createHttpClient(
  endpoint: string,
  timeoutMs: number = requestTimeoutMs,
  bytesMax: number = responseBytesMax,
): HttpClient {
  const isSecure = endpoint.startsWith('https:')
  const agent = isSecure
    ? new HttpsAgent({ keepAlive: true, maxSockets: 2 })
    : new HttpAgent({ keepAlive: true, maxSockets: 2 })
  const start = isSecure ? httpsRequest : httpRequest

  function send(method: string, path: string, content: Content): Promise<HttpAnswer> {
    const { headers } = content
    return new Promise((resolve, reject) => {
      const request = start(`${endpoint}${path}`, { method, agent, headers }, (response) => {
        collect(response, bytesMax).then(resolve, reject)
      })
      // From first to last: a socket's own timeout starts again with each byte that drips in.
      const deadline = setTimeout(() => {
        const error = new SdkError('EXPORT_FAILING', 'timeout')
        reject(error)
        request.destroy(error)
      }, timeoutMs).unref()
      request.on('socket', (socket) => socket.unref())
      request.on('error', reject)
      request.on('close', () => clearTimeout(deadline))
      request.end(content.body)
    })
  }

  const quietly = <T>(run: () => T): T =>
    context.with(context.active().setValue(suppressTracing, true), run)
  return {
    post: (path, body, type) => {
      const headers = { 'content-type': type, 'content-length': body.length }
      return quietly(() => send('POST', path, { body, headers }))
    },
    get: (path, headers = {}) => quietly(() => send('GET', path, { headers })),
    close: () => agent.destroy(),
  }
}

interface Content {
  readonly body?: Uint8Array
  readonly headers: OutgoingHttpHeaders
}

async function collect(response: IncomingMessage, bytesMax: number): Promise<HttpAnswer> {
  const parts: Buffer[] = []
  let length = 0
  for await (const part of response as AsyncIterable<Buffer>) {
    length += part.length
    if (length > bytesMax) {
      throw new SdkError('EXPORT_FAILING', `more than ${bytesMax} bytes`)
    }
    parts.push(part)
  }
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    body: Buffer.concat(parts),
  }
}
