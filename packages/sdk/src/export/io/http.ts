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
import { ownAgent } from '../../own-agents.ts'
import type { Access } from '../access.ts'

/** An HTTP answer, its body at most 64 KiB unless the client was made for more. */
export interface HttpAnswer {
  readonly status: number
  readonly headers: IncomingMessage['headers']
  readonly body: Uint8Array
}

/** Client of one endpoint. Each call rejects on a network error, a timeout or a too long body. */
export interface HttpClient {
  /** `authorization` in place of what `access` shows. */
  readonly post: (
    path: string,
    body: Uint8Array,
    contentType: string,
    authorization?: string,
  ) => Promise<HttpAnswer>
  readonly get: (path: string, headers?: OutgoingHttpHeaders) => Promise<HttpAnswer>
  readonly close: () => void
}

/** Name and registration as in @opentelemetry/core; keys of one description are equal. */
const suppressTracing = createContextKey('OpenTelemetry SDK Context Key SUPPRESS_TRACING')

export interface HttpClientOptions {
  /** A base URL without slash at its end. */
  readonly endpoint: string
  /** What the endpoint is shown; that a token is no good is told to it. */
  readonly access?: Access
  readonly timeoutMs?: number
  /** Bytes of an answer's body. */
  readonly bytesMax?: number
}

/** Sockets and timers never keep the process alive. */
export function createHttpClient(options: HttpClientOptions): HttpClient {
  const { access, endpoint, timeoutMs = requestTimeoutMs } = options
  const { bytesMax = responseBytesMax } = options
  const isSecure = endpoint.startsWith('https:')
  const start = isSecure ? httpsRequest : httpRequest
  const agents = createAgents(isSecure, access)

  async function send(method: string, path: string, content: Content): Promise<HttpAnswer> {
    const agent = await agents.current()
    const authorization = content.authorization ?? (await access?.authorization()) ?? null
    const headers = { ...(authorization !== null && { authorization }), ...content.headers }
    const answer = await new Promise<HttpAnswer>((resolve, reject) => {
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
    if (authorization !== null && isBadToken(answer)) access?.refused(authorization)
    return answer
  }

  const quietly = <T>(run: () => T): T =>
    context.with(context.active().setValue(suppressTracing, true), run)
  return {
    post: (path, body, type, authorization) => {
      const headers = { 'content-type': type, 'content-length': body.length }
      return quietly(() => send('POST', path, { body, headers, authorization }))
    },
    get: (path, headers = {}) => quietly(() => send('GET', path, { headers })),
    close: agents.close,
  }
}

/** One agent for as long as the credentials are the same; other ones need new connections. */
function createAgents(
  isSecure: boolean,
  access: Access | undefined,
): { readonly current: () => Promise<HttpAgent>; readonly close: () => void } {
  const options = { keepAlive: true, maxSockets: 2 }
  let agent: HttpAgent | null = isSecure ? null : ownAgent(new HttpAgent(options))
  let shown: object | undefined
  return {
    current: async () => {
      const credentials = isSecure ? await access?.credentials() : undefined
      if (agent !== null && credentials === shown) return agent
      agent?.destroy()
      shown = credentials
      agent = ownAgent(new HttpsAgent({ ...options, ...credentials, minVersion: 'TLSv1.2' }))
      return agent
    },
    close: () => agent?.destroy(),
  }
}

/** RFC 6750, 3.1. Another 401 is about something else: a proof, or that there was no token. */
function isBadToken({ headers, status }: HttpAnswer): boolean {
  return status === 401 && /\berror="?invalid_token\b/.test(headers['www-authenticate'] ?? '')
}

interface Content {
  readonly body?: Uint8Array
  readonly headers: OutgoingHttpHeaders
  readonly authorization?: string | undefined
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
