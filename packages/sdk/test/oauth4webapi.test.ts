// Scenario: a service does all of OAuth with oauth4webapi, loaded by `import` or by `require`: as a
// client of a real authorization server, and as an API that validates tokens or asks about them.
// Guarantee: one record for each request, also for one whose answer nobody looks at, and for each
// response that is refused; the API's records say who validated the token and with what result; no
// secret leaves; the service sees the same as without the SDK.
import { beforeAll, describe, expect, test } from '@jest/globals'
import { type ClientRun, useServers } from './fixtures/client-runs.ts'
import { newProducer } from './fixtures/credentials.ts'
import { type Sink, startSink } from './fixtures/sink.ts'
import { tellOf } from './fixtures/telling.ts'

const hash = expect.stringMatching(/^[pt]1\.[\w-]{22}$/)
const token = { action: 'oauth.token', outcome: 'success', status: 200n }
const refused = { action: 'oauth.token', outcome: 'failure', issued: undefined }
const response = { action: 'oauth.authorize', client: 'web', status: undefined, actor: 'anonymous' }
const worker = { actor: 'client', client: 'worker', method: 'client_secret_post' }
const access = { action: 'oauth.resource_access', library: 'oauth4webapi', format: 'jwt' }
const denied = { ...access, outcome: 'failure', status: 401n, user: undefined }
const introspection = { action: 'oauth.introspect', method: 'client_secret_basic' }

/** What each record must tell, in their order. */
const expected: readonly (readonly [string, Readonly<Record<string, unknown>>])[] = [
  ['discovery', { action: 'oauth.discovery', outcome: 'success', actor: 'system', status: 200n }],
  [
    'code',
    {
      ...{ ...token, actor: 'user', user: 'ada', client: 'web', method: 'client_secret_basic' },
      ...{ issued: 'access_token id_token refresh_token', granted: 'openid orders', token: hash },
      ...{ grant: 'authorization_code', redirect: 'shop.example.com', binding: 'none' },
    },
  ],
  ['refresh', { ...token, grant: 'refresh_token', rotated: true, presented: hash, user: 'ada' }],
  ['user info', { action: 'oauth.userinfo', outcome: 'success', user: 'ada', token: hash }],
  ['user info of another', { outcome: 'failure', reason: 'claim_invalid', user: undefined }],
  ['introspect', { ...introspection, active: true, user: 'ada', granted: 'openid orders' }],
  ['introspect nothing', { ...introspection, active: false, user: undefined }],
  ['push', { action: 'oauth.par', outcome: 'success', requested: 'openid orders', par: true }],
  ['bound, without a nonce', { outcome: 'challenge', dpop: 'nonce_required', issued: undefined }],
  ['bound', { ...token, ...worker, binding: 'dpop', token: hash, requested: 'orders' }],
  ['exchange', { ...refused, code: 'unsupported_grant_type', exchanged: hash }],
  ['device', { action: 'oauth.device_authorization', outcome: 'success', ...worker }],
  ['device polls', { outcome: 'challenge', poll: 'authorization_pending' }],
  ['backchannel', { action: 'oauth.backchannel_authentication', outcome: 'success', ...worker }],
  ['register', { action: 'oauth.register', outcome: 'success', status: 201n, actor: 'system' }],
  ['denied', { ...response, outcome: 'denied', code: 'access_denied', category: 'consent' }],
  ['state', { ...response, outcome: 'failure', reason: 'state_mismatch' }],
  ['issuer', { ...response, outcome: 'failure', reason: 'issuer_mismatch' }],
  ['not signed', { ...response, outcome: 'failure', reason: 'token_malformed' }],
  ['broken server', { ...refused, status: 502n, reason: 'internal', category: 'server' }],
  ['dead', { ...refused, type: 'ECONNREFUSED', reason: 'unreachable', status: undefined }],
  ['own transport', { ...token, status: undefined, token: hash, client: 'web' }],
  ['validated', { ...access, outcome: 'success', user: 'ada', client: 'web', actor: 'user' }],
  ['too old', { ...denied, reason: 'token_expired', type: 'OAUTH_JWT_TIMESTAMP_CHECK_FAILED' }],
  ['meant for another', { ...denied, reason: 'audience_mismatch' }],
  ['forged', { ...denied, reason: 'signature_invalid' }],
  ['asked about', { ...introspection, active: true }],
  ['introspected', { ...access, format: 'opaque', outcome: 'success', user: 'ada' }],
  ['asked about nothing', { ...introspection, active: false }],
  ['not active', { ...denied, format: 'opaque', reason: 'other', type: 'inactive' }],
  ['apart', { action: 'oauth.token_validation', outcome: 'success', user: 'ada' }],
  ['replayed', { ...refused, code: 'invalid_grant', grant: 'authorization_code' }],
  ['nobody looks', { action: 'oauth.revoke', outcome: 'success', status: 200n, token: hash }],
]

const run = useServers()

describe.each(['oauth4webapi-import.mjs', 'oauth4webapi-require.cjs'])('%s', (script) => {
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

  test('each request and each refusal has its record, and misuse has none', () => {
    const records = sink.records().slice(1, -1)
    const told = records.map((record, i) => [
      expected[i]?.[0],
      tellOf(record, expected[i]?.[1] ?? {}),
    ])
    expect(told).toEqual(expected)
    for (const { attributes } of records) {
      expect(attributes.get('oauth.library.name')).toBe('oauth4webapi')
    }
  })

  test('no secret left the process', () => {
    expect(sink.faults).toEqual([])
    const left = `${Buffer.concat(sink.bodies).toString('latin1')}\n${audited.stderr}`
    expect(left.toLowerCase()).not.toContain('s3cret')
    expect(left).not.toContain('-secret-0123456789')
    expect(audited.secrets.length).toBeGreaterThan(5)
    for (const secret of audited.secrets) expect(left).not.toContain(secret)
  })

  test('the service sees the same as without the SDK', () => {
    expect(without.lines.length).toBeGreaterThan(90)
    expect(audited.lines).toEqual(without.lines)
    expect([audited.code, audited.stderr]).toEqual([0, without.stderr])
  })
})
