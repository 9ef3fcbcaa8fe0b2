// Scenario: somebody types a secret into every parameter of both endpoints, as a stranger and as a
// known client.
// Guarantee: the value is in nothing that leaves the process, in clear or as a hash that could be
// guessed, and each request has its record.
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { beforeAll, expect, test } from '@jest/globals'
import { withService } from './fixtures/child.ts'
import { newProducer } from './fixtures/credentials.ts'
import { type Sink, startSink } from './fixtures/sink.ts'

const parameters = `
  acr_values client_assertion client_assertion_type client_id client_secret code code_challenge
  code_challenge_method code_verifier display grant_type id_token_hint login_hint nonce prompt
  redirect_uri refresh_token registration request request_uri resource response_mode response_type
  scope state ui_locales web_message_uri
`
  .trim()
  .split(/\s+/)

const right: Record<string, Record<string, string>> = {
  auth: {
    client_id: 'web',
    response_type: 'code',
    scope: 'openid',
    redirect_uri: 'https://shop.example.com/callback',
    code_challenge: 'a'.repeat(43),
    code_challenge_method: 'S256',
  },
  token: { grant_type: 'refresh_token', refresh_token: 'none such' },
}
const basic = Buffer.from('web:web-secret-0123456789-0123456789').toString('base64')

let sink: Sink
let stderr: string
let sent = 0
const typed: string[] = []

async function type(issuer: string, endpoint: 'auth' | 'token', name: string): Promise<void> {
  const secret = `S3cret-${endpoint}-${name.replaceAll('_', '-')}-hunter2`
  const uri = `https://user:${secret}@${secret}.example/${secret}?${secret}`
  const url = `${issuer}/${endpoint}`
  for (const value of [secret, uri]) {
    typed.push(value)
    const known = new URLSearchParams({ ...right[endpoint], [name]: value })
    const stranger = new URLSearchParams({ client_id: 'stranger', [name]: value })
    for (const body of [known, stranger]) {
      const authorization = body === known ? `Basic ${basic}` : ''
      if (endpoint === 'auth') await fetch(`${url}?${body}`, { redirect: 'manual' })
      else await fetch(url, { method: 'POST', body, headers: { authorization } })
      sent++
    }
  }
}

beforeAll(async () => {
  const producer = newProducer()
  sink = await startSink(producer)
  const credentials = producer.write(sink)
  const { tokenKey: _, ...unkeyed } = JSON.parse(readFileSync(credentials, 'utf8'))
  writeFileSync(credentials, JSON.stringify(unkeyed))
  const ended = await withService({ credentials }, async ({ issuer }) => {
    for (const name of parameters) {
      await type(issuer, 'auth', name)
      await type(issuer, 'token', name)
    }
  }).finally(() => void sink.close())
  stderr = ended.stderr
}, 60_000)

test('each request has its record', () => {
  expect(sink.faults).toEqual([])
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
