// An Elasticsearch as far as searches go: what it answered once is answered again, page by page.
import type { IncomingMessage } from 'node:http'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { bodyOf, type Servers } from './server.ts'

export interface RecordedAnswer {
  readonly _shards: object
  readonly hits: { readonly hits: readonly RecordedHit[] }
}

export interface RecordedHit {
  readonly _index: string
  readonly _id: string
  readonly _source: Json
}

export type Json = { [name: string]: unknown }

/** One of the files of recorded/; numbers beyond 2^53 are rounded, so only for what has none. */
export function recorded(name: string): RecordedAnswer {
  return JSON.parse(recordedText(name)) as RecordedAnswer
}

export function recordedText(name: string): string {
  return readFileSync(join(import.meta.dirname, 'recorded', name), 'utf8')
}

export interface Asked {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  readonly body: Json
}

export interface SearchServer {
  readonly url: string
  readonly asked: Asked[]
}

/**
 * Answers a search with the texts that `answers` gives, and every next page with the next. A query
 * that has `refused` in it means nothing to the mapping of the index.
 */
export async function searchServer(
  { serve }: Servers,
  answers: (indices: string) => readonly string[],
  refused?: string,
): Promise<SearchServer> {
  const asked: Asked[] = []
  const scrolls = new Map<string, string[]>()
  const url = await serve(async (request, response) => {
    const { pathname, searchParams } = new URL(request.url!, 'http://search')
    const body = ((await bodyOf(request)) ?? {}) as Json
    const { headers, method = '' } = request
    asked.push({ method, path: pathname, query: searchParams, headers, body })
    const answer = (text: string): unknown =>
      response.writeHead(200, { 'content-type': 'application/json' }).end(text)
    if (method === 'DELETE') return answer('{"succeeded":true}')
    if (pathname.endsWith('/_search/scroll')) {
      return answer(scrolls.get(String(body.scroll_id))?.shift() ?? '{}')
    }
    const indices = decodeURIComponent(pathname.split('/').at(-2)!)
    const [first = nothing, ...next] = answers(indices)
    if (body.size === 0) return answer(withIndices(first))
    if (refused !== undefined && JSON.stringify(body.query).includes(refused)) {
      const error = { type: 'search_phase_execution_exception', reason: 'failed to create query' }
      return response.writeHead(400).end(JSON.stringify({ error, status: 400 }))
    }
    const { _scroll_id: id } = JSON.parse(first) as Json
    scrolls.set(String(id), [...next])
    return answer(first)
  })
  return { url, asked }
}

/** The same with the indices that its documents are in, as an aggregation tells them. */
function withIndices(text: string): string {
  const answer = JSON.parse(text) as RecordedAnswer
  const keys = [...new Set(answer.hits.hits.map(({ _index }) => _index))]
  const buckets = keys.map((key) => ({ key, doc_count: 1 }))
  const indices = { doc_count_error_upper_bound: 0, sum_other_doc_count: 0, buckets }
  return JSON.stringify({ ...answer, hits: { hits: [] }, aggregations: { indices } })
}

/** What both servers answer when no index has the name. */
export const nothing = JSON.stringify({
  ...{ took: 0, timed_out: false, _shards: { total: 0, successful: 0, skipped: 0, failed: 0 } },
  hits: { total: { value: 0, relation: 'eq' }, max_score: 0, hits: [] },
})
