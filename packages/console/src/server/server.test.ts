// The API over a real ledger: what it answers is what its schemas say, who may ask, and what a
// person sees while something goes on. Long because all of it is asked of one server.
import { createHash } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type FindingsReading, openFindings } from '@grantlog/detect'
import { readServedTile, readVerifier } from '@grantlog/ledger'
import { exportVkey, openManifest, openReading, queryFields, type Reading } from '@grantlog/query'
import { decodeEntries } from '@grantlog/tlog'
import { createTestLedger, type TestLedger } from '../../test/ledger.ts'
import { type Export, exportSchema } from '../api/exports.ts'
import { healthSchema, stateSchema } from '../api/health.ts'
import { integritySchema, runSchema } from '../api/integrity.ts'
import { completionsSchema, fieldsSchema } from '../api/language.ts'
import { lineageSchema } from '../api/lineage.ts'
import { problemSchema } from '../api/problem.ts'
import { bundleSchema, pageSchema, recordSchema } from '../api/records.ts'
import { breakdownSchema, facetsSchema, histogramSchema, latencySchema } from '../api/summary.ts'
import { scopesSchema, sessionsSchema, tokensSchema } from '../api/tokens.ts'
import { createConsoleApp } from './app.ts'
import { type ExportFiles, openExports } from './exports.ts'
import { MAX_BODY_BYTES, MAX_BUCKETS, MAX_FACETS, MAX_PAGE_RECORDS } from './limits.ts'
import type { Comparisons, ConsoleOptions } from './options.ts'
import { publishedOf } from './published.ts'
import { openRuns, type RunOrder, type Runs, type StartRun } from './runs.ts'

const host = '127.0.0.1:4319'
const hostile = '\u202e<script>alert(1)</script>'
let own: TestLedger
let reading: Reading
let runs: Runs
let findings: FindingsReading
let comparisons: Comparisons
let begun: { order: RunOrder; on: Parameters<StartRun>[1] } | null = null
let app: ReturnType<typeof createConsoleApp>
let producer: Awaited<ReturnType<TestLedger['enrol']>>

beforeAll(async () => {
  own = await createTestLedger()
  producer = await own.enrol()
  const grant = { 'oauth.grant.id_hash': 'p1.grant', 'session.id': 'p1.session' }
  const user = { 'user.id': 'alice', 'user.hash': 'p1.alice', 'client.address': '203.0.113.7' }
  await producer.commit([
    {
      ...{ ...grant, ...user, 'oauth.grant.type': 'authorization_code' },
      ...{ 'oauth.token.hash': 't1.token', 'oauth.token.issued': 'access_token' },
      ...{ 'oauth.scope.granted': 'orders:read orders:write', 'oauth.token.expires_in': 600n },
    },
    {
      ...{ ...user, 'audit.action': 'oauth.resource_access', 'oauth.role': 'resource_server' },
      ...{ 'audit.producer.service': 'api', 'oauth.token.hash': 't1.token' },
      ...{ 'http.request.method': 'GET', 'http.route': '/orders' },
      ...{ 'http.response.status_code': 200n, 'oauth.scope.required': 'orders:read' },
    },
    {
      'audit.outcome': 'denied',
      'oauth.error.reason': 'access_denied',
      'oauth.client.id': hostile,
    },
  ])
  await own.published()
  reading = await openReading({ folders: own.folders, indexFolder: own.folders.index })
  // Published is what the ledger says first, and then what lies there.
  do await reading.refresh()
  while (publishedOf(reading.reader) < own.ledger.size)
  const note = { read: () => Promise.resolve(null), write: () => Promise.resolve() }
  const startRun: StartRun = (order, on) => {
    begun = { order, on }
    return () => on.end(null)
  }
  runs = await openRuns(startRun, { note })
  comparisons = { runs: await openRuns(startRun, { note }), services: ['', 'api'] }
  findings = await openFindings(own.folders, reading.reader)
  app = createConsoleApp(parts())
})

/** What the server is made of here: everything real but files, threads and a receiver. */
function parts(): ConsoleOptions {
  return {
    ...{ reading, runs, comparisons, version: '1.2.3' },
    exports: openExports(reading, { files: memoryFiles }),
    findings: { reading: findings },
    receiverStreams: () => Promise.reject(new Error('unforeseen: /secret/path')),
    readTile: (path) => readServedTile(own.folders.ledger, path),
    readPage: (path) =>
      Promise.resolve(
        path === '/index.html'
          ? { bytes: Buffer.from('<!doctype html>'), type: 'text/html', immutable: false }
          : null,
      ),
    traceUrl: 'http://jaeger.example/trace/{traceId}',
  }
}

const memoryFiles: ExportFiles = {
  create: () => {
    const kept: Uint8Array[] = []
    return Promise.resolve({
      write: (part) => Promise.resolve(void kept.push(part)),
      end: () => Promise.resolve(),
      read: () => new Blob(kept as Uint8Array<ArrayBuffer>[]).stream(),
      remove: () => Promise.resolve(),
    })
  },
  clear: () => Promise.resolve(),
}

afterAll(async () => {
  await reading.close()
  await own.close()
})

async function ask(path: string, init: RequestInit & { headers?: Record<string, string> } = {}) {
  const url = `http://${host}${path.startsWith('/') ? path : `/api/v1/${path}`}`
  return app.request(url, { ...init, headers: { host, ...init.headers } })
}

async function json(path: string): Promise<unknown> {
  const response = await ask(path)
  expect([path, response.status]).toEqual([path, 200])
  return response.json()
}

/** So many different ones. */
const facetNames = (count: number): string =>
  [...queryFields.values()]
    .filter(({ facet, type }) => facet && type !== 'personal')
    .slice(0, count)
    .map(({ name }) => name)
    .join()

const post = (path: string, body: string, headers: Record<string, string> = {}) =>
  ask(path, {
    method: 'POST',
    body,
    headers: {
      'content-type': 'application/json',
      'content-length': String(Buffer.byteLength(body)),
      ...headers,
    },
  })

describe('answers are what the schemas say', () => {
  test.each([
    ['state', stateSchema],
    ['fields', fieldsSchema],
    ['completions?q=cli&at=3', completionsSchema],
    ['records?q=outcome:success', pageSchema],
    ['records?personal=true', pageSchema],
    ['facets?fields=outcome,client,user,scope', facetsSchema],
    ['breakdown', breakdownSchema],
    ['histogram?by=outcome&buckets=10', histogramSchema],
    ['latency', latencySchema],
    ['records/2', recordSchema],
    ['records/2/bundle?disclose=all', bundleSchema],
    ['records/2/lineage', lineageSchema],
    ['lineage?target=t1.token', lineageSchema],
    ['tokens', tokensSchema],
    ['sessions', sessionsSchema],
    ['scopes', scopesSchema],
    ['scopes?by=role', scopesSchema],
    ['integrity', integritySchema],
    ['health', healthSchema],
  ])('%s', async (path, schema) => {
    // Strict: what the document does not tell must not be there.
    expect(schema.strict().parse(await json(path))).toBeTruthy()
  })

  test('every path of the table is in openapi.json, with what it takes and answers', async () => {
    const document = (await json('openapi.json')) as { paths: Record<string, object> }
    expect(Object.keys(document.paths).toSorted()).toEqual([
      ...['/breakdown', '/checkpoint', '/comparisons', '/comparisons/{id}', '/completions'],
      ...['/exports', '/exports/{id}', '/facets', '/fields', '/findings', '/findings/{id}'],
      ...['/findings/{id}/decision', '/health', '/histogram'],
      ...['/integrity', '/latency', '/lineage', '/metrics', '/records', '/records/{index}'],
      ...['/records/{index}/bundle', '/records/{index}/lineage'],
      ...['/runs', '/runs/{id}', '/scopes'],
      ...['/sessions', '/silences', '/state', '/tile/{path}', '/tokens', '/verify.py'],
    ])
  })
})

describe('what a reader sees', () => {
  test('records, newest first, and nobody by name', async () => {
    const text = JSON.stringify([await json('records'), await json('records/2')])
    expect(text).not.toContain('"alice"')
    expect(text).not.toContain('203.0.113.7')
    const page = pageSchema.parse(await json('records?limit=2'))
    expect(page.records.map(({ index }) => index)).toEqual([4, 3])
    expect(page.total).toBe(3)
    const rest = pageSchema.parse(await json(`records?limit=2&cursor=${page.next}`))
    expect([rest.records.map(({ index }) => index), rest.next]).toEqual([[2], null])
  })

  test('people only when they are asked for', async () => {
    const { attributes, row } = recordSchema.parse(await json('records/2?personal=true'))
    expect([row.user, row.address]).toEqual(['alice', '203.0.113.7'])
    expect(attributes.filter(({ personal }) => personal).map(({ name }) => name)).toEqual([
      'user.id',
      'client.address',
    ])
  })

  test('a hostile value comes as it is, as JSON alone', async () => {
    const response = await ask('records/4')
    expect(response.headers.get('content-type')).toMatch(/^application\/json/)
    expect(recordSchema.parse(await response.json()).row.client).toBe(hostile)
  })

  test('a token with its uses and the scopes that were never needed', async () => {
    const { counts, tokens } = tokensSchema.parse(await json('tokens'))
    expect(tokens).toHaveLength(1)
    expect(tokens[0]).toMatchObject({
      ...{ hash: 't1.token', uses: 1, scopes: 'orders:read orders:write' },
      ...{ usedScopes: 'orders:read', userHash: 'p1.alice', index: 2 },
    })
    expect(counts.neverUsed).toBe(0)
  })

  test('facets of a pseudonym tell it, of an address nothing', async () => {
    const { facets } = facetsSchema.parse(await json('facets?fields=user'))
    expect(facets[0]?.values).toEqual([{ value: 'p1.alice', count: 2 }])
    expect((await ask('facets?fields=address')).status).toBe(400)
  })

  test('the second verifier, whole, to be kept and not shown', async () => {
    const response = await ask('verify.py')
    const { headers, status } = response
    expect([status, headers.get('content-type')]).toEqual([200, 'text/x-python; charset=utf-8'])
    expect(headers.get('content-disposition')).toBe('attachment; filename="verify.py"')
    expect(headers.get('content-security-policy')).toContain("default-src 'none'")
    const bytes = Buffer.from(await response.arrayBuffer())
    expect(bytes.equals(Buffer.from(await readVerifier()))).toBe(true)
  })

  test('the page at each address of a page', async () => {
    const targets = ['/lineage/t1.token', '/lineage/a%2Fb.js', '/records/3/lineage', '/tokens/']
    for (const path of ['/', '/records', '/records/3', ...targets, '/scopes', '/health']) {
      const response = await ask(path)
      expect([path, response.status]).toEqual([path, 200])
      expect(await response.text()).toBe('<!doctype html>')
    }
  })

  test.each([
    ...['/nope', '/api/nope', '/api/v1/nothing', '/log/checkpoint', '/records/3/nope'],
    ...['/main.js', '/../package.json', '/tokens/1'],
  ])('nothing at %s', async (path) => {
    const response = await ask(path)
    expect([response.status, await response.json()]).toMatchObject([
      ...[404, { code: 'CONSOLE_NOT_FOUND' }],
    ])
  })

  test('a person at an address of nothing gets the page, which says so', async () => {
    const headers = { 'sec-fetch-mode': 'navigate' }
    const response = await ask('/nope', { headers })
    expect([response.status, await response.text()]).toEqual([404, '<!doctype html>'])
    expect((await (await ask('/nope.js', { headers })).json()) as unknown).toMatchObject({
      code: 'CONSOLE_NOT_FOUND',
    })
  })
})

test('other programs find the log and the metrics at the root', async () => {
  const note = await ask('/checkpoint')
  expect(note.headers.get('content-type')).toBe('text/plain; charset=utf-8')
  expect(note.headers.get('cache-control')).toBe('no-store')
  expect(await note.text()).toBe(new TextDecoder().decode(reading.reader.published!))
  const size = publishedOf(reading.reader)
  const tile = await ask(`/tile/entries/000.p/${size}`)
  expect(tile.headers.get('content-type')).toBe('application/octet-stream')
  expect(tile.headers.get('cache-control')).toMatch(/immutable/)
  expect(decodeEntries(await tile.bytes())).toHaveLength(size)
  for (const path of [`000.p/${size + 1}`, '000', '..%2f..%2fkeys%2froot.key', '']) {
    expect([path, (await ask(`/tile/entries/${path}`)).status]).toEqual([path, 404])
  }
  const metrics = await ask('/metrics')
  expect(metrics.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  expect(await metrics.text()).toContain(`grantlog_log_published_leaves ${size}\n`)
})

describe('errors', () => {
  test.each([
    ['records?q=clinet:web', 400, 'QUERY_FIELD_UNKNOWN'],
    ['records?q=("', 400, 'QUERY_SYNTAX'],
    ['records?cursor=x', 400, 'CONSOLE_PARAMETER_INVALID'],
    ['records?order=none', 400, 'CONSOLE_PARAMETER_INVALID'],
    [`records?limit=${MAX_PAGE_RECORDS + 1}`, 400, 'CONSOLE_PARAMETER_INVALID'],
    [`histogram?buckets=${MAX_BUCKETS + 1}`, 400, 'CONSOLE_PARAMETER_INVALID'],
    ['histogram?by=user', 400, 'CONSOLE_PARAMETER_INVALID'],
    ['latency?by=user', 400, 'CONSOLE_PARAMETER_INVALID'],
    [`facets?fields=${facetNames(MAX_FACETS + 1)}`, 400, 'CONSOLE_PARAMETER_INVALID'],
    ['records?q=constructor%20client:%22%22', 400, 'QUERY_VALUE_INVALID'],
    ['facets?fields=duration', 400, 'CONSOLE_PARAMETER_INVALID'],
    ['breakdown?into=scope', 400, 'CONSOLE_PARAMETER_INVALID'],
    ['records/99', 404, 'CONSOLE_RECORD_UNKNOWN'],
    ['records/0', 404, 'CONSOLE_RECORD_UNKNOWN'],
    ['records/x', 400, 'CONSOLE_PARAMETER_INVALID'],
    ['lineage?target=t1.nobody', 404, 'LINEAGE_NOT_FOUND'],
    ['runs/8c5ef2a8-0a52-4c38-9f73-0a7f6f1f7d11', 404, 'CONSOLE_RUN_UNKNOWN'],
    ['nothing', 404, 'CONSOLE_NOT_FOUND'],
  ])('%s: %i %s', async (path, status, code) => {
    const response = await ask(path)
    expect(response.headers.get('content-type')).toBe('application/problem+json')
    const problem = problemSchema.strict().parse(await response.json())
    expect([response.status, problem.status, problem.code]).toEqual([status, status, code])
    expect(problem.fix).not.toBe('')
  })

  test('limits hold at N', async () => {
    await json(`records?limit=${MAX_PAGE_RECORDS}`)
    await json(`histogram?buckets=${MAX_BUCKETS}`)
    await json(`facets?fields=${facetNames(MAX_FACETS)}`)
    await json('records?q=constructor')
  })

  test('what nobody foresaw is told to nobody', async () => {
    const unforeseen = (): never => {
      throw new Error('unforeseen: /secret/path')
    }
    const broken = { ...runs, start: unforeseen }
    const other = createConsoleApp({ ...parts(), runs: broken })
    const response = await other.request(`http://${host}/api/v1/runs`, {
      method: 'POST',
      body: '{"what":"tree"}',
      headers: { host, 'content-type': 'application/json', 'content-length': '15' },
    })
    expect(response.status).toBe(500)
    expect(await response.text()).not.toContain('/secret/path')
  })
})

describe('who may ask', () => {
  test.each([
    ['its own page', {}, 200],
    ['by another loopback name', { host: 'localhost:9' }, 200],
    ['a page that rebinds its name', { host: 'evil.example:4319' }, 403],
    ['no host', { host: '' }, 403],
    ['another page', { origin: 'http://evil.example' }, 403],
    ['a page of another port', { origin: 'http://127.0.0.1:8080' }, 403],
    ['a page that embeds', { 'sec-fetch-site': 'cross-site' }, 403],
    ['itself', { origin: `http://${host}`, 'sec-fetch-site': 'same-origin' }, 200],
  ])('%s', async (_, headers: Record<string, string>, status) => {
    for (const path of ['state', '/metrics', '/checkpoint', '/tile/entries/000.p/1']) {
      expect([path, (await ask(path, { headers })).status]).toEqual([path, status])
    }
  })

  test('a link from elsewhere leads to a page', async () => {
    const headers = { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': 'navigate' }
    expect((await ask('/records/3', { headers })).status).toBe(200)
  })

  test('a HEAD takes no live stream and no export', async () => {
    for (const path of ['live', 'state', 'exports/x/data']) {
      expect((await ask(path, { method: 'HEAD' })).status).toBe(405)
    }
    expect((await ask('/', { method: 'HEAD' })).status).toBe(200)
  })

  test('only what is meant to be posted is taken', async () => {
    const body = JSON.stringify({ what: 'tree' })
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect((await post('runs', body, form)).status).toBe(415)
    expect((await post('runs', body, { origin: 'http://evil.example' })).status).toBe(403)
    expect((await post('runs', JSON.stringify({ what: 'all' }))).status).toBe(400)
    expect((await post('runs', '{')).status).toBe(400)
    const large = JSON.stringify({ what: 'tree', x: 'x'.repeat(MAX_BODY_BYTES) })
    expect((await post('runs', large)).status).toBe(415)
    expect((await ask('state', { method: 'DELETE' })).status).toBe(405)
  })

  test('every answer forbids what a page could be tricked into', async () => {
    for (const path of ['/', 'state', 'nothing']) {
      const { headers } = await ask(path)
      expect(headers.get('content-security-policy')).toContain("default-src 'none'")
      expect(headers.get('content-security-policy')).not.toContain('unsafe')
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('cache-control')).toMatch(/no-store|no-cache/)
    }
  })
})

test('one verification at a time, with its progress and its findings', async () => {
  const started = await post('runs', JSON.stringify({ what: 'full' }))
  expect(started.status).toBe(202)
  const { id } = runSchema.parse(await started.json())
  expect((await post('runs', JSON.stringify({ what: 'tree' }))).status).toBe(429)
  begun?.on.message({ done: 2, of: 4 })
  expect(await json(`runs/${id}`)).toMatchObject({ state: 'running', done: 2, of: 4 })
  const finding = { code: 'RECORD_ALTERED', what: 'entry 3: its digest', index: 3 }
  begun?.on.message({ size: 4, findingsCount: 1, findings: [finding] })
  begun?.on.end(null)
  const ended = runSchema.strict().parse(await json(`runs/${id}`))
  expect(ended).toMatchObject({ state: 'failed', findingsTotal: 1, done: 4 })
  expect(ended.findings).toEqual([finding])
  expect(await json('state')).toMatchObject({ integrity: 'broken', verifiedSize: 4 })
})

test('a comparison of a service that may be compared, beside the last verification', async () => {
  const ask = (service: unknown) => post('comparisons', JSON.stringify({ service }))
  for (const [service, status] of [
    ['billing', 400],
    [1, 400],
    ['x'.repeat(257), 400],
  ] as const) {
    expect((await ask(service)).status).toBe(status)
  }
  const started = await ask('api')
  expect(started.status).toBe(202)
  const { id } = runSchema.strict().parse(await started.json())
  expect(begun?.order).toEqual({ what: 'comparison', service: 'api' })
  expect((await ask('')).status).toBe(429)
  const finding = { code: 'LOG_EMPTY', what: 'the access log has no line', index: null }
  begun?.on.message({ size: 0, findingsCount: 1, findings: [finding], isIncomplete: true })
  begun?.on.end(null)
  expect(await json(`comparisons/${id}`)).toMatchObject({ state: 'incomplete', service: 'api' })
  expect(integritySchema.strict().parse(await json('integrity'))).toMatchObject({
    ...{ comparable: ['', 'api'], lastComparison: { id, findings: [finding] } },
    lastRun: { what: 'full', state: 'failed' },
  })
  const { comparisons: _, ...rest } = parts()
  const without = createConsoleApp(rest)
  const answer = await without.request(`http://${host}/api/v1/comparisons`, {
    ...{ method: 'POST', body: '{"service":""}' },
    headers: { host, 'content-type': 'application/json', 'content-length': '14' },
  })
  expect(await answer.json()).toMatchObject({ code: 'CONSOLE_NOT_COMPARABLE' })
})

test('an export is what was found, with a manifest that the ledger signed', async () => {
  const begun = await post('exports', JSON.stringify({ query: 'client:web', format: 'ndjson' }))
  const { id } = exportSchema.strict().parse(await begun.json())
  const ended = async (): Promise<Export> => {
    const told = exportSchema.strict().parse(await json(`exports/${id}`))
    return told.state === 'running' ? ended() : told
  }
  expect(await ended()).toMatchObject({ state: 'done', records: 2, data: `exports/${id}/data` })
  const data = await (await ask(`exports/${id}/data`)).text()
  expect(data.trim().split('\n')).toHaveLength(2)
  expect(data).not.toContain('"alice"')
  const manifest = await (await ask(`exports/${id}/manifest`)).bytes()
  const opened = openManifest(manifest, exportVkey(reading.reader))
  const sha256 = createHash('sha256').update(data).digest('hex')
  expect(opened).toMatchObject({ query: 'client:web', records: 2, personal: 'withheld', sha256 })
  const wrong = await post('exports', JSON.stringify({ query: 'clinet:x', format: 'csv' }))
  expect(problemSchema.parse(await wrong.json()).code).toBe('QUERY_FIELD_UNKNOWN')
})

describe('live', () => {
  const tell = (n: number) => ({ 'oauth.client.id': n % 2 === 0 ? 'even' : 'odd' })

  /** Events until one has this name, from a stream that is then left. */
  async function events(
    path: string,
    headers: Record<string, string>,
    until: (all: string) => boolean,
  ) {
    const response = await ask(path, { headers })
    const reader = response.body!.pipeThrough(new TextDecoderStream()).getReader()
    let all = ''
    while (!until(all)) {
      const { done, value } = await reader.read()
      if (done) break
      all += value
    }
    await reader.cancel()
    return all
  }

  test('what comes is sent to who asked for it, and whoever was away goes on', async () => {
    const live = events('live?q=client:even', {}, (all) => all.includes('event: record'))
    await producer.commit([tell(1), tell(2), tell(3)])
    await reading.refresh()
    const seen = await live
    expect(seen).toContain('"client":"even"')
    expect(seen).not.toContain('"client":"odd"')
    const last = reading.index.last!.lastIndex
    const after = { 'last-event-id': String(last - 3) }
    const resumed = await events('live', after, (all) => all.split('event: record').length > 3)
    expect(resumed.match(/^id: \d+$/gm)?.slice(0, 3)).toEqual(
      [last - 2, last - 1, last].map((id) => `id: ${id}`),
    )
  })

  test('too much at once is a gap, with where to find it', async () => {
    const from = reading.index.last!.lastIndex
    for (let n = 0; n < 3; n++) {
      await producer.commit(Array.from({ length: 100 }, (_, k) => tell(k)))
    }
    await reading.refresh()
    const all = await events('live', { 'last-event-id': String(from) }, (text) => {
      return text.includes('event: position')
    })
    const [, gap] = /event: gap\ndata: (.*)/.exec(all) ?? []
    expect(JSON.parse(gap ?? '{}')).toMatchObject({ why: 'too-many', from: from + 2 })
    expect(all.match(/event: record/g)).toHaveLength(200)
  })
})
