// Scenario: an authorization server that was set up before RFC 9700, with clients that were, too; a
// user is asked for a stronger log-in.
// Guarantee: each request that was let through says what is weak in it, and nothing else does; the
// log-in that was asked for and the one that there was are both told; a refresh token says until
// when it lives, how old it was, and of which family it is.
import { expect, test } from '@jest/globals'
import { withService } from './fixtures/child.ts'
import { newProducer } from './fixtures/credentials.ts'
import { Client, exchangeOf, refreshOf, sayYes, spa } from './fixtures/oauth-client.ts'
import { startSink, type StoredRecord } from './fixtures/sink.ts'
import {
  authorize,
  byAda,
  byNobody,
  names,
  ok,
  page,
  type Row,
  token,
  userinfo,
} from './fixtures/words.ts'

const plain = 'http://shop.example.com/callback'

async function life(issuer: string): Promise<Client['secrets']> {
  const client = new Client(issuer)
  const { browser } = client
  const ask = async (label: string, query: Record<string, string>): Promise<void> => {
    const all = { response_type: 'code', scope: 'openid', ...query }
    await browser.send({ label, url: `auth?${new URLSearchParams(all)}` })
  }
  const challenge = { code_challenge: 'c'.repeat(43), code_challenge_method: 'S256' }
  await ask('http', { client_id: 'web', redirect_uri: plain, ...challenge })
  await ask('localhost', { client_id: 'desk', redirect_uri: 'http://localhost:3000/callback' })
  await ask('loopback', {
    ...{ client_id: 'desk', redirect_uri: 'http://127.0.0.1:3000/callback' },
    ...challenge,
  })
  await ask('implicit', {
    ...{ client_id: 'old', response_type: 'id_token token', nonce: 'n-0123456789' },
    redirect_uri: 'https://shop.example.com/callback',
  })
  const stronger = { ...sayYes, login: [{ ...sayYes.login[0]!, acr: 'phr' }] }
  const asked = { acr_values: 'phr none-such', scope: 'openid orders offline_access' }
  const extra = { ...asked, client_id: 'spa', prompt: 'login consent' }
  const code = await client.code('step-up', { extra: { ...extra }, answers: stronger })
  const tokens = await client.token('kept', exchangeOf(code), spa)
  await client.token('kept, refresh', refreshOf(tokens.refresh_token!), spa)
  await browser.send({ label: 'in query', url: `me?access_token=${tokens.access_token}` })
  browser.close()
  return client.secrets
}

const long = 'long_lived_token'
const expected: readonly Row[] = [
  ['http', { ...authorize, ...page, ...byNobody, posture: 'plain_redirect' }],
  ['localhost', { ...authorize, ...page, client: 'desk', posture: 'localhost_redirect no_pkce' }],
  ['loopback', { ...authorize, ...page, client: 'desk', posture: undefined }],
  ['implicit', { ...authorize, ...page, client: 'old', posture: 'implicit' }],
  ['step-up', { ...authorize, ...page, client: 'spa', posture: undefined, acr: undefined }],
  ['step-up, log-in', { action: 'oauth.login', ...ok, ...byAda, acr: 'phr' }],
  ['step-up, to consent', { ...authorize, ...page, ...byAda, acr: 'phr' }],
  ['step-up, consent', { action: 'oauth.consent', ...ok }],
  ['step-up, done', { ...authorize, ...ok, acr: 'phr', acrs: '_OTHER phr', posture: undefined }],
  ['kept', { ...token, ...ok, ...byAda, pkce: 'ok', posture: long, acr: 'phr' }],
  ['kept, refresh', { ...token, ...ok, posture: `${long} unbound_refresh_token`, rotated: false }],
  ['in query', { ...userinfo, posture: 'token_in_query' }],
]

function tellOf({ attributes }: StoredRecord, like: Row[1]): Record<string, unknown> {
  return Object.fromEntries(Object.keys(like).map((key) => [key, attributes.get(names[key]!)]))
}

test('an old set-up is told request by request', async () => {
  const producer = newProducer()
  const sink = await startSink(producer)
  const options = { credentials: producer.write(sink), entry: 'lenient-server.mjs' }
  const { result, stderr } = await withService(options, ({ issuer }) => life(issuer))
  await sink.close()
  const records = sink.records().slice(1, -1)
  const told = records.map((one, i) => [expected[i]?.[0], tellOf(one, expected[i]?.[1] ?? {})])
  expect(told).toEqual(expected)
  expect(stderr).not.toContain('grantlog')
  const [first, refreshed] = records.slice(-3, -1).map(({ attributes }) => attributes)
  const [at, again] = [first, refreshed].map((one) => one?.get('oauth.refresh.expires_at'))
  const now = BigInt(Math.floor(Date.now() / 1000))
  expect(Number((at as bigint) - now)).toBeGreaterThan(29 * 86_400)
  // The same again.
  expect(Number((again as bigint) - (at as bigint))).toBeLessThanOrEqual(1)
  expect(refreshed?.get('oauth.refresh.family_hash')).toBe(first?.get('oauth.grant.id_hash'))
  expect(Number(refreshed?.get('oauth.token.age'))).toBeLessThan(600)
  const bytes = Buffer.concat(sink.bodies).toString('latin1')
  for (const secret of result) expect(bytes.includes(secret)).toBe(false)
})
