// Scenario: a client makes the same OAuth requests by hand, with each HTTP client of Node and with
// npm's undici, to a server that answers right, wrong, packed, cut, large, or not at all.
// Guarantee: each exchange of OAuth has one record, which tells the same whatever carried it; other
// forms have none; no secret leaves; client and server see the same as without the SDK.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { type Answers, nowhere, startAnswers } from './fixtures/answers.ts'
import { runScript } from './fixtures/child.ts'
import { newProducer } from './fixtures/credentials.ts'
import { type Sink, startSink } from './fixtures/sink.ts'
import { tellOf } from './fixtures/telling.ts'

const hash = expect.stringMatching(/^[pt]1\.[\w-]{22}$/)
const refused = { outcome: 'failure', presented: hash, issued: undefined, user: undefined }
const all = { issued: 'access_token id_token refresh_token', token: hash, refresh: hash }
const ada = { actor: 'user', user: 'ada', session: hash }
const basic = { client: 'web', method: 'client_secret_basic' }
const unread = { outcome: 'success', issued: undefined, status: 200n, ...basic, actor: 'client' }

/** What the record of each exchange must tell, in their order. */
const expected: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  [
    'a code',
    {
      ...{ action: 'oauth.token', outcome: 'success', grant: 'authorization_code', status: 200n },
      ...{ ...all, ...ada, client: 'web', redirect: 'shop.example.com', expires: 600n },
    },
  ],
  ['a secret in the form', { ...all, ...ada, client: 'web', method: 'client_secret_post' }],
  ['an assertion', { ...all, ...ada, client: 'web', method: 'private_key_jwt', key: '1' }],
  ['gzip', { ...all, ...ada, ...basic, rotated: true, presented: hash, granted: 'orders' }],
  ['brotli', { ...all, ...ada, ...basic, rotated: true, presented: hash }],
  [
    'a form as answer',
    { ...basic, issued: 'access_token', token: hash, requested: 'orders', actor: 'client' },
  ],
  [
    'refused',
    {
      ...refused,
      code: 'invalid_grant',
      category: 'grant',
      status: 400n,
      reason: 'login_required',
    },
  ],
  ['refused with 200', { ...refused, code: '_OTHER', type: '_OTHER', status: 200n }],
  ['broken', { ...refused, code: undefined, type: '502', category: 'server', reason: 'internal' }],
  ['text', unread],
  ['huge', unread],
  ['large', unread],
  ['cut', { ...refused, status: 200n, category: 'network', reason: 'unreachable' }],
  [
    'introspection',
    { action: 'oauth.introspect', active: true, user: 'ada', actor: 'client', token: hash },
  ],
  ['of an unknown token', { action: 'oauth.introspect', active: false, user: undefined }],
  [
    'revocation',
    { action: 'oauth.revoke', outcome: 'success', revocation: 'client_request', token: hash },
  ],
  ['a pushed request', { action: 'oauth.par', outcome: 'success', par: true, status: 201n }],
  ['one that is refused', { action: 'oauth.par', outcome: 'failure', code: 'invalid_request' }],
  ['a device', { action: 'oauth.device_authorization', outcome: 'success', client: 'tv' }],
  [
    'a device that may not',
    { action: 'oauth.device_authorization', outcome: 'denied', reason: 'client_not_allowed' },
  ],
  ['back-channel', { action: 'oauth.backchannel_authentication', outcome: 'success' }],
  [
    'token exchange',
    { ...all, exchanged: hash, resource: 'https://api.example.com/orders', action: 'oauth.token' },
  ],
  ['nobody there', { ...refused, status: undefined, category: 'network', reason: 'unreachable' }],
]

interface Ran {
  readonly code: number | null
  /** What the client saw. */
  readonly lines: readonly string[]
  /** What the server saw. */
  readonly requests: readonly string[]
  readonly stderr: string
}

let plain: Answers
let secure: Answers
beforeAll(async () => {
  plain = await startAnswers()
  secure = await startAnswers({ isSecure: true })
})
afterAll(async () => {
  await plain.close()
  await secure.close()
})

async function run(means: string, credentials: string | null): Promise<Ran> {
  const { url, requests } = means.startsWith('https') ? secure : plain
  requests.length = 0
  const args = [
    means,
    url,
    means.startsWith('https') ? nowhere.replace('http:', 'https:') : nowhere,
  ]
  const env = { NODE_NO_WARNINGS: '1' }
  const { code, stdout, stderr } = await runScript({
    ...{ credentials, script: 'transports.mjs', args, env },
  })
  const lines = stdout.replaceAll(url, 'URL').trimEnd().split('\n')
  return { code, lines, requests: [...requests], stderr }
}

describe.each([
  ['fetch of a string', 'fetch'],
  ['fetch of parameters', 'fetch'],
  ['fetch of bytes', 'fetch'],
  ['fetch of a Request', 'fetch'],
  ['fetch of a Request with a stream', 'fetch'],
  ['undici.fetch', 'undici'],
  ['undici.fetch, required', 'undici'],
  ['undici.fetch of a Request', 'undici'],
  ['undici.request', 'undici'],
  ['undici.Client', 'undici'],
  ['undici.Client of version 7.0', 'undici'],
  ['http.request', 'node:http'],
  ['http.request in chunks', 'node:http'],
  ['http.request of a stream', 'node:http'],
  ['http.request with a list of headers', 'node:http'],
  ['http.request with late headers', 'node:http'],
  ['https.request', 'node:http'],
])('%s', (means, library) => {
  let sink: Sink
  let without: Ran
  let audited: Ran
  beforeAll(async () => {
    const producer = newProducer()
    sink = await startSink(producer)
    without = await run(means, null)
    audited = await run(means, producer.write(sink))
    await sink.close()
  })

  test('each exchange of OAuth has its record, and no other request has one', () => {
    const records = sink.records().slice(1, -1)
    const told = records.map((record, i) => [
      expected[i]?.[0],
      tellOf(record, expected[i]?.[1] ?? {}),
    ])
    expect(told).toEqual(expected)
    for (const { span, attributes } of records) {
      expect(attributes.get('oauth.library.name')).toBe(library)
      expect(attributes.get('server.address')).toBe('127.0.0.1')
      expect([attributes.get('oauth.role'), span.kind]).toEqual(['client', 3])
    }
  })

  test('no secret left the process', () => {
    expect(sink.faults).toEqual([])
    const left = `${Buffer.concat(sink.bodies).toString('latin1')}\n${audited.stderr}`
    expect(left.toLowerCase()).not.toContain('s3cret')
  })

  test('client and server see the same as without the SDK', () => {
    expect(without.lines.length).toBeGreaterThan(expected.length)
    expect(audited.lines).toEqual(without.lines)
    expect(audited.requests).toEqual(without.requests)
    expect(audited.code).toBe(0)
    expect(audited.stderr).toBe('')
  })
})
