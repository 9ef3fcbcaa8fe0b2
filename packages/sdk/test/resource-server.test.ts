// Scenario: an API on each framework, untouched and started with `node --import
// @grantlog/sdk/register`, answers requests with good, bad and no tokens; one client goes away in
// the middle of an answer.
// Guarantee: one signed record for each request that presented a token or was asked for one, with
// who, what, how it ended and why, in one stream without holes; the answers are the same to the
// byte as without the SDK; not one secret is in any of what leaves.
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { type Calls, jwk, runCalls } from './fixtures/api-client.ts'
import type { Exchange } from './fixtures/browser.ts'
import { withService } from './fixtures/child.ts'
import { newProducer } from './fixtures/credentials.ts'
import { type Sink, startSink, type StoredRecord } from './fixtures/sink.ts'

interface Host {
  readonly framework: string
  readonly entry?: string
  readonly env?: Readonly<Record<string, string>>
}

interface Life {
  readonly calls: Calls
  readonly sink: Sink
  readonly stderr: string
  readonly code: number | null
}

const byImport = 'resource-server-import.mjs'

async function live({ framework, entry = byImport, env = {} }: Host): Promise<Life> {
  const producer = newProducer()
  const sink = await startSink(producer)
  const credentials = producer.write(sink)
  const options = { credentials, entry, env: { FRAMEWORK: framework, JWK: jwk, ...env } }
  try {
    const { result, ...ended } = await withService(options, ({ issuer }) => runCalls(issuer))
    return { calls: result, sink, ...ended }
  } finally {
    await sink.close()
  }
}

/** Attributes by short names. */
const names: Record<string, string> = {
  actor: 'audit.actor.type',
  address: 'client.address',
  binding: 'oauth.token.binding',
  bytes: 'http.response.body.size',
  client: 'oauth.client.id',
  code: 'oauth.error.code',
  format: 'oauth.token.format',
  granted: 'oauth.scope.granted',
  library: 'oauth.library.name',
  location: 'oauth.token.location',
  missing: 'oauth.scope.missing',
  outcome: 'audit.outcome',
  privileged: 'audit.privileged',
  posture: 'oauth.posture',
  query: 'url.query',
  reason: 'oauth.error.reason',
  required: 'oauth.scope.required',
  roles: 'user.roles',
  status: 'http.response.status_code',
  template: 'url.template',
  type: 'error.type',
  user: 'user.id',
}

const ada = { actor: 'user', user: 'ada', client: 'web', roles: 'user', library: 'jose' }
const bob = { actor: 'user', user: 'bob', roles: 'admin user' }
const nobody = { actor: 'anonymous', user: undefined, client: undefined, granted: undefined }
const invalid = { outcome: 'failure', status: 401n, code: 'invalid_token', ...nobody }

/** What the record of each call must say, and its route; a call that is not here has none. */
const expected: Record<string, [route: string | null, says: Record<string, unknown>]> = {
  allowed: [
    '/orders/:id',
    {
      outcome: 'success',
      ...ada,
      granted: 'orders:read profile',
      binding: 'none',
      format: 'jwt',
      posture: undefined,
    },
  ],
  service: [
    '/orders/:id',
    { outcome: 'success', actor: 'client', client: 'worker', user: undefined },
  ],
  scope: [
    '/users/:id',
    {
      outcome: 'denied',
      reason: 'scope_insufficient',
      code: 'insufficient_scope',
      required: 'users:write',
      missing: 'users:write',
      status: 403n,
      ...ada,
    },
  ],
  changed: ['/users/:id', { outcome: 'success', ...bob }],
  role: ['/admin/users', { outcome: 'denied', reason: 'access_denied', status: 403n, ...ada }],
  admin: ['/admin/users', { outcome: 'success', query: 'page=2&q=REDACTED', ...bob }],
  audience: ['/orders/:id', { reason: 'audience_mismatch', ...invalid }],
  expired: ['/orders/:id', { reason: 'token_expired', ...invalid }],
  forged: ['/orders/:id', { reason: 'signature_invalid', ...invalid }],
  garbage: ['/orders/:id', { reason: 'token_malformed', format: 'opaque', ...invalid }],
  none: ['/orders/:id', { outcome: 'denied', reason: 'token_missing', type: '401', ...nobody }],
  unvalidated: [
    '/free/:id',
    { outcome: 'success', reason: 'token_not_validated', library: undefined, ...nobody },
  ],
  query: [
    '/orders/:id',
    {
      ...{ outcome: 'success', location: 'query', query: 'access_token=REDACTED', ...ada },
      posture: 'token_in_query',
    },
  ],
  nowhere: [null, { outcome: 'failure', status: 404n, template: '/no/such/:id', ...nobody }],
  broken: ['/broken', { outcome: 'failure', reason: 'internal', status: 500n, type: '500' }],
  slow: ['/slow', { outcome: 'success', address: '127.0.0.1' }],
  export: ['/export', { outcome: 'success', ...ada }],
  hang: ['/hang', { outcome: 'success', type: 'ECONNRESET', status: 200n, ...ada }],
}

function tellOf({ attributes }: StoredRecord, like: object): Record<string, unknown> {
  return Object.fromEntries(Object.keys(like).map((key) => [key, attributes.get(names[key]!)]))
}

/** Records of calls, in their order; the first and the last are about the stream. */
function accessesOf({ sink }: Life): StoredRecord[] {
  return sink.records().slice(1, -1)
}

function ofCall(life: Life, label: string): StoredRecord {
  return accessesOf(life)[Object.keys(expected).indexOf(label)]!
}

const masked = new Set(['date', 'etag'])

function shapeOf({ label, status, rawHeaders, body }: Exchange): object {
  const headers = rawHeaders.map((one, i) =>
    i % 2 === 1 && masked.has(rawHeaders[i - 1]!.toLowerCase()) ? 'X' : one,
  )
  return { label, status, headers, body: body.replace(/127\.0\.0\.1:\d+/g, 'HOST') }
}

describe.each<Host>([
  { framework: 'http' },
  { framework: 'express' },
  { framework: 'fastify' },
  { framework: 'koa' },
  { framework: 'hono' },
  { framework: 'nest' },
  { framework: 'express', entry: 'resource-server-require.cjs' },
])('$framework $entry', ({ framework, entry = byImport }) => {
  let life: Life
  beforeAll(async () => {
    life = await live({ framework, entry })
  })

  test('each call has its record, in order', () => {
    const told = accessesOf(life).map((record, i) => {
      const [label, [route, says]] = Object.entries(expected)[i] ?? ['?', [null, {}]]
      expect(record.span.name).toBe('oauth.resource_access')
      const { attributes } = record
      const isKnown = framework !== 'http' && route !== null
      expect([label, attributes.get('http.route')]).toEqual([label, isKnown ? route : undefined])
      if (!isKnown && route !== null) expect(attributes.get('url.template')).toBe(route)
      return [label, tellOf(record, says)]
    })
    const wanted = Object.entries(expected).map(([label, [, says]]) => [label, says])
    expect(told).toEqual(wanted)
  })

  test('the stream has no holes, every batch checks, and all requests were counted', () => {
    const records = life.sink.records()
    expect(life.sink.faults).toEqual([])
    expect(records.map(({ sequence }) => sequence)).toEqual(records.map((_, i) => i))
    expect(Object.fromEntries(records.at(-1)!.attributes)).toMatchObject({
      'audit.action': 'audit.stream.stop',
      'audit.stream.dropped': 0n,
      'audit.stream.http_requests': BigInt(life.calls.exchanges.length),
    })
  })

  test('the bytes of an export are told, also of one that was cut', () => {
    const bytesOf = (label: string): number =>
      Number(ofCall(life, label).attributes.get(names.bytes!))
    const sent = life.calls.exchanges.find(({ label }) => label === 'export')!.body.length
    // Three rows, each with a few bytes of framing.
    expect(bytesOf('export') - sent).toBeGreaterThanOrEqual(0)
    expect(bytesOf('export') - sent).toBeLessThan(64)
    expect(bytesOf('hang')).toBeGreaterThan(1000)
    expect(bytesOf('hang')).toBeLessThan(sent)
  })

  test('a slow request took its time', () => {
    const { startTimeUnixNano, endTimeUnixNano } = ofCall(life, 'slow').span
    expect(endTimeUnixNano - startTimeUnixNano).toBeGreaterThanOrEqual(29_000_000n)
  })

  test('one token has one hash in all its records, and others have others', () => {
    const hashOf = (label: string): unknown =>
      ofCall(life, label).attributes.get('oauth.token.hash')
    expect(hashOf('allowed')).toMatch(/^t1\.[\w-]{22}$/)
    for (const label of ['scope', 'role', 'slow']) expect(hashOf(label)).toBe(hashOf('allowed'))
    expect(hashOf('unvalidated')).toBe(hashOf('forged'))
    expect(hashOf('forged')).not.toBe(hashOf('allowed'))
  })

  test('no secret left the process, which ends by itself and says nothing', () => {
    const bytes = Buffer.concat(life.sink.bodies).toString('latin1')
    for (const secret of life.calls.secrets) {
      expect(bytes.includes(secret)).toBe(false)
      expect(life.stderr.includes(secret)).toBe(false)
    }
    expect(life.code).toBe(0)
    expect(life.stderr).not.toContain('grantlog')
  })

  test('the answers are the same as without the SDK', async () => {
    const env = { FRAMEWORK: framework, JWK: jwk }
    const { result } = await withService({ credentials: null, entry, env }, ({ issuer }) =>
      runCalls(issuer),
    )
    expect(life.calls.exchanges.map(shapeOf)).toEqual(result.exchanges.map(shapeOf))
  })
})

describe('a policy', () => {
  const policy = {
    format: 'grantlog-policy-v1',
    routes: [
      { methods: ['GET'], route: '/orders/:id', scopes: ['orders:read', 'orders:all'] },
      { methods: ['GET'], route: '/export', scopes: ['orders:read'], privileged: 'export' },
      { methods: ['POST'], route: '/users/:userId', privileged: 'user_data_change' },
      { route: '/admin/*', roles: ['admin'], privileged: 'administration' },
    ],
    roleClaims: ['/scope'],
    queryValues: ['q'],
  }

  function fileOf(text: string): string {
    const path = join(mkdtempSync(join(tmpdir(), 'grantlog-policy-')), 'policy.json')
    writeFileSync(path, text)
    return path
  }

  test.each(['http', 'express'])('says more of each request, on %s', async (framework) => {
    const path = fileOf(JSON.stringify(policy))
    const life = await live({ framework, env: { GRANTLOG_POLICY: path } })
    const told = (label: string, ...keys: string[]): unknown[] =>
      keys.map((key) => ofCall(life, label).attributes.get(names[key]!))
    expect(told('allowed', 'required', 'missing')).toEqual(['orders:all orders:read', 'orders:all'])
    expect(told('expired', 'required', 'missing')).toEqual(['orders:all orders:read', undefined])
    expect(told('export', 'privileged')).toEqual(['export'])
    expect(told('changed', 'privileged', 'missing')).toEqual(['user_data_change', undefined])
    expect(told('role', 'privileged')).toEqual(['administration'])
    expect(told('admin', 'roles', 'query')).toEqual(['users:write', 'page=REDACTED&q=REDACTED'])
    const hashes = life.sink.records().map(({ attributes }) => attributes.get('audit.policy.hash'))
    expect(new Set(hashes).size).toBe(1)
    expect(hashes[0]).toMatch(/^[\w-]{43}$/)
    expect(hashes[0]).not.toBe('nk5eacbUShmh23ZBGPB2vKA1NsploY0MGGVpjO0Oj0E')
  })

  test('that is not valid is told, and the built-in one stays', async () => {
    const path = fileOf('{"format":"grantlog-policy-v1","routes":[{"route":"orders"}]}')
    const life = await live({ framework: 'http', env: { GRANTLOG_POLICY: path } })
    expect(life.stderr).toMatch(/^grantlog: POLICY_INVALID: .*\/routes\/0\/route.*Fix: /m)
    expect(ofCall(life, 'allowed').attributes.get('audit.policy.hash')).toBe(
      'nk5eacbUShmh23ZBGPB2vKA1NsploY0MGGVpjO0Oj0E',
    )
  })
})
