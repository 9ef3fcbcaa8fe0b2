// Searching an Elasticsearch 7.10 or newer, or an OpenSearch, in pages that hold all: by the scroll
// API in the order of the index, which needs no unique field to sort by and no more than the right
// to read. An answer that is only a part of the truth is an error. See search-engine.test.ts.
import { QueryError } from '../../codes.ts'
import { MAX_INDICES, MAX_PAGES, PAGE_DOCUMENTS, SEARCH_KEPT } from '../../limits.ts'
import { type Answer, ask } from './ask.ts'
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
  /** What is searched for instead, where an index is mapped so that the query means nothing. */
  readonly otherwise?: Json
  /** Members of documents to read, with `*`; all without. */
  readonly only?: readonly string[]
}

/** All methods throw QueryError. */
export interface SearchEngine {
  /** The indices behind these names that have documents; null: nothing has such a name. */
  indicesOf(names: string): Promise<readonly string[] | null>
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
  const post = (path: string, body: unknown): Promise<Answer> =>
    ask(new URL(path, base), { method: 'POST', body, headers })
  // Left open it ends by itself, and all that was wanted is there.
  const close = (id: unknown): Promise<unknown> => {
    const body = { scroll_id: [id] }
    return ask(new URL(scrolls, base), { method: 'DELETE', body, headers }).catch(() => undefined)
  }
  const begin = async ({ indices, only, otherwise, query }: Search): Promise<Json> => {
    const path = `${pathOf(indices)}&scroll=${SEARCH_KEPT}`
    const search = { size: limits.pageDocuments, sort: ['_doc'], ...(only && { _source: only }) }
    const answer = await post(path, { ...search, query })
    if (answer.status !== 400 || otherwise === undefined) return resultOf(answer, indices)
    return resultOf(await post(path, { ...search, query: otherwise }), indices)
  }
  return {
    indicesOf: async (names) => {
      const aggs = { indices: { terms: { field: '_index', size: MAX_INDICES } } }
      const result = resultOf(await post(pathOf(names), { size: 0, aggs }), names)
      return Number(objectIn(result, '_shards').total) > 0 ? indicesIn(result, names) : null
    },
    pages: async function* pages(search) {
      let result = await begin(search)
      try {
        for (let page = 1; ; page++) {
          const hits = hitsIn(result, limits.pageDocuments)
          const isLast = hits.length < limits.pageDocuments
          yield { hits, complete: isLast || page < limits.pages }
          if (isLast || page === limits.pages) return
          const { _scroll_id: scroll_id } = result
          result = resultOf(await post(scrolls, { scroll: SEARCH_KEPT, scroll_id }), scrolls)
        }
      } finally {
        if (result._scroll_id !== undefined) await close(result._scroll_id)
      }
    },
  }
}

const scrolls = '_search/scroll'

/** Indices that are not there are no error, shards that are not there are one. */
function pathOf(indices: string): string {
  const flags = 'ignore_unavailable=true&allow_no_indices=true&allow_partial_search_results=false'
  return `${encodeURIComponent(indices)}/_search?${flags}`
}

/** The body of an answer that is the whole truth; throws otherwise. */
function resultOf({ body, status }: Answer, what: string): Json {
  const where = `HTTP ${status} at ${what}`
  if (status === 401 || status === 403) throw new QueryError('BACKEND_UNAUTHORIZED', where)
  if (status !== 200) {
    // So a server says that it misses shards.
    const { type } = objectOr(objectOr(body).error)
    const isPartial = status === 503 && type === 'search_phase_execution_exception'
    throw new QueryError(isPartial ? 'BACKEND_ANSWER_PARTIAL' : 'BACKEND_REFUSED', where)
  }
  const result = objectOf(body, 'the answer')
  if (result.timed_out === true || Number(objectIn(result, '_shards').failed) > 0) {
    throw new QueryError('BACKEND_ANSWER_PARTIAL', where)
  }
  return result
}

function hitsIn(result: Json, most: number): Hit[] {
  const { hits } = objectIn(result, 'hits')
  if (!Array.isArray(hits) || hits.length > most) throw malformed('hits.hits')
  return hits.map((hit: unknown) => {
    const { _id, _index, _source } = objectOf(hit, 'a hit')
    if (typeof _id !== 'string' || typeof _index !== 'string') throw malformed('a hit')
    return { index: _index, id: _id, source: _source }
  })
}

function indicesIn(result: Json, names: string): string[] {
  const { buckets, sum_other_doc_count: others } = objectIn(
    objectIn(result, 'aggregations'),
    'indices',
  )
  if (!Array.isArray(buckets) || buckets.length > MAX_INDICES) throw malformed('buckets')
  if (others !== 0) throw new QueryError('BACKEND_ANSWER_TOO_LARGE', `indices of ${names}`)
  return buckets.map((bucket: unknown) => {
    const { key } = objectOf(bucket, 'a bucket')
    if (typeof key !== 'string') throw malformed('a bucket')
    return key
  })
}

function objectIn(holder: Json, name: string): Json {
  return objectOf(holder[name], name)
}

function objectOf(value: unknown, name: string): Json {
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
