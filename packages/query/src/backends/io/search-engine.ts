// Searching an Elasticsearch 7.10 or newer, or an OpenSearch, in pages that hold all: by the scroll
// API in the order of the index, which needs no unique field to sort by and no more than the right
// to read. An answer that is only a part of the truth is an error. See search-engine.test.ts.
import { QueryError } from '../../codes.ts'
import { MAX_PAGES, PAGE_DOCUMENTS, SEARCH_KEPT } from '../../limits.ts'
import { type Answer, ask, type Question } from './ask.ts'
import { baseOf } from './base.ts'

type Json = { readonly [name: string]: unknown }

/** A document that a search found. */
export interface Hit {
  /** The index, behind an alias or data stream the one that it is in. */
  readonly index: string
  readonly id: string
  readonly source: unknown
}

export interface Page {
  readonly hits: readonly Hit[]
  /** False when there are more, which limits forbid to read. */
  readonly complete: boolean
}

export interface Search {
  /** Names of indices, aliases and data streams, with `*`, joined by commas. */
  readonly indices: string
  /** In the query DSL. */
  readonly query: Json
  /** Members of documents to read, with `*`; all without. */
  readonly only?: readonly string[]
}

/** All methods throw QueryError. */
export interface SearchEngine {
  /** Whether anything has such a name. */
  has(indices: string): Promise<boolean>
  /** All that matches; between pages the server keeps its place for SEARCH_KEPT. */
  pages(search: Search): AsyncGenerator<Page, void, void>
}

export interface SearchLimits {
  readonly pageDocuments: number
  readonly pages: number
}

const usual: SearchLimits = { pageDocuments: PAGE_DOCUMENTS, pages: MAX_PAGES }

/** `headers`: credentials. Throws BACKEND_URL_INVALID; nothing is asked yet. */
export function openSearchEngine(
  url: string,
  headers: Readonly<Record<string, string>> = {},
  limits: SearchLimits = usual,
): SearchEngine {
  const base = baseOf(url)
  const post = (path: string, body: unknown): Promise<Json> =>
    asked(new URL(path, base), { method: 'POST', body, headers })
  // Left open it ends by itself, and all that was wanted is there.
  const close = (url: URL, body: Json): Promise<unknown> =>
    ask(url, { method: 'DELETE', body, headers }).catch(() => undefined)
  return {
    has: async (indices) => {
      const answer = await post(pathOf(indices), { size: 0, query: { match_all: {} } })
      return Number(objectIn(answer, '_shards').total) > 0
    },
    pages: async function* pages({ indices, only, query }) {
      const source = only === undefined ? {} : { _source: only }
      const search = { size: limits.pageDocuments, sort: ['_doc'], query, ...source }
      const first = `${pathOf(indices)}&scroll=${SEARCH_KEPT}`
      let answer = await post(first, search)
      try {
        for (let page = 1; ; page++) {
          const hits = hitsIn(answer, limits.pageDocuments)
          const isLast = hits.length < limits.pageDocuments
          yield { hits, complete: isLast || page < limits.pages }
          if (isLast || page === limits.pages) return
          const { _scroll_id: scroll_id } = answer
          answer = await post('_search/scroll', { scroll: SEARCH_KEPT, scroll_id })
        }
      } finally {
        const { _scroll_id: id } = answer
        if (id !== undefined) await close(new URL('_search/scroll', base), { scroll_id: [id] })
      }
    },
  }
}

/** Indices that are not there are no error, shards that are not there are one. */
function pathOf(indices: string): string {
  const flags = 'ignore_unavailable=true&allow_no_indices=true&allow_partial_search_results=false'
  return `${encodeURIComponent(indices)}/_search?${flags}`
}

async function asked(url: URL, question: Question): Promise<Json> {
  const answer = await ask(url, question)
  checkStatus(answer, url)
  const body = objectOf(answer.body)
  if (body.timed_out === true || Number(objectIn(body, '_shards').failed) > 0) {
    throw new QueryError('BACKEND_ANSWER_PARTIAL', url.pathname)
  }
  return body
}

function checkStatus({ body, status }: Answer, url: URL): void {
  if (status === 200) return
  const where = `HTTP ${status} at ${url.pathname}`
  if (status === 401 || status === 403) throw new QueryError('BACKEND_UNAUTHORIZED', where)
  // So a server says that it misses shards.
  const { type } = objectOr(objectOr(body).error)
  const isPartial = status === 503 && type === 'search_phase_execution_exception'
  throw new QueryError(isPartial ? 'BACKEND_ANSWER_PARTIAL' : 'BACKEND_REFUSED', where)
}

function hitsIn(answer: Json, most: number): Hit[] {
  const { hits } = objectIn(answer, 'hits')
  if (!Array.isArray(hits) || hits.length > most) throw malformed('hits.hits')
  return hits.map((hit: unknown) => {
    const { _id, _index, _source } = objectOf(hit)
    if (typeof _id !== 'string' || typeof _index !== 'string') throw malformed('a hit')
    return { index: _index, id: _id, source: _source }
  })
}

function objectIn(holder: Json, name: string): Json {
  return objectOf(holder[name], name)
}

function objectOf(value: unknown, name = 'the answer'): Json {
  if (!isObject(value)) throw malformed(name)
  return value
}

function objectOr(value: unknown): Json {
  return isObject(value) ? value : {}
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed(name: string): QueryError {
  return new QueryError('BACKEND_ANSWER_MALFORMED', `${name} has another shape`)
}
