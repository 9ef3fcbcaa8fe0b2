// Scenario: users log in by strategies of passport that look at no token: at another site with
// OAuth and OpenID Connect, and with a form.
// Guarantee: each log-in has one record that says who it was or why not, beside those of the
// requests to the other site; one that only begins has none.
import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { withService } from './fixtures/child.ts'
import { newProducer } from './fixtures/credentials.ts'
import { type Sink, startSink } from './fixtures/sink.ts'
import { issuer } from './fixtures/tokens.ts'

const now = Math.floor(Date.now() / 1000)
const idTokenOf = (claims: object): string =>
  [{ alg: 'none' }, { iss: issuer, sub: 'ada', aud: 'shop', iat: now, exp: now + 60, ...claims }]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.') + '.S3cret'

/** Answers of the other site by the code that it is shown. */
const answers: Readonly<Record<string, object>> = {
  good: { access_token: 'S3cret-token', token_type: 'Bearer', id_token: idTokenOf({}) },
  foreign: { access_token: 'S3cret-token', id_token: idTokenOf({ aud: 'another' }) },
}

const site = createServer((request, response) => {
  let form = ''
  request.setEncoding('utf8').on('data', (part: string) => (form += part))
  request.on('end', () => {
    const answer = answers[new URLSearchParams(form).get('code') ?? '']
    response.writeHead(answer ? 200 : 400, { 'content-type': 'application/json' })
    response.end(JSON.stringify(answer ?? { error: 'invalid_grant' }))
  })
})

const rows: readonly (readonly [path: string, says: string | null])[] = [
  ['/oauth2', null],
  ['/oauth2?code=good&state=S3cret-state', 'passport/oauth2 client success ada shop oauth2'],
  ['/oauth2?code=good&state=forged', 'passport/oauth2 client failure state_mismatch shop oauth2'],
  ['/oauth2?code=bad&state=S3cret-state', 'passport/oauth2 client failure other shop oauth2'],
  ['/oauth2?error=access_denied', 'passport/oauth2 client denied access_denied shop oauth2'],
  ['/openid?code=good&state=x', `passport/openid client success ada shop ${issuer}`],
  [
    '/openid?code=foreign&state=x',
    `passport/openid client failure audience_mismatch shop ${issuer}`,
  ],
  ['/local?username=bob&password=S3cret', 'passport/local authorization_server success bob'],
  ['/local?username=bob&password=S3cret-no', 'passport/local authorization_server failure'],
  [
    '/local?username=broken&password=S3cret',
    'passport/local authorization_server failure internal',
  ],
]

let sink: Sink
let statuses: number[]
let stderr: string
beforeAll(async () => {
  await once(site.listen(0, '127.0.0.1'), 'listening')
  const producer = newProducer()
  sink = await startSink(producer)
  const env = {
    ...{ VALIDATOR: 'passport-login', LOADING: 'import', KEY: '', JWKS: '' },
    SITE: `http://127.0.0.1:${(site.address() as AddressInfo).port}`,
  }
  const options = { credentials: producer.write(sink), entry: 'validators/start.mjs', env }
  const ended = await withService(options, async ({ issuer: url }) => {
    const all: number[] = []
    for (const [path] of rows) {
      all.push((await fetch(url + path, { redirect: 'manual' })).status)
    }
    return all
  })
  statuses = ended.result
  stderr = ended.stderr
})
afterAll(async () => {
  site.close()
  await sink.close()
})

test('each log-in has its record', () => {
  const records = sink.records().filter(({ span }) => span.name === 'oauth.login')
  const names = [
    ...['oauth.library.name', 'oauth.role', 'audit.outcome', 'oauth.error.reason', 'user.id'],
    ...['oauth.client.id', 'oauth.auth.idp'],
  ]
  const said = records.map(({ attributes }) =>
    names.flatMap((name) => attributes.get(name) ?? []).join(' '),
  )
  expect(said).toEqual(rows.flatMap(([, says]) => says ?? []))
})

test('and each request to the other site its own', () => {
  const tokens = sink.records().filter(({ span }) => span.name === 'oauth.token')
  expect(tokens).toHaveLength(4)
  expect(sink.faults).toEqual([])
})

test('nothing secret leaves, and the application answers as it does', () => {
  expect(statuses).toEqual([302, 200, 403, 500, 401, 200, 403, 200, 401, 500])
  const bytes = Buffer.concat(sink.bodies).toString('latin1')
  expect([bytes.includes('S3cret'), stderr.includes('S3cret')]).toEqual([false, false])
})
