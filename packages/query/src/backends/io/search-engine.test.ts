// Claims on searching: all pages are read and nothing more, the search is closed, and a part of the
// truth is none. Real servers are in test/peers/search-verify.test.ts.
import { afterEach, expect, test } from '@jest/globals'
import { type Answering, openServers } from '../../../test/server.ts'
import { nothing, type SearchServer, searchServer } from '../../../test/search-server.ts'
import { MAX_INDICES } from '../../limits.ts'
import { openSearchEngine, type Page, type SearchEngine } from './search-engine.ts'

const servers = openServers()
afterEach(servers.close)

const shards = { total: 1, successful: 1, skipped: 0, failed: 0 }
const hit = (id: string): object => ({ _index: 'records', _id: id, _source: { id } })

/** One page of an answer, with the ids of its documents. */
function page(ids: readonly string[], more: object = {}): string {
  const answer = { _scroll_id: 'place', timed_out: false, _shards: shards }
  return JSON.stringify({ ...answer, hits: { hits: ids.map(hit) }, ...more })
}

const search = { indices: 'a-*,b', query: { match_all: {} } }

async function read(engine: SearchEngine): Promise<Page[]> {
  const pages: Page[] = []
  for await (const one of engine.pages(search)) pages.push(one)
  return pages
}

const idsIn = (pages: readonly Page[]): string[] =>
  pages.flatMap(({ hits }) => hits.map(({ id }) => id))

test('all pages are read, the search is closed, and each request has the credentials', async () => {
  const { asked, url } = await searchServer(servers, () => [
    page(['1', '2']),
    page(['3', '4']),
    page([]),
  ])
  const headers = { authorization: 'ApiKey x' }
  const limits = { pageDocuments: 2, pages: 9 }
  const pages = await read(openSearchEngine(`${url}/behind/`, headers, limits))
  expect(idsIn(pages)).toEqual(['1', '2', '3', '4'])
  expect(pages.every(({ complete }) => complete)).toBe(true)
  expect(asked.map(({ body, method, path }) => [method, path, body])).toEqual([
    ['POST', '/behind/a-*%2Cb/_search', { size: 2, sort: ['_doc'], query: { match_all: {} } }],
    ['POST', '/behind/_search/scroll', { scroll: '2m', scroll_id: 'place' }],
    ['POST', '/behind/_search/scroll', { scroll: '2m', scroll_id: 'place' }],
    ['DELETE', '/behind/_search/scroll', { scroll_id: ['place'] }],
  ])
  expect(Object.fromEntries(asked[0]!.query)).toEqual({
    ...{ ignore_unavailable: 'true', allow_no_indices: 'true', scroll: '2m' },
    allow_partial_search_results: 'false',
  })
  expect(asked.map((one) => one.headers.authorization)).toEqual(Array(4).fill('ApiKey x'))
})

test('a page that is not full is the last, and where nothing is nothing is closed', async () => {
  const one = await searchServer(servers, () => [page(['1'])])
  const limits = { pageDocuments: 2, pages: 9 }
  expect(idsIn(await read(openSearchEngine(one.url, {}, limits)))).toEqual(['1'])
  expect(one.asked.map(({ method }) => method)).toEqual(['POST', 'DELETE'])
  const none = await searchServer(servers, () => [nothing])
  expect(await read(openSearchEngine(none.url))).toEqual([{ hits: [], complete: true }])
  expect(none.asked).toHaveLength(1)
})

test('a search that is left early is closed', async () => {
  const { asked, url } = await searchServer(servers, () => [page(['1', '2']), page(['3', '4'])])
  const pages = openSearchEngine(url, {}, { pageDocuments: 2, pages: 9 }).pages(search)
  for await (const _ of pages) break
  expect(asked.at(-1)).toMatchObject({ method: 'DELETE', body: { scroll_id: ['place'] } })
})

test('as many pages are read as may be, and more are told', async () => {
  const answers = [page(['1']), page(['2']), page(['3'])]
  const reading = async (pages: number): Promise<Page[]> => {
    const { url } = await searchServer(servers, () => [...answers, page([])])
    return read(openSearchEngine(url, {}, { pageDocuments: 1, pages }))
  }
  expect((await reading(4)).map(({ complete }) => complete)).toEqual([true, true, true, true])
  const cut = await reading(3)
  expect([idsIn(cut), cut.at(-1)!.complete]).toEqual([['1', '2', '3'], false])
})

test('a page may have as many documents as were asked for, and no more', async () => {
  const { url } = await searchServer(servers, () => [page(['1', '2', '3'])])
  const reading = read(openSearchEngine(url, {}, { pageDocuments: 2, pages: 9 }))
  await expect(reading).rejects.toMatchObject({ code: 'BACKEND_ANSWER_MALFORMED' })
})

test('an index is there when it has shards, also without documents', async () => {
  const answers: Record<string, string> = { 'a-*': page(['1', '2']), b: page([]), c: nothing }
  const { asked, url } = await searchServer(servers, (indices) => [answers[indices]!])
  const engine = openSearchEngine(url)
  const found = await Promise.all(['a-*', 'b', 'c'].map((names) => engine.indicesOf(names)))
  expect(found).toEqual([['records'], [], null])
  const aggs = { indices: { terms: { field: '_index', size: MAX_INDICES } } }
  expect(asked[0]!.body).toEqual({ size: 0, aggs })
})

const buckets = (count: number, others = 0): object => ({
  _shards: shards,
  aggregations: {
    indices: {
      sum_other_doc_count: others,
      buckets: Array.from({ length: count }, (_, at) => ({ key: `a-${at}` })),
    },
  },
})

test('as many indices are told as may be, and more are an error', async () => {
  const indices = async (answer: object): Promise<unknown> =>
    openSearchEngine(await servers.saying(answer)).indicesOf('a-*')
  expect(await indices(buckets(MAX_INDICES))).toHaveLength(MAX_INDICES)
  for (const [answer, code] of [
    [buckets(MAX_INDICES, 1), 'BACKEND_ANSWER_TOO_LARGE'],
    [buckets(MAX_INDICES + 1), 'BACKEND_ANSWER_MALFORMED'],
    [{ _shards: shards }, 'BACKEND_ANSWER_MALFORMED'],
  ] as const) {
    await expect(indices(answer)).rejects.toMatchObject({ code })
  }
})

test('where the mapping makes nothing of the query, the other is asked; only there', async () => {
  const server = (): Promise<SearchServer> => searchServer(servers, () => [page(['1'])], 'nested')
  const query = { nested: {} }
  const otherwise = { match_all: {} }
  const asking = async (more: object): Promise<SearchServer> => {
    const one = await server()
    for await (const _ of openSearchEngine(one.url).pages({ indices: 'a', query, ...more }));
    return one
  }
  const { asked } = await asking({ otherwise, only: ['a'] })
  expect(asked.map(({ body, method }) => [method, body.query, body._source])).toEqual([
    ['POST', query, ['a']],
    ['POST', otherwise, ['a']],
    ['DELETE', undefined, undefined],
  ])
  await expect(asking({})).rejects.toMatchObject({ code: 'BACKEND_REFUSED' })
})

const failing = { ...shards, failed: 1 }
const lostShard = { error: { type: 'search_phase_execution_exception' }, status: 503 }

test.each<[string, number, unknown]>([
  ['BACKEND_ANSWER_PARTIAL', 200, JSON.parse(page(['1'], { timed_out: true }))],
  ['BACKEND_ANSWER_PARTIAL', 200, JSON.parse(page(['1'], { _shards: failing }))],
  ['BACKEND_ANSWER_PARTIAL', 503, lostShard],
  ['BACKEND_UNAUTHORIZED', 401, 'Unauthorized'],
  ['BACKEND_UNAUTHORIZED', 403, { error: { type: 'security_exception' } }],
  ['BACKEND_REFUSED', 404, { error: { type: 'index_not_found_exception' } }],
  ['BACKEND_REFUSED', 503, 'no upstream'],
  ['BACKEND_ANSWER_MALFORMED', 200, []],
  ['BACKEND_ANSWER_MALFORMED', 200, {}],
  ['BACKEND_ANSWER_MALFORMED', 200, { _shards: shards, hits: { hits: {} } }],
  ['BACKEND_ANSWER_MALFORMED', 200, { _shards: shards, hits: { hits: [{ _id: 7 }] } }],
])('an answer that is none is %s: HTTP %d %j', async (code, status, body) => {
  const answer: Answering = (_, response) =>
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body))
  const reading = read(openSearchEngine(await servers.serve(answer)))
  await expect(reading).rejects.toMatchObject({ code, fix: expect.any(String) })
})

test('a page that fails is told, and the search is closed as well', async () => {
  const partial = page([], { _shards: failing })
  const { asked, url } = await searchServer(servers, () => [page(['1', '2']), partial])
  const reading = read(openSearchEngine(url, {}, { pageDocuments: 2, pages: 9 }))
  await expect(reading).rejects.toMatchObject({ code: 'BACKEND_ANSWER_PARTIAL' })
  expect(asked.at(-1)).toMatchObject({ method: 'DELETE' })
})

test('a URL with a password is refused and not repeated', () => {
  const opening = (): unknown => openSearchEngine('http://admin:secret@search')
  expect(opening).toThrow(expect.objectContaining({ code: 'BACKEND_URL_INVALID' }))
  expect(opening).not.toThrow('secret')
})
