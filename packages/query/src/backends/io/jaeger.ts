// Jaeger's query API, version 3 (jaeger-idl api_v3/query_service.proto over HTTP): OTLP/JSON, with
// 64-bit numbers as strings. `raw_traces` leaves out what the query service would change for the
// eye, such as times by clock skew. See test/peers/backend.test.ts for the real one.
import { QueryError } from '../../codes.ts'
import { CONCURRENT_REQUESTS, MAX_NAMES, MAX_SEARCHES, SEARCH_TRACES } from '../../limits.ts'
import type { Backend, Found, Held, SearchWindow, Sought } from '../backend.ts'
import { heldSpan, spanKey } from '../held-span.ts'
import { jaegerTable } from '../jaeger.ts'
import { spansInTraces } from '../otlp-json.ts'
import { type Answer, ask } from './ask.ts'
import { baseOf } from './base.ts'

type Headers = Readonly<Record<string, string>>

/** Where its API is, and what is sent with each request. */
interface Api {
  readonly base: URL
  readonly headers: Headers
}

/** The Jaeger at a base URL. Throws BACKEND_URL_INVALID; nothing is asked yet. */
export function jaegerBackend(url: string, headers: Headers = {}): Backend {
  const api = { base: new URL('api/v3/', baseOf(url)), headers }
  return {
    name: 'jaeger',
    keyOf: spanKey,
    heldOf: (records) => heldOf(api, records),
    claims: (window) => claims(api, window),
  }
}

/** A few traces at once; the first that fails ends it. Spans of others in them are left out. */
async function heldOf(api: Api, records: readonly Sought[]): Promise<Held[]> {
  const wanted = new Set(records.map(({ traceId }) => traceId)).values()
  const keys = new Set(records.map(spanKey))
  const found: Held[] = []
  let failed = false
  const worker = async (): Promise<void> => {
    // One iterator for all workers: each takes the next id.
    for (const traceId of wanted) {
      if (failed) return
      try {
        const held = await tracesAt(new URL(`traces/${traceId}?raw_traces=true`, api.base), api)
        found.push(...held.filter(({ claims, key }) => claims || keys.has(key)))
      } catch (error) {
        failed = true
        throw error
      }
    }
  }
  await Promise.all(Array.from({ length: CONCURRENT_REQUESTS }, worker))
  return found
}

/**
 * Searched by service and span name, the only filters that every storage of Jaeger has. Too many
 * traces for one answer: the window is halved. (A trace longer than its window comes twice.)
 */
async function* claims(api: Api, window: SearchWindow): AsyncGenerator<Found, void, void> {
  const { base } = api
  let searches = 0
  for (const service of await namesAt(new URL('services', base), api, 'services')) {
    const list = new URL(`operations?${new URLSearchParams({ service }).toString()}`, base)
    const all = await namesAt(list, api, 'operations')
    const operations = new Set(all.filter((name) => isRecordName(name, window.names)))
    for (const operation of operations) {
      const windows = [window]
      for (let next = windows.pop(); next !== undefined; next = windows.pop()) {
        if (searches++ === MAX_SEARCHES) return yield { told: [], complete: false }
        const told = await tracesAt(searchUrl(base, { service, operation, ...next }), api)
        const full = new Set(told.map(({ traceId }) => traceId)).size >= SEARCH_TRACES
        const halves = full ? halvesOf(next) : []
        windows.push(...halves)
        yield { told, complete: !full || halves.length > 0 }
      }
    }
  }
}

function isRecordName(name: string, known: ReadonlySet<string>): boolean {
  return known.has(name) || /^(?:oauth|audit)\./.test(name)
}

/** None when the window is a microsecond: Jaeger knows no shorter ones. */
function halvesOf(window: SearchWindow): SearchWindow[] {
  const { from, to } = window
  const middle = (from + to) / 2n - (((from + to) / 2n) % 1_000n)
  if (middle <= from || middle >= to) return []
  return [
    { ...window, to: middle },
    { ...window, from: middle },
  ]
}

function searchUrl(
  base: URL,
  search: { service: string; operation: string; from: bigint; to: bigint },
): URL {
  const query = new URLSearchParams({
    'query.service_name': search.service,
    'query.operation_name': search.operation,
    'query.start_time_min': timestamp(search.from),
    'query.start_time_max': timestamp(search.to),
    'query.num_traces': String(SEARCH_TRACES),
    'query.raw_traces': 'true',
  })
  return new URL(`traces?${query.toString()}`, base)
}

/** RFC 3339 with nanoseconds. */
function timestamp(unixNano: bigint): string {
  const fraction = String(unixNano % 1_000_000_000n).padStart(9, '0')
  const seconds = new Date(Number(unixNano / 1_000_000_000n) * 1000).toISOString().slice(0, 19)
  return `${seconds}.${fraction}Z`
}

/** `{"result": TracesData}`; 404 with Jaeger's own error is an unknown trace. */
async function tracesAt(url: URL, { headers }: Api): Promise<Held[]> {
  const { body, status } = await ask(url, { headers })
  if (status === 404 && isNotFound(body)) return []
  const spans = spansInTraces(memberIn({ body, status, url }, 'result'))
  return spans.map((span) => heldSpan(span, jaegerTable))
}

/** Names in a list of strings or of `{name}`; a list without items is left out. */
async function namesAt(url: URL, { headers }: Api, member: string): Promise<string[]> {
  const list = memberIn({ ...(await ask(url, { headers })), url }, member) ?? []
  if (!Array.isArray(list)) throw malformed(url)
  if (list.length > MAX_NAMES) throw new QueryError('BACKEND_ANSWER_TOO_LARGE', url.pathname)
  return list
    .map((item: unknown) => (isObject(item) ? item.name : item))
    .filter((name) => typeof name === 'string')
}

/** A member of an answer that is an object with status 200; throws otherwise. */
function memberIn(answer: Answer & { readonly url: URL }, name: string): unknown {
  const { body, status, url } = answer
  if (status === 401 || status === 403) {
    throw new QueryError('BACKEND_UNAUTHORIZED', `HTTP ${status} at ${url.pathname}`)
  }
  if (status !== 200) throw new QueryError('BACKEND_REFUSED', `HTTP ${status} at ${url.pathname}`)
  if (!isObject(body)) throw malformed(url)
  return body[name]
}

function isNotFound(body: unknown): boolean {
  return isObject(body) && isObject(body.error) && body.error.httpCode === 404
}

function isObject(value: unknown): value is { readonly [name: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function malformed(url: URL): QueryError {
  return new QueryError('BACKEND_ANSWER_MALFORMED', url.pathname)
}
