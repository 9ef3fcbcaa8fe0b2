// Scenario: APIs guarded by each library that validates tokens, loaded by import and by require; a
// client shows them tokens of every kind.
// Guarantee: each request has one record, which says which library validated the token, for whom it
// is, and the real reason of a refusal; the answers are the same as without the SDK.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { withService } from './fixtures/child.ts'
import { newProducer } from './fixtures/credentials.ts'
import { type Sink, startSink } from './fixtures/sink.ts'
import { startIssuer, type TestIssuer } from './fixtures/rsa-issuer.ts'

interface Answer {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: string
}

interface Life {
  readonly answers: readonly Answer[]
  readonly sink: Sink | null
  readonly stderr: string
  readonly code: number | null
}

let issuer: TestIssuer
beforeAll(async () => {
  issuer = await startIssuer()
})
afterAll(() => issuer.close())

/** What is asked for, with which token, and what its record says. */
type Row = readonly [path: string, token: string | null, says: string]

const ada = 'success ada web'
const tooLittle = 'denied scope_insufficient ada web orders:write'
const rows: Record<string, readonly Row[]> = {
  jsonwebtoken: [
    ['/now', 'good', `jsonwebtoken ${ada}`],
    ['/later', 'good', `jsonwebtoken ${ada}`],
    ['/now', 'expired', 'jsonwebtoken failure token_expired'],
    ['/later', 'expired', 'jsonwebtoken failure token_expired'],
    ['/now', 'elsewhere', 'jsonwebtoken failure audience_mismatch'],
    ['/now', 'forged', 'jsonwebtoken failure signature_invalid'],
    ['/now', 'unsigned', 'jsonwebtoken failure signature_invalid'],
    ['/now', 'garbage', 'jsonwebtoken failure token_malformed'],
    ['/now', null, 'denied token_missing'],
  ],
  'express-jwt': [
    ['/orders', 'good', `express-jwt ${ada}`],
    ['/orders', 'expired', 'express-jwt failure token_expired'],
    ['/orders', 'elsewhere', 'express-jwt failure audience_mismatch'],
    ['/orders', 'forged', 'express-jwt failure signature_invalid'],
    ['/orders', 'garbage', 'express-jwt failure token_malformed'],
    ['/orders', 'revoked', 'express-jwt failure token_revoked'],
    ['/free', 'good', `express-jwt ${ada}`],
    ['/orders', null, 'denied token_missing'],
  ],
  'koa-jwt': [
    ['/orders', 'good', `koa-jwt ${ada}`],
    ['/orders', 'expired', 'koa-jwt failure token_expired'],
    ['/orders', 'revoked', 'koa-jwt failure token_revoked'],
    ['/free', 'forged', 'success token_not_validated'],
    ['/orders', null, 'denied token_missing'],
  ],
  'fastify-jwt': [
    ['/orders', 'good', `@fastify/jwt ${ada}`],
    ['/orders', 'expired', '@fastify/jwt failure token_expired'],
    ['/orders', 'elsewhere', '@fastify/jwt failure audience_mismatch'],
    ['/orders', 'forged', '@fastify/jwt failure signature_invalid'],
    ['/orders', 'unsigned', '@fastify/jwt failure signature_invalid'],
    ['/orders', 'garbage', '@fastify/jwt failure token_malformed'],
    ['/orders', 'revoked', '@fastify/jwt failure token_revoked'],
    ['/free', 'forged', 'success token_not_validated'],
    ['/orders', null, 'denied token_missing'],
  ],
  hono: [
    ['/orders', 'good', `hono ${ada}`],
    ['/orders', 'expired', 'hono failure token_expired'],
    ['/orders', 'elsewhere', 'hono failure audience_mismatch'],
    ['/orders', 'forged', 'hono failure signature_invalid'],
    ['/orders', 'garbage', 'hono failure token_malformed'],
    ['/keys', 'good', `hono ${ada}`],
    ['/keys', 'foreign', 'hono failure key_unknown'],
    ['/static', 'static', 'hono/bearer-auth success'],
    ['/static', 'good', 'hono/bearer-auth failure token_unknown'],
    ['/free', 'forged', 'success token_not_validated'],
    ['/orders', null, 'denied token_missing'],
  ],
  'express-oauth2-jwt-bearer': [
    ['/orders', 'good', `express-oauth2-jwt-bearer ${ada}`],
    ['/orders', 'expired', 'express-oauth2-jwt-bearer failure token_expired'],
    ['/orders', 'elsewhere', 'express-oauth2-jwt-bearer failure audience_mismatch'],
    ['/orders', 'forged', 'express-oauth2-jwt-bearer failure signature_invalid'],
    ['/orders', 'foreign', 'express-oauth2-jwt-bearer failure key_unknown'],
    ['/orders', 'garbage', 'express-oauth2-jwt-bearer failure token_malformed'],
    ['/orders', 'bound', 'express-oauth2-jwt-bearer failure dpop_invalid'],
    ['/write', 'good', `express-oauth2-jwt-bearer ${tooLittle}`],
    ['/team', 'good', 'express-oauth2-jwt-bearer failure claim_invalid ada web'],
    ['/free', 'good', `express-oauth2-jwt-bearer ${ada}`],
    ['/orders', null, 'denied token_missing'],
  ],
  passport: [
    ['/orders', 'good', `passport/jwt ${ada}`],
    ['/orders', 'expired', 'passport/jwt failure token_expired'],
    ['/orders', 'elsewhere', 'passport/jwt failure audience_mismatch'],
    ['/orders', 'forged', 'passport/jwt failure signature_invalid'],
    ['/orders', 'nobody', 'passport/jwt failure account_unknown nobody web'],
    ['/opaque', 'opaque', 'passport/bearer success ada orders:read'],
    ['/opaque', 'garbage', 'passport/bearer failure token_unknown'],
    ['/own', 'opaque', 'success token_not_validated'],
    ['/session', 'opaque', 'success token_not_validated'],
    ['/session', 'good', 'success token_not_validated'],
    ['/checked', 'good', `passport/checked ${ada}`],
    ['/either', 'good', `passport/jwt ${ada}`],
    ['/either', 'opaque', 'passport/opaque success ada orders:read'],
    ['/either', 'expired', 'passport/jwt failure token_expired'],
    ['/broken', 'good', 'passport/jwt failure internal ada web'],
    ['/opaque', null, 'denied token_missing'],
  ],
  'jwks-rsa': [
    ['/orders', 'good', `express-jwt ${ada} asked`],
    ['/orders', 'good', `express-jwt ${ada} known`],
    ['/orders', 'expired', 'express-jwt failure token_expired known'],
    ['/orders', 'foreign', 'express-jwt failure key_unknown asked'],
    ['/limited', 'good', `express-jwt ${ada} asked`],
    ['/limited', 'foreign', 'express-jwt denied rate_limited known'],
    ['/limited', 'good', `express-jwt ${ada} known`],
  ],
  jose: [
    ['/orders', 'good', `jose ${ada} asked cold`],
    ['/orders', 'good', `jose ${ada} known`],
    ['/orders', 'foreign', 'jose failure key_unknown known'],
    ['/young', 'good', `jose ${ada} asked cold`],
    ['/young', 'foreign', 'jose failure key_unknown asked unknown_kid'],
  ],
  nest: [
    ['/orders', 'good', `passport/jwt ${ada}`],
    ['/orders', 'expired', 'passport/jwt failure token_expired'],
    ['/orders', 'nobody', 'passport/jwt failure account_unknown nobody web'],
  ],
  mcp: [
    ['/orders', 'good', `@modelcontextprotocol/sdk ${ada}`],
    ['/orders', 'expired', '@modelcontextprotocol/sdk failure token_expired'],
    ['/orders', 'elsewhere', '@modelcontextprotocol/sdk failure audience_mismatch'],
    ['/orders', 'forged', '@modelcontextprotocol/sdk failure signature_invalid'],
    ['/write', 'good', `@modelcontextprotocol/sdk ${tooLittle}`],
    ['/opaque', 'opaque', '@modelcontextprotocol/sdk denied scope_insufficient web orders:read'],
    ['/orders', null, 'denied token_missing'],
  ],
  'mcp-2': [
    ['/orders', 'good', `@modelcontextprotocol/server ${ada}`],
    ['/orders', 'expired', '@modelcontextprotocol/server failure token_expired'],
    [
      '/write',
      'good',
      '@modelcontextprotocol/server denied scope_insufficient ada web orders:write',
    ],
    ['/web', 'good', `@modelcontextprotocol/server ${ada}`],
    ['/web', 'forged', '@modelcontextprotocol/server failure signature_invalid'],
    ['/orders', null, 'denied token_missing'],
  ],
}

/** What a record says, in one line; of scopes those that are missing or, of opaque, granted. */
function saying(attributes: ReadonlyMap<string, unknown>): string {
  const isOpaque = attributes.get('oauth.token.format') === 'opaque'
  const names = [
    ...['oauth.library.name', 'audit.outcome', 'oauth.error.reason', 'user.id', 'oauth.client.id'],
    isOpaque ? 'oauth.scope.granted' : 'oauth.scope.missing',
  ]
  const hit = attributes.get('oauth.jwks.cache_hit')
  const keys = hit === undefined ? null : hit === true ? 'known' : 'asked'
  const said = names.map((name) => attributes.get(name))
  return [...said, keys, attributes.get('oauth.jwks.refetch_reason')]
    .filter((one) => typeof one === 'string')
    .join(' ')
}

async function live(validator: string, loading: string, isAudited: boolean): Promise<Life> {
  const producer = newProducer()
  const sink = isAudited ? await startSink(producer) : null
  const env = { VALIDATOR: validator, LOADING: loading, KEY: issuer.key, JWKS: issuer.jwks }
  const options = { credentials: sink && producer.write(sink), entry: 'validators/start.mjs', env }
  try {
    const { result, ...ended } = await withService(options, async ({ issuer: url }) => {
      const answers: Answer[] = []
      for (const [path, token] of rows[validator]!) answers.push(await ask(url + path, token))
      return answers
    })
    return { answers: result, sink, ...ended }
  } finally {
    await sink?.close()
  }
}

async function ask(url: string, token: string | null): Promise<Answer> {
  const headers = token === null ? {} : { authorization: `Bearer ${issuer.tokens[token]}` }
  const response = await fetch(url, { headers })
  const shown = [...response.headers]
    .filter(([name]) => name !== 'date')
    .map(([name, value]) => [name, value.replace(/127\.0\.0\.1:\d+/, 'HOST')] as const)
  return { status: response.status, headers: shown, body: await response.text() }
}

const both = ['import', 'require']
const lives = Object.keys(rows).flatMap((name) =>
  (name === 'nest' ? ['import'] : both).map((loading) => ({ name, loading })),
)

describe.each(lives)('$name, by $loading', ({ name, loading }) => {
  let life: Life
  beforeAll(async () => {
    life = await live(name, loading, true)
  })

  test('each request has its record', () => {
    const records = life.sink!.records().slice(1, -1)
    expect(records.map(({ span }) => span.name)).toEqual(
      rows[name]!.map(() => 'oauth.resource_access'),
    )
    const said = records.map(({ attributes }, i) => [
      ...rows[name]![i]!.slice(0, 2),
      saying(attributes),
    ])
    expect(said).toEqual(rows[name])
  })

  test('no token left the process, which ends by itself and says nothing', () => {
    const bytes = Buffer.concat(life.sink!.bodies).toString('latin1')
    for (const token of Object.values(issuer.tokens)) {
      expect(bytes.includes(token)).toBe(false)
      expect(life.stderr.includes(token)).toBe(false)
    }
    expect(life.stderr).not.toContain('grantlog')
    expect([life.code, life.sink!.faults]).toEqual([0, []])
  })

  test('the answers are the same as without the SDK', async () => {
    expect(life.answers).toEqual((await live(name, loading, false)).answers)
  })
})
