// Guarantee: who may send is what the configuration says now; an authorization server as it is in
// the world vouches for its clients, also while it is down.
import { Agent } from 'node:https'
import { createHash, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { exportJWK, generateKeyPair, SignJWT } from 'jose'
import type { Issued } from '../../../../test/certificates.ts'
import { startHarness } from '../../test/harness.ts'
import { startIssuer } from '../../test/issuer.ts'
import { plainBody } from '../../test/producer.ts'
import { type CertificateFiles, certificateFiles, secureRequest } from '../../test/secure.ts'
import { startTokenServer, type TokenServer } from '../../test/token-server.ts'
import type { CallersOptions, CertificateCaller } from './options.ts'

let files: CertificateFiles
let client: Issued

beforeAll(async () => {
  files = await certificateFiles()
  const san = [
    { type: 'dns', value: 'gw.example' },
    { type: 'url', value: 'spiffe://example/gw' },
  ] as const
  client = await files.authority.issue({ commonName: 'gateway', san })
})
afterAll(async () => {
  await files[Symbol.asyncDispose]()
})

describe('certificates', () => {
  const marks: [string, () => Partial<CertificateCaller>, number][] = [
    ['common name', () => ({ commonName: 'gateway' }), 200],
    ['DNS name', () => ({ san: 'DNS:gw.example' }), 200],
    ['URI', () => ({ san: 'URI:spiffe://example/gw' }), 200],
    ['fingerprint', () => ({ sha256: client.parsed.fingerprint256 }), 200],
    ['another common name', () => ({ commonName: 'gw.example' }), 403],
    ['a DNS name without its kind', () => ({ san: 'gw.example' }), 403],
    ['a part of its URI', () => ({ san: 'URI:spiffe://example/' }), 403],
    ['another fingerprint', () => ({ sha256: '0'.repeat(64) }), 403],
  ]
  test.each(marks)('by %s', async (_what, mark, status) => {
    const callers = { certificates: [{ name: 'gw', ...mark() }] }
    await using harness = await startHarness({ tls: files.tls, callers })
    const { otlpPort } = harness.receiver
    const answer = await secureRequest(otlpPort, { ca: files.authority.cert, client })
    expect(answer.status).toBe(status)
  })

  test('whoever is taken out is refused at his next request, on an open connection', async () => {
    const gateway = { name: 'gw', commonName: 'gateway' }
    const callers = { certificates: [gateway] }
    await using harness = await startHarness({ tls: files.tls, callers })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ask = () =>
      secureRequest(harness.receiver.otlpPort, { ca: files.authority.cert, client, agent })
    expect(await ask()).toMatchObject({ status: 200 })
    harness.receiver.allow({ certificates: [] })
    expect(await ask()).toMatchObject({ status: 403, isReused: true })
    harness.receiver.allow(callers)
    expect(await ask()).toMatchObject({ status: 200, isReused: true })
    agent.destroy()
  })

  test('a certificate that ends while its connection lives is refused', async () => {
    let nowMs = Date.now()
    const callers = { certificates: 'any' } as const
    await using harness = await startHarness({ tls: files.tls, callers, now: () => nowMs })
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    const ask = () =>
      secureRequest(harness.receiver.otlpPort, { ca: files.authority.cert, client, agent })
    expect(await ask()).toMatchObject({ status: 200 })
    nowMs += 366 * 86_400_000
    expect(await ask()).toMatchObject({ status: 401, isReused: true })
    agent.destroy()
  })
})

test.each<[string, CallersOptions]>([
  ['nobody at all, which would open the port', {}],
  ['an issuer without TLS', { issuers: [{ issuer: 'http://as.example', audience: 'a' }] }],
  ['an issuer without an audience', { issuers: [{ issuer: 'https://as.example', audience: '' }] }],
  [
    'a shared secret',
    { issuers: [{ issuer: 'https://as.example', audience: 'a', algorithms: ['HS256'] }] },
  ],
  [
    'no algorithm at all',
    { issuers: [{ issuer: 'https://a.b', audience: 'a', algorithms: ['none'] }] },
  ],
  [
    'keys without TLS',
    { issuers: [{ issuer: 'https://a.b', audience: 'a', jwksUri: 'http://a.b' }] },
  ],
  ['a certificate with two marks', { certificates: [{ name: 'a', san: 'b', commonName: 'c' }] }],
  ['a certificate with no mark', { certificates: [{ name: 'a' }] }],
  [
    'a mark of two',
    {
      certificates: [
        { name: 'a', sha256: 'AB'.repeat(32), tenant: 'a' },
        { name: 'b', sha256: 'ab'.repeat(32) },
      ],
    },
  ],
  ['a tenant that is no name', { certificates: [{ name: 'a', san: 'b', tenant: '../b' }] }],
  [
    'an issuer of a tenant that is no name',
    { issuers: [{ issuer: 'https://a.b', audience: 'a', tenant: '' }] },
  ],
])('what is not well configured changes nothing: %s', async (_what, options) => {
  const callers = { certificates: 'any' } as const
  await using harness = await startHarness({ tls: files.tls, callers })
  const refused = expect.objectContaining({ code: 'RECEIVER_CALLERS_INVALID' })
  expect(() => harness.receiver.allow(options)).toThrow(refused)
  const { otlpPort } = harness.receiver
  const answer = await secureRequest(otlpPort, { ca: files.authority.cert, client })
  expect(answer).toMatchObject({ status: 200 })
})

test('certificates need an authority', async () => {
  const callers = { certificates: 'any' } as const
  const { cert, key } = files.tls
  const refused = { code: 'RECEIVER_CALLERS_INVALID' }
  await expect(startHarness({ tls: { cert, key }, callers })).rejects.toMatchObject(refused)
})

test('an issuer without scopes has clients by name', async () => {
  await using issuer = await startIssuer('ES256')
  const clients = ['system:serviceaccount:shop:login']
  const trusted = { issuer: issuer.url, audience: 'grantlog', scope: null, clients }
  await using harness = await startHarness({ callers: { issuers: [trusted] } })
  const ask = async (sub: string) => {
    const claims = { sub, client_id: undefined, scope: undefined }
    const authorization = `Bearer ${await issuer.token({ claims })}`
    return (await harness.send(plainBody(), { authorization })).status
  }
  expect(await ask('system:serviceaccount:shop:login')).toBe(200)
  expect(await ask('system:serviceaccount:shop:log')).toBe(403)
})

describe('an issuer that goes away', () => {
  test('its known keys serve, and a new key is told to come again', async () => {
    await using issuer = await startIssuer('ES256')
    let uptimeMs = 0
    const callers = { issuers: [{ issuer: issuer.url, audience: 'grantlog' }] }
    await using harness = await startHarness({ callers, uptimeMs: () => uptimeMs })
    const ask = async (token: string) =>
      await harness.send(plainBody(), { authorization: `Bearer ${token}` })
    const known = await issuer.token()
    expect(await ask(known)).toMatchObject({ status: 200 })
    issuer.broken = 500
    const another = await issuer.token({ claims: { jti: 'another' } })
    await issuer.rotate()
    uptimeMs += 3_600_000
    for (const token of [known, another]) expect(await ask(token)).toMatchObject({ status: 200 })
    const unknown = await ask(await issuer.token())
    expect(unknown.status).toBe(503)
    expect(unknown.message).toMatch(/^RECEIVER_ISSUER_UNREACHABLE/)
    issuer.broken = null
    uptimeMs += 60_000
    expect(await ask(await issuer.token())).toMatchObject({ status: 200 })
    // The key of the others is gone, and with it what was remembered of them.
    for (const token of [known, another]) {
      uptimeMs += 60_000
      expect(await ask(token)).toMatchObject({ status: 401 })
    }
  })

  test.each([
    ['too large', `{"keys":[],"x":"${'x'.repeat(300_000)}"}`],
    ['no JSON', '<html>'],
  ])('an answer that is %s is none', async (_what, broken) => {
    await using issuer = await startIssuer('ES256')
    issuer.broken = broken
    const callers = { issuers: [{ issuer: issuer.url, audience: 'grantlog' }] }
    await using harness = await startHarness({ callers })
    const authorization = `Bearer ${await issuer.token()}`
    expect(await harness.send(plainBody(), { authorization })).toMatchObject({ status: 503 })
    const told = harness.events.filter(({ code }) => code === 'ISSUER_UNREACHABLE')
    expect(told).toHaveLength(1)
  })
})

describe('oidc-provider', () => {
  let server: TokenServer
  beforeAll(async () => {
    server = await startTokenServer({ sender: 'audit:write', stranger: 'audit:read' })
  })
  afterAll(async () => {
    await server[Symbol.asyncDispose]()
  })

  test.each([
    ['sender', 'audit:write', 'https://audit.example', 200],
    ['sender', 'audit:write', 'https://other.example', 401],
    ['stranger', 'audit:read', 'https://audit.example', 403],
  ])('%s with %s for %s: %d', async (client, scope, resource, status) => {
    const { issuer } = server
    const trusted = { issuer, audience: 'https://audit.example', requireType: true }
    await using harness = await startHarness({ callers: { issuers: [trusted] } })
    const authorization = `Bearer ${await server.token(client, scope, resource)}`
    expect(await harness.send(plainBody(), { authorization })).toMatchObject({ status })
  })

  test('a token that it bound to a key, with proofs of that key', async () => {
    const { publicKey, privateKey } = await generateKeyPair('ES256')
    const jwk = await exportJWK(publicKey)
    const proof = async (htu: string, more: object = {}): Promise<string> =>
      await new SignJWT({ htm: 'POST', htu, jti: randomUUID(), ...more })
        .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk })
        .setIssuedAt()
        .sign(privateKey)
    const { issuer, tokenUrl } = server
    const resource = 'https://audit.example'
    const token = await server.token('sender', 'audit:write', resource, await proof(tokenUrl))
    const trusted = { issuer, audience: resource, requireType: true }
    await using harness = await startHarness({ callers: { issuers: [trusted] } })
    const ath = createHash('sha256').update(token).digest('base64url')
    const place = `http://127.0.0.1:${harness.receiver.otlpPort}/v1/traces`
    const send = async (headers: Record<string, string>) =>
      (await harness.send(plainBody(), headers)).status
    const dpop = await proof(place, { ath })
    expect(await send({ authorization: `DPoP ${token}`, dpop })).toBe(200)
    expect(await send({ authorization: `DPoP ${token}`, dpop })).toBe(401)
    expect(await send({ authorization: `Bearer ${token}` })).toBe(401)
  })
})
