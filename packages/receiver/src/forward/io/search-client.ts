// The official clients of OpenSearch and Elasticsearch, as far as the sink needs them, and what
// their failures mean. Each is loaded when a sink of its kind is there, and not before.
import { Agent as HttpAgent } from 'node:http'
import { Agent as HttpsAgent } from 'node:https'
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
  const agent = new Agent({ keepAlive: true })
  let client = await createClient(options, agent)
  return {
    async ask(request) {
      const answer = await answerOf(() => request(client), options.signal)
      if (answer.outcome === 'answered' || answer.reason !== NOT_SUPPORTED) return answer
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

async function answerOf(
  request: () => OfficialRequest,
  signal: AbortSignal,
): Promise<SearchAnswer | Later> {
  const { promise: aborted, resolve } = Promise.withResolvers<Later>()
  const abort = (): void => resolve(later('AbortError'))
  if (signal.aborted) abort()
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await Promise.race([aborted, request().then(answered, failureOf)])
  } finally {
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
