// Scenario: somebody types a secret into every parameter of every endpoint, as a stranger and as a
// known client; into the headers that carry tokens; and into everything that a client can say of
// itself when it registers, and then uses that registration.
// Guarantee: the value is in nothing that leaves the process, in clear or as a hash that could be
// guessed, and each request has its record.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { beforeAll, expect, test } from '@jest/globals'
import { withService } from './fixtures/child.ts'
import { newProducer } from './fixtures/credentials.ts'
import { type Sink, startSink } from './fixtures/sink.ts'

const wordsOf = (text: string): string[] => text.trim().split(/\s+/)

const authorization = `
  acr_values authorization_details claims claims_locales client_assertion client_assertion_type
  client_id client_secret code_challenge code_challenge_method display dpop_jkt id_token_hint
  login_hint max_age nonce prompt redirect_uri registration request request_uri resource
  response_mode response_type scope state ui_locales web_message_uri
`
const clientParameters = 'client_assertion client_assertion_type client_id client_secret'

const request = {
  client_id: 'web',
  response_type: 'code',
  scope: 'openid',
  redirect_uri: 'https://shop.example.com/callback',
  code_challenge: 'a'.repeat(43),
  code_challenge_method: 'S256',
}

interface Target {
  readonly method: 'GET' | 'POST'
  readonly parameters: readonly string[]
  /** What is right otherwise. */
  readonly right: Readonly<Record<string, string>>
}

const targets: Readonly<Record<string, Target>> = {
  auth: { method: 'GET', parameters: wordsOf(authorization), right: request },
  token: {
    method: 'POST',
    parameters: wordsOf(`${authorization} code code_verifier grant_type refresh_token device_code
      auth_req_id subject_token subject_token_type actor_token actor_token_type
      requested_token_type`),
    right: { grant_type: 'refresh_token', refresh_token: 'none such' },
  },
  'token/introspection': {
    method: 'POST',
    parameters: wordsOf(`token token_type_hint ${clientParameters}`),
    right: { token: 'none such' },
  },
  'token/revocation': {
    method: 'POST',
    parameters: wordsOf(`token token_type_hint ${clientParameters}`),
    right: { token: 'none such' },
  },
  request: { method: 'POST', parameters: wordsOf(authorization), right: request },
  'device/auth': { method: 'POST', parameters: wordsOf(authorization), right: { scope: 'openid' } },
  backchannel: {
    method: 'POST',
    parameters: wordsOf(`${authorization} binding_message client_notification_token login_hint_token
      request_context requested_expiry user_code`),
    right: { scope: 'openid', login_hint: 'ada' },
  },
  me: {
    method: 'POST',
    parameters: ['access_token', 'scope'],
    right: { access_token: 'none such' },
  },
  device: { method: 'POST', parameters: wordsOf('abort confirm user_code xsrf'), right: {} },
  'session/end': {
    method: 'GET',
    parameters: wordsOf(
      'client_id id_token_hint logout_hint post_logout_redirect_uri state ui_locales',
    ),
    right: {},
  },
  'session/end/confirm': { method: 'POST', parameters: ['logout', 'xsrf'], right: {} },
}

const metadata = wordsOf(`
  client_name client_uri contacts default_acr_values id_token_signed_response_alg initiate_login_uri
  jwks_uri logo_uri policy_uri redirect_uris scope sector_identifier_uri software_id tos_uri
`)
const basic = Buffer.from('web:web-secret-0123456789-0123456789').toString('base64')

let sink: Sink
let stderr: string
let sent = 0
const typed: string[] = []

/** A secret that only this place knows, alone and in a URI. */
function secretsFor(place: string): string[] {
  const secret = `S3cret-${place.replaceAll(/[/_]/g, '-')}-hunter2`
  const values = [secret, `https://user:${secret}@${secret}.example/${secret}?${secret}`]
  typed.push(...values)
  return values
}

async function typeInto(issuer: string, endpoint: string, name: string): Promise<void> {
  const { method, right } = targets[endpoint]!
  const url = `${issuer}/${endpoint}`
  for (const value of secretsFor(`${endpoint}-${name}`)) {
    const known = new URLSearchParams({ ...right, [name]: value })
    const stranger = new URLSearchParams({ client_id: 'stranger', ...right, [name]: value })
    for (const body of [known, stranger]) {
      const headers: Record<string, string> =
        body === known && endpoint !== 'me' ? { authorization: `Basic ${basic}` } : {}
      if (method === 'GET') await fetch(`${url}?${body}`, { redirect: 'manual' })
      else await fetch(url, { method, body, headers, redirect: 'manual' })
      sent++
    }
  }
}

async function showTokens(issuer: string): Promise<void> {
  for (const url of ['me', 'credential', 'reg/stranger']) {
    for (const scheme of ['Bearer', 'DPoP', 'Basic', 'bearer']) {
      const [secret = ''] = secretsFor(`${url}-${scheme}`)
      const headers = { authorization: `${scheme} ${secret}`, dpop: secret }
      const method = url === 'credential' ? 'POST' : 'GET'
      await fetch(`${issuer}/${url}`, { method, headers })
      sent++
    }
  }
  const [secret = ''] = secretsFor('me-query')
  await fetch(`${issuer}/me?access_token=${secret}`)
  sent++
}

/** Registers with a secret in one member, and then asks with what came of it. */
async function register(issuer: string, name: string): Promise<void> {
  for (const value of secretsFor(`reg-${name}`)) {
    const isList = name === 'redirect_uris' || name === 'contacts' || name.endsWith('values')
    const body = { redirect_uris: [request.redirect_uri], [name]: isList ? [value] : value }
    const headers = { 'content-type': 'application/json' }
    const answer = await fetch(`${issuer}/reg`, {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    })
    sent++
    const { client_id: id } = (await answer.json()) as { client_id?: string }
    if (id === undefined) continue
    const query = new URLSearchParams({
      ...request,
      client_id: id,
      acr_values: value,
      scope: value,
    })
    await fetch(`${issuer}/auth?${query}`, { redirect: 'manual' })
    sent++
  }
}

beforeAll(async () => {
  const producer = newProducer()
  sink = await startSink(producer)
  const credentials = producer.write(sink)
  const { tokenKey: _, ...unkeyed } = JSON.parse(readFileSync(credentials, 'utf8'))
  writeFileSync(credentials, JSON.stringify(unkeyed))
  const ended = await withService({ credentials }, async ({ issuer }) => {
    for (const [endpoint, { parameters }] of Object.entries(targets)) {
      for (const name of parameters) await typeInto(issuer, endpoint, name)
    }
    await showTokens(issuer)
    for (const name of metadata) await register(issuer, name)
  }).finally(() => void sink.close())
  stderr = ended.stderr
}, 60_000)

test('each request has its record', () => {
  expect(sink.faults).toEqual([])
  expect(sent).toBeGreaterThan(700)
  expect(sink.records()).toHaveLength(sent + 2)
})

test('nothing that was typed left the process', () => {
  const left = `${Buffer.concat(sink.bodies).toString('latin1')}\n${stderr}`.toLowerCase()
  expect(left).not.toContain('s3cret')
  expect(left).not.toContain('hunter2')
})

test('nor a hash of it that anybody could compute', () => {
  const left = Buffer.concat(sink.bodies).toString('latin1')
  for (const value of typed) {
    expect(left).not.toContain(createHash('sha256').update(value).digest('base64url').slice(0, 20))
  }
})
