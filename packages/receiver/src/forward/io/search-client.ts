// The official clients of OpenSearch and Elasticsearch, as far as the sink needs them, and what
// their failures mean. Each is loaded when a sink of its kind is there, and not before.
import { Agent as HttpAgent, type ClientRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
import { MAX_SEARCH_ANSWER_BYTES } from '../../limits.ts'
import { retryAfterMs } from '../backoff.ts'
import { type Later, later } from '../outcome.ts'

export interface SearchClientOptions {
  readonly type: 'opensearch' | 'elasticsearch'
  readonly url: string
  /** Sent with each request; may hold a password or token. */
  readonly headers: Readonly<Record<string, string>>
  readonly timeoutMs: number
  readonly signal: AbortSignal
}

/** An answer of any HTTP status. */
export interface SearchAnswer {
  readonly outcome: 'answered'
  readonly status: number
  readonly body: unknown
  readonly retryAfterMs: number
}

/** The methods that both clients have in the same form. */
export interface OfficialClient {
  bulk(params: { index: string; body: object[]; filter_path: string }): OfficialRequest
  readonly indices: {
    getIndexTemplate(params: { name: string }): OfficialRequest
    putIndexTemplate(params: { name: string; body: object }): OfficialRequest
    getDataStream(params: { name: string }): OfficialRequest
    createDataStream(params: { name: string }): OfficialRequest
    create(params: { index: string }): OfficialRequest
  }
}

interface OfficialAnswer {
  readonly statusCode: number | null
  readonly body: unknown
}

type OfficialRequest = PromiseLike<OfficialAnswer>

export interface SearchClient {
  /** Sends one request. Never rejects: a network that fails is an outcome. */
  ask(request: (client: OfficialClient) => OfficialRequest): Promise<SearchAnswer | Later>
  /** Ends what is under way. */
  close(): void
}

export async function openSearchClient(options: SearchClientOptions): Promise<SearchClient> {
  const Agent = options.url.startsWith('https:') ? HttpsAgent : HttpAgent
  let refused: string | null = null
  const agent = bounded(new Agent({ keepAlive: true }), (why) => (refused = why))
  let client = await createClient(options, agent)
  return {
    async ask(request) {
      refused = null
      const answer = await answerOf(() => request(client), options)
      if (answer.outcome === 'answered') return answer
      if (refused !== null) return { ...answer, reason: refused }
      // One that only goes on and on is ended, too: all of its connections are.
      if (answer.reason === 'TimeoutError') agent.destroy()
      if (answer.reason !== NOT_SUPPORTED) return answer
      // Elastic's client asks once what the server is, and never again after a wrong answer.
      client = await createClient(options, agent)
      return { ...answer, reason: `${NOT_SUPPORTED}: not an Elasticsearch that its client takes` }
    },
    // Not the clients' own close, which waits for every request to end by itself.
    close: () => agent.destroy(),
  }
}

const NOT_SUPPORTED = 'ProductNotSupportedError'

/** Characters of a system's message about a connection. */
const MAX_TOLD_CHARACTERS = 120

async function createClient(
  { headers, timeoutMs, type, url }: SearchClientOptions,
  agent: HttpAgent,
): Promise<OfficialClient> {
  const { Client } =
    type === 'opensearch'
      ? await import('@opensearch-project/opensearch')
      : await import('@elastic/elasticsearch')
  const client = new Client({
    node: url,
    headers: { ...headers },
    agent: () => agent,
    requestTimeout: timeoutMs,
    // The consumer tries again itself, and waits longer each time.
    maxRetries: 0,
  })
  return client as unknown as OfficialClient
}

/** What both clients lack: they put any answer together, and unpack it, however long it is. */
interface AddingAgent {
  addRequest(request: ClientRequest, ...rest: unknown[]): void
}

/**
 * An agent whose answers end where they are longer than a search engine has to say, or packed,
 * which nobody asked for; `onRefused` hears why.
 */
function bounded(agent: HttpAgent, onRefused: (why: string) => void): HttpAgent {
  const adding = agent as HttpAgent & AddingAgent
  const add = adding.addRequest.bind(agent)
  adding.addRequest = (request, ...rest) => {
    request.once('response', (response: IncomingMessage) => {
      const refuse = (why: string): void => {
        onRefused(why)
        response.destroy()
      }
      const coding = response.headers['content-encoding'] ?? 'identity'
      if (coding !== 'identity') return process.nextTick(refuse, 'its answer is packed')
      let bytes = 0
      response.on('data', (part: Buffer | string) => {
        bytes += Buffer.byteLength(part)
        if (bytes > MAX_SEARCH_ANSWER_BYTES) refuse(`its answer has over ${bytes} bytes`)
      })
    })
    add(request, ...rest)
  }
  return agent
}

/** Within the whole of its time: the clients' own begins anew with each byte. */
async function answerOf(
  request: () => OfficialRequest,
  { signal, timeoutMs }: Pick<SearchClientOptions, 'signal' | 'timeoutMs'>,
): Promise<SearchAnswer | Later> {
  const { promise: ended, resolve } = Promise.withResolvers<Later>()
  const abort = (): void => resolve(later('AbortError'))
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  const timer = setTimeout(() => resolve(later('TimeoutError')), timeoutMs)
  try {
    return await Promise.race([ended, request().then(answered, failureOf)])
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', abort)
  }
}

function answered({ body, statusCode }: OfficialAnswer): SearchAnswer {
  return { outcome: 'answered', status: statusCode ?? 0, body, retryAfterMs: 0 }
}

/** Their errors carry the request, with its headers: only these parts are looked at. */
interface ClientError extends Error {
  readonly statusCode?: number
  readonly body?: unknown
  readonly headers?: Readonly<Record<string, string | undefined>> | null
}

function failureOf(error: ClientError): SearchAnswer | Later {
  const { body, headers, message, name, statusCode: status } = error
  if (name === 'ResponseError' && typeof status === 'number') {
    const waitMs = retryAfterMs(headers?.['retry-after'], Date.now())
    return { outcome: 'answered', status, body, retryAfterMs: waitMs }
  }
  return later(reasonOf(name, message))
}

/** The system's code, or its words, such as those about a certificate; of others the name alone. */
function reasonOf(name: string, message: string): string {
  if (name !== 'ConnectionError') return name
  if (message === 'socket hang up') return 'ECONNRESET'
  const [code] = /\bE[A-Z]{3,}\b/.exec(message) ?? []
  return code ?? `${name}: ${message.slice(0, MAX_TOLD_CHARACTERS)}`
}
