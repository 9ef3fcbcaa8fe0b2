// Scenario: a service does all of OAuth with openid-client, loaded by `import` or by `require`:
// against a real authorization server, against one that misbehaves, and through a transport of its
// own.
// Guarantee: one record for each call that becomes a request, or that refuses a response, with who,
// what, how it ended and why, though the libraries below it are instrumented, too; no secret
// leaves; the service sees the same as without the SDK.
import { beforeAll, describe, expect, test } from '@jest/globals'
import { type ClientRun, useServers } from './fixtures/client-runs.ts'
import { newProducer } from './fixtures/credentials.ts'
import { type Sink, startSink } from './fixtures/sink.ts'
import { tellOf } from './fixtures/telling.ts'

const hash = expect.stringMatching(/^[pt]1\.[\w-]{22}$/)
const token = { action: 'oauth.token', outcome: 'success', status: 200n }
const refused = { action: 'oauth.token', outcome: 'failure', issued: undefined }
const discovery = { action: 'oauth.discovery', outcome: 'success', actor: 'system', status: 200n }
const response = { action: 'oauth.authorize', client: 'web', status: undefined, grant: undefined }
const worker = { actor: 'client', client: 'worker', method: 'client_secret_post' }
const device = 'urn:ietf:params:oauth:grant-type:device_code'

/** What the record of each call must tell, in their order. */
const expected: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['discovery', { ...discovery, client: 'web', method: undefined }],
  [
    'code',
    {
      ...{ ...token, actor: 'user', user: 'ada', client: 'web', method: 'client_secret_post' },
      ...{ issued: 'access_token id_token refresh_token', granted: 'openid orders', token: hash },
      ...{ grant: 'authorization_code', redirect: 'shop.example.com', binding: 'none' },
    },
  ],
  ['user info', { action: 'oauth.userinfo', outcome: 'success', user: 'ada', token: hash }],
  ['user info of another', { outcome: 'failure', reason: 'claim_invalid', user: undefined }],
  ['user info without a token', { code: 'invalid_token', status: 401n, category: 'token' }],
  ['refresh', { ...token, grant: 'refresh_token', rotated: true, presented: hash, user: 'ada' }],
  ['introspect', { action: 'oauth.introspect', active: true, user: 'ada', actor: 'client' }],
  ['introspect nothing', { action: 'oauth.introspect', active: false, user: undefined }],
  ['revoke', { action: 'oauth.revoke', revocation: 'client_request', token: hash }],
  ['refused', { ...refused, code: 'invalid_grant', presented: hash, status: 400n }],
  ['replayed', { ...refused, code: 'invalid_grant', grant: 'authorization_code' }],
  ['pushed', { action: 'oauth.par', outcome: 'success', requested: 'openid orders', pkce: 'S256' }],
  ['nonce', { ...refused, reason: 'nonce_mismatch', category: 'token', status: 200n }],
  ['not pushed', { action: 'oauth.par', outcome: 'failure', code: 'invalid_request' }],
  ['denied', { ...response, outcome: 'denied', code: 'access_denied', category: 'consent' }],
  ['state', { ...response, outcome: 'failure', reason: 'state_mismatch', code: undefined }],
  ['issuer', { ...response, reason: 'issuer_mismatch', category: 'authorization_request' }],
  ['discovery for the worker', { ...discovery, client: 'worker' }],
  ['worker', { ...token, ...worker, grant: 'client_credentials', requested: 'orders' }],
  // A nonce is asked for first: two requests, one call.
  ['bound', { ...token, ...worker, binding: 'dpop', token: hash }],
  ['discovery for a stranger', { ...discovery, client: 'worker' }],
  ['stranger', { ...refused, code: 'invalid_client', actor: 'anonymous', status: 401n }],
  ['exchange', { ...refused, code: 'unsupported_grant_type', exchanged: hash }],
  ['device', { action: 'oauth.device_authorization', outcome: 'success', ...worker }],
  ['device waits', { ...refused, grant: device, type: 'OAUTH_TIMEOUT', reason: 'other' }],
  [
    'backchannel',
    { action: 'oauth.backchannel_authentication', outcome: 'success', requested: 'openid' },
  ],
  ['register', { action: 'oauth.register', outcome: 'success', status: 201n, actor: 'system' }],
  ['discovery for implicit', { ...discovery, client: 'implicit' }],
  [
    'implicit',
    {
      ...{ ...response, outcome: 'success', client: 'implicit', user: 'ada', issued: 'id_token' },
      ...{ method: undefined, actor: 'user' },
    },
  ],
  ['implicit nonce', { ...response, client: 'implicit', reason: 'nonce_mismatch' }],
  ['device done', { ...token, grant: device, poll: 'complete', method: 'client_secret_basic' }],
  ['no JSON', { ...refused, type: 'OAUTH_RESPONSE_IS_NOT_CONFORM', reason: 'internal' }],
  ['dead', { ...refused, type: 'ECONNREFUSED', reason: 'unreachable', category: 'network' }],
  ['too slow', { ...refused, type: 'OAUTH_TIMEOUT', reason: 'unreachable', status: undefined }],
  [
    'own transport',
    { ...token, status: undefined, grant: 'client_credentials', granted: 'orders', token: hash },
  ],
  ['own transport, refused', { ...refused, code: 'invalid_scope', reason: 'scope_not_allowed' }],
]

const run = useServers()

describe.each(['openid-import.mjs', 'openid-require.cjs'])('%s', (script) => {
  let sink: Sink
  let without: ClientRun
  let audited: ClientRun
  beforeAll(async () => {
    const producer = newProducer()
    sink = await startSink(producer)
    without = await run(script, null)
    audited = await run(script, producer.write(sink))
    await sink.close()
  })

  test('each call has its record, and misuse has none', () => {
    const records = sink.records().slice(1, -1)
    const told = records.map((record, i) => [
      expected[i]?.[0],
      tellOf(record, expected[i]?.[1] ?? {}),
    ])
    expect(told).toEqual(expected)
    for (const { attributes, span } of records) {
      expect(attributes.get('oauth.library.name')).toBe('openid-client')
      expect(attributes.get('oauth.issuer')).toMatch(/^https?:/)
      expect([attributes.get('oauth.role'), span.kind]).toEqual(['client', 3])
    }
  })

  test('no secret left the process', () => {
    expect(sink.faults).toEqual([])
    const left = `${Buffer.concat(sink.bodies).toString('latin1')}\n${audited.stderr}`
    expect(left.toLowerCase()).not.toContain('s3cret')
    expect(left).not.toContain('-secret-0123456789')
    expect(audited.secrets.length).toBeGreaterThan(8)
    for (const secret of audited.secrets) expect(left).not.toContain(secret)
  })

  test('the service sees the same as without the SDK', () => {
    expect(without.lines.length).toBeGreaterThan(90)
    expect(audited.lines).toEqual(without.lines)
    expect([audited.code, audited.stderr]).toEqual([0, without.stderr])
  })
})
