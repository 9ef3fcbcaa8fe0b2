// Claims on the client of Jaeger's API, against a server that answers what a test says: a real one
// is in test/peers/backend.test.ts.
import { afterEach, expect, test } from '@jest/globals'
import { openServers } from '../../../test/server.ts'
import { CONCURRENT_REQUESTS, SEARCH_TRACES } from '../../limits.ts'
import type { Found, Sought } from '../backend.ts'
import { jaegerBackend } from './jaeger.ts'

const { close, saying, serve } = openServers()
afterEach(close)

const traceId = 'a'.repeat(32)
const record: Sought = { id: 'r', traceId, spanId: 'b'.repeat(16) }

test('a trace is asked for raw, under any base, and an unknown one is empty', async () => {
  const asked: (string | undefined)[] = []
  const url = await serve(({ url: path }, response) => {
    asked.push(path)
    response.writeHead(404).end(JSON.stringify({ error: { httpCode: 404, message: 'none' } }))
  })
  const { spanId } = record
  const same = { id: 'other', traceId, spanId: `${spanId.slice(1)}0` }
  expect(await jaegerBackend(url).heldOf([record, same])).toEqual([])
  expect(await jaegerBackend(`${url}/jaeger/ui//`).heldOf([record])).toEqual([])
  expect(asked).toEqual([
    `/api/v3/traces/${traceId}?raw_traces=true`,
    `/jaeger/ui/api/v3/traces/${traceId}?raw_traces=true`,
  ])
})

test.each<[string, () => Promise<string>]>([
  ['BACKEND_REFUSED', () => saying({}, 500)],
  ['BACKEND_UNAUTHORIZED', () => saying({}, 401)],
  ['BACKEND_UNAUTHORIZED', () => saying({}, 403)],
  ['BACKEND_REFUSED', () => saying({}, 404)],
  ['BACKEND_REFUSED', () => saying({ error: { httpCode: 404 } }, 302)],
  ['BACKEND_ANSWER_MALFORMED', () => saying({})],
  ['BACKEND_ANSWER_MALFORMED', () => saying([])],
  ['BACKEND_ANSWER_MALFORMED', () => saying({ result: { resourceSpans: 7 } })],
  ['BACKEND_ANSWER_MALFORMED', () => serve((_, response) => response.end('<!DOCTYPE html>'))],
  [
    'BACKEND_ANSWER_MALFORMED',
    () => serve((_, response) => response.end(Buffer.of(0x22, 0xff, 0x22))),
  ],
  ['BACKEND_UNREACHABLE', () => serve((_, response) => response.destroy())],
  ['BACKEND_UNREACHABLE', async () => 'http://127.0.0.1:1'],
])('an answer that is none is %s', async (code, serving) => {
  const asked = jaegerBackend(await serving()).heldOf([record])
  await expect(asked).rejects.toMatchObject({ code, fix: expect.any(String) })
})

test.each(['ftp://a', 'nonsense', 'http://user:secret@a', ''])(
  '%j is no place to ask, and is not repeated',
  (url) => {
    expect(() => jaegerBackend(url)).toThrow(
      expect.objectContaining({
        code: 'BACKEND_URL_INVALID',
        message: expect.not.stringContaining('secret'),
      }),
    )
  },
)

test('a redirect is not followed', async () => {
  const elsewhere = await saying({ result: {} })
  const url = await serve((_, response) => {
    response.writeHead(302, { location: `${elsewhere}/` }).end('{}')
  })
  const asked = jaegerBackend(url).heldOf([record])
  await expect(asked).rejects.toMatchObject({ code: 'BACKEND_REFUSED' })
})

test('of a trace only records come: what has their ids, or claims to be one', async () => {
  const spans = [
    { traceId, spanId: record.spanId },
    { traceId, spanId: 'c'.repeat(16) },
    { traceId, spanId: 'd'.repeat(16), attributes: [{ key: 'grantlog.verdict' }] },
  ]
  const url = await saying({ result: { resourceSpans: [{ scopeSpans: [{ spans }] }] } })
  const held = await jaegerBackend(url).heldOf([record])
  expect(held.map(({ claims, spanId }) => [spanId[0], claims])).toEqual([
    ['b', false],
    ['d', true],
  ])
})

test('after the first failure nothing more is asked', async () => {
  let asked = 0
  const url = await serve((_, response) => {
    asked++
    response.destroy()
  })
  const records = Array.from({ length: 100 }, (_, at) => ({ ...record, traceId: `${at}` }))
  await expect(jaegerBackend(url).heldOf(records)).rejects.toMatchObject({
    code: 'BACKEND_UNREACHABLE',
  })
  expect(asked).toBeLessThanOrEqual(CONCURRENT_REQUESTS)
})

/** Traces started at each of these nanoseconds, found by window and at most SEARCH_TRACES. */
function searchable(starts: readonly bigint[], asked: URLSearchParams[]): Promise<string> {
  return serve(({ url: path }, response) => {
    const { pathname, searchParams } = new URL(path!, 'http://jaeger')
    const answer = (body: unknown): unknown => response.end(JSON.stringify(body))
    if (pathname.endsWith('/services')) return answer({ services: ['login', 7] })
    if (pathname.endsWith('/operations')) {
      return answer({
        operations: ['oauth.token', 'GET /', 'shop.export'].map((name) => ({ name })),
      })
    }
    asked.push(searchParams)
    const bound = (name: string): bigint => nanoOf(searchParams.get(`query.start_time_${name}`)!)
    const [from, to] = [bound('min'), bound('max')]
    const spans = starts
      .filter((start) => start >= from && start <= to)
      .slice(0, SEARCH_TRACES)
      .map((start) => ({ traceId: String(start), spanId: 's' }))
    return answer({ result: { resourceSpans: [{ scopeSpans: [{ spans }] }] } })
  })
}

function nanoOf(time: string): bigint {
  const [, seconds = '', fraction = ''] = /^(.*)\.(\d{9})Z$/.exec(time) ?? []
  return BigInt(Date.parse(`${seconds}Z`)) * 1_000_000n + BigInt(fraction)
}

async function search(url: string, from: bigint, to: bigint): Promise<Found[]> {
  const found: Found[] = []
  const names = new Set(['shop.export'])
  for await (const part of jaegerBackend(url).claims({ from, to, names })) found.push(part)
  return found
}

test('each request has the credentials', async () => {
  const seen: unknown[] = []
  const url = await serve(({ headers, url: path }, response) => {
    seen.push(headers.authorization)
    if (path!.endsWith('/services')) return response.end('{"services":["login"]}')
    if (path!.includes('/operations')) return response.end('{"operations":["oauth.token"]}')
    return response.end('{"result":{}}')
  })
  const jaeger = jaegerBackend(url, { authorization: 'Bearer x' })
  await jaeger.heldOf([record])
  for await (const _ of jaeger.claims({ from: 0n, to: 1n, names: new Set() }));
  expect(seen).toEqual(Array(4).fill('Bearer x'))
})

test('claims are searched by the names of records, in windows that hold all', async () => {
  const asked: URLSearchParams[] = []
  const starts = Array.from(
    { length: 3 * SEARCH_TRACES },
    (_, at) => 5_000_000n + BigInt(at) * 1_000n,
  )
  const url = await searchable(starts, asked)
  const found = await search(url, 0n, 6_000_000_000n)
  const ids = new Set(found.flatMap(({ told }) => told.map((one) => one.traceId)))
  expect(ids.size).toBe(starts.length)
  expect(found.every(({ complete }) => complete)).toBe(true)
  const operations = new Set(asked.map((query) => query.get('query.operation_name')))
  expect(operations).toEqual(new Set(['oauth.token', 'shop.export']))
  expect(asked[0]!.get('query.raw_traces')).toBe('true')
})

test('more traces at one moment than an answer holds are told as not complete', async () => {
  const starts = Array.from({ length: SEARCH_TRACES }, (_, at) => 5_000_000n + BigInt(at))
  const found = await search(await searchable(starts, []), 5_000_000n, 5_001_000n)
  expect(found.map(({ complete }) => complete)).toEqual([false, false])
})
