// Scenario: an authorization server of MCP that has everything done by another one, a real
// oidc-provider; a client registers, authorizes, redeems, refreshes and revokes, and is refused.
// Guarantee: each request has one record of the server, and each that it sends upstream one of the
// client; a token has one hash in both; the answers are the same as without the SDK.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createHash } from 'node:crypto'
import { Browser, redirectUri } from './fixtures/browser.ts'
import { type Service, startService, withService } from './fixtures/child.ts'
import { newProducer } from './fixtures/credentials.ts'
import { type Sink, startSink, type StoredRecord } from './fixtures/sink.ts'

const verifier = 'S3cret-verifier-0123456789-0123456789-0123456789'
const challenge = createHash('sha256').update(verifier).digest('base64url')
const password = { login: 'ada', password: 'correct horse' }

type Form = Readonly<Record<string, string>>
const members = (body: string): Form => JSON.parse(body) as Form

/** What the client does; gives the statuses that it is answered. */
async function flow(url: string): Promise<number[]> {
  const statuses: number[] = []
  const browser = new Browser(url)
  const user = new Browser(upstream.issuer)
  const ask = async (path: string, form: Form, json?: object): Promise<string> => {
    const body = json === undefined ? { form } : { json }
    const { status, body: answer } = await browser.send({ label: path, url: path, ...body })
    statuses.push(status)
    return answer
  }
  try {
    const grant_types = ['authorization_code', 'refresh_token']
    const asked = {
      ...{ redirect_uris: [redirectUri], grant_types, response_types: ['code'] },
      ...{ token_endpoint_auth_method: 'client_secret_post', scope: 'openid offline_access' },
    }
    const client = members(await ask('/register', {}, asked))
    await ask('/register', {}, { ...asked, grant_types: ['of-our-own'] })
    const { client_id, client_secret } = client
    const query = new URLSearchParams({
      ...{ client_id: client_id!, redirect_uri: redirectUri, response_type: 'code', state: 'x' },
      ...{ code_challenge: challenge, code_challenge_method: 'S256', prompt: 'consent' },
      scope: 'openid offline_access',
    })
    const sent = await browser.send({ label: 'authorize', url: `/authorize?${query}` })
    const there = { login: [password], consent: [{}] }
    const back = await user.follow('authorize', sent, there)
    if (back.location === '') throw new Error(JSON.stringify([sent, back]))
    const code = new URL(back.location).searchParams.get('code') ?? ''
    const shown = { client_id: client_id!, client_secret: client_secret! }
    const redeem = {
      ...{ ...shown, grant_type: 'authorization_code', code, code_verifier: verifier },
      redirect_uri: redirectUri,
    }
    const tokens = members(await ask('/token', redeem))
    const { refresh_token } = tokens
    const refresh = { ...shown, grant_type: 'refresh_token', refresh_token: refresh_token! }
    const later = members(await ask('/token', refresh))
    await ask('/token', { ...refresh, refresh_token: 'S3cret-none' })
    await ask('/revoke', { ...shown, token: later.access_token! })
    await ask('/token', redeem)
  } finally {
    browser.close()
    user.close()
  }
  return statuses
}

function saying({ span, attributes }: StoredRecord): string {
  const names = [
    ...['audit.outcome', 'oauth.error.code', 'oauth.error.reason', 'oauth.grant.type'],
    ...['oauth.pkce.result', 'oauth.refresh.rotated', 'oauth.revocation.reason', 'oauth.posture'],
  ]
  const said = names.map((name) => attributes.get(name)).filter((one) => one !== undefined)
  return [span.name.replace('oauth.', ''), ...said].join(' ')
}

/** Why the other one refuses the proxy does not pass on: the record of its request has it. */
const served = [
  'register success',
  'register failure server_error internal',
  'authorize challenge',
  'token success authorization_code ok',
  'token success refresh_token true',
  'token failure server_error internal refresh_token',
  'revoke success client_request',
  'token failure server_error internal authorization_code',
]
const asked = [
  'register success',
  'register failure invalid_client_metadata request_invalid',
  'token success authorization_code',
  'token success refresh_token true',
  'token failure invalid_grant login_required refresh_token',
  'revoke success client_request',
  'token failure invalid_grant other authorization_code',
]

let upstream: Service
beforeAll(async () => {
  upstream = await startService({ credentials: null, entry: 'full-server.mjs' })
})
afterAll(() => upstream.end())

describe.each([
  ['1', 'import', 'sdk'],
  ['1', 'require', 'sdk'],
  ['2', 'import', 'server-legacy'],
  ['2', 'require', 'server-legacy'],
])('version %s by %s', (version, loading, library) => {
  let sink: Sink
  let statuses: number[]
  let stderr: string
  const run = (credentials: string | null) =>
    withService(
      {
        ...{ credentials, entry: 'mcp/proxy.mjs' },
        env: { VERSION: version, LOADING: loading, UPSTREAM: upstream.issuer },
      },
      ({ issuer }) => flow(issuer),
    )
  beforeAll(async () => {
    const producer = newProducer()
    sink = await startSink(producer)
    const ended = await run(producer.write(sink))
    statuses = ended.result
    stderr = ended.stderr
  })
  afterAll(() => sink.close())
  const of = (role: string): StoredRecord[] =>
    sink.records().filter(({ attributes }) => attributes.get('oauth.role') === role)

  test('each request has its record', () => {
    expect(of('authorization_server').map(saying)).toEqual(served)
  })

  test('and each that it sends upstream one of the client', () => {
    expect(of('client').map(saying)).toEqual(asked)
    const libraries = of('client').map(({ attributes }) => attributes.get('oauth.library.name'))
    expect(new Set(libraries)).toEqual(new Set([`@modelcontextprotocol/${library}`]))
  })

  test('one token has one hash on both sides', () => {
    const hashes = ['authorization_server', 'client'].map((role) =>
      of(role).flatMap(({ attributes }) => attributes.get('oauth.token.hash') ?? []),
    )
    expect(hashes[0]).toEqual(hashes[1])
    expect(hashes[0]).toHaveLength(3)
  })

  test('no secret leaves, and the answers are those without the SDK', async () => {
    expect([sink.faults, stderr]).toEqual([[], ''])
    expect(Buffer.concat(sink.bodies).toString('latin1')).not.toContain('S3cret')
    expect(statuses).toEqual((await run(null)).result)
  })
})
