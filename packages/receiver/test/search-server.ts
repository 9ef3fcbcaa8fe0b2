// The few paths of OpenSearch and Elasticsearch that the sink uses, with a hand on what they
// answer. The real servers are in test/peers.
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { INDEX_TEMPLATE_VERSION } from '@grantlog/record/ecs'

/** What a bulk request says of one document. */
export interface ItemAnswer {
  readonly status: number
  readonly error?: { readonly type: string; readonly reason: string }
}

export interface Answer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  /** Instead of a body: whatever it writes. */
  readonly write?: (response: ServerResponse) => void
}

export interface SearchServer {
  readonly url: string
  /** `GET path` or `PUT path`, in order. Where both servers take POST and PUT, clients differ. */
  readonly requests: string[]
  /** Header `authorization` of every request. */
  readonly authorizations: Set<string | undefined>
  /** Documents that were created, by `_id`. */
  readonly documents: Map<string, Document>
  /** The index template of records, once it is put. */
  template: unknown
  hasDataStream: boolean
  knowsDataStreams: boolean
  /** Decides about one document; a taken id is 409 whatever it says. */
  item: (document: Document, id: string) => ItemAnswer
  /** Decides about a whole request, before anything else; null: go on, never: no answer. */
  whole: (request: string, documents: number) => Answer | null | 'never'
  openRequests(): number
  close(): Promise<void>
}

export type Document = Readonly<Record<string, Readonly<Record<string, unknown>>>>

const stream = '/_data_stream/logs-grantlog.record-default'
const template = '/_index_template/grantlog-record'
const notFound = { status: 404, body: { error: { type: 'not_found' }, status: 404 } }

export async function startSearchServer(): Promise<SearchServer> {
  let open = 0
  const server = createServer((request, response) => {
    open++
    response.on('close', () => open--)
    readBody(request).then(
      (text) => {
        const answer = answerTo(request, text)
        if (answer !== 'never') reply(response, answer)
      },
      () => undefined,
    )
  })
  await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
  const state: SearchServer = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests: [],
    authorizations: new Set(),
    documents: new Map(),
    template: null,
    hasDataStream: false,
    knowsDataStreams: true,
    item: () => ({ status: 201 }),
    whole: () => null,
    openRequests: () => open,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }

  function answerTo(
    { headers, method = '', url = '' }: IncomingMessage,
    text: string,
  ): Answer | 'never' {
    const [path = ''] = url.split('?')
    const request = `${method === 'GET' ? 'GET' : 'PUT'} ${path}`
    state.requests.push(request)
    state.authorizations.add(headers.authorization)
    const lines = path.endsWith('/_bulk') ? text.trim().split('\n') : []
    return state.whole(request, lines.length / 2) ?? routes(request, text, lines)
  }

  /** Of log records, which no test looks at further. */
  const logs = new Set<string>()
  function logRoutes(request: string): Answer {
    const [method, path = ''] = request.split(' ')
    if (method === 'GET' && !logs.has(path)) return notFound
    logs.add(path)
    const index_templates = [{ index_template: { _meta: { version: INDEX_TEMPLATE_VERSION } } }]
    return { status: 200, body: { index_templates } }
  }

  function routes(request: string, text: string, lines: readonly string[]): Answer {
    if (lines.length > 0) return { status: 200, body: { items: bulk(lines) } }
    if (request.includes('grantlog-log') || request.includes('grantlog.log')) {
      return logRoutes(request)
    }
    switch (request) {
      case 'GET /':
        return { status: 200, body: root }
      case `GET ${template}`:
        if (state.template === null) return notFound
        return { status: 200, body: { index_templates: [{ index_template: state.template }] } }
      case `PUT ${template}`:
        state.template = JSON.parse(text)
        return { status: 200, body: { acknowledged: true } }
      case `GET ${stream}`:
        if (!state.knowsDataStreams)
          return { status: 405, body: { error: 'Incorrect HTTP method' } }
        return state.hasDataStream ? { status: 200, body: {} } : notFound
      case `PUT ${stream}`:
        state.hasDataStream = true
        return { status: 200, body: { acknowledged: true } }
      case 'PUT /logs-grantlog.record-default':
        return { status: 200, body: { acknowledged: true } }
      default:
        return notFound
    }
  }

  function bulk(lines: readonly string[]): { create: ItemAnswer }[] {
    return lines.flatMap((line, at) => {
      if (at % 2 === 1) return []
      const { create } = JSON.parse(line) as { create: { _id: string } }
      const document = JSON.parse(lines[at + 1]!) as Document
      return [{ create: put(create._id, document) }]
    })
  }

  function put(id: string, document: Document): ItemAnswer {
    if (state.documents.has(id)) {
      const error = { type: 'version_conflict_engine_exception', reason: 'document exists' }
      return { status: 409, error }
    }
    const answer = state.item(document, id)
    if (answer.status === 201) state.documents.set(id, document)
    return answer
  }

  return state
}

/** What the product check of Elastic's client wants to see. */
const root = {
  version: { number: '7.10.2', build_flavor: 'default' },
  tagline: 'You Know, for Search',
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks).toString()
}

function reply(response: ServerResponse, { body, headers, status, write }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers })
  if (write !== undefined) return write(response)
  response.end(body === undefined ? '' : JSON.stringify(body))
}
