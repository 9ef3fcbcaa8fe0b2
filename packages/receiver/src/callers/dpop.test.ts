// Guarantee: a token that is bound to a key (DPoP) is good for who has that key, for one request at
// a time. Each row is who comes with what, and the answer.
import { createHash } from 'node:crypto'
import { connect, type IncomingHttpHeaders } from 'node:http2'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  calculateJwkThumbprint,
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  SignJWT,
} from 'jose'
import { grpcClient } from '../../test/grpc-client.ts'
import { type Harness, startHarness } from '../../test/harness.ts'
import { type Issuer, startIssuer } from '../../test/issuer.ts'
import { plainBody } from '../../test/producer.ts'
import {
  type CertificateFiles,
  certificateFiles,
  type SecureAnswer,
  secureRequest,
} from '../../test/secure.ts'
import { DPOP_SKEW_S } from '../caller-limits.ts'
import { exportPaths, frameOf } from '../grpc-wire.ts'
import { createDpop } from './dpop.ts'

interface Key {
  readonly privateKey: CryptoKey
  readonly jwk: JWK
  readonly jkt: string
}

let files: CertificateFiles
let issuer: Issuer
let harness: Harness
let mine: Key
let other: Key
let token: string
let place: string

beforeAll(async () => {
  files = await certificateFiles()
  issuer = await startIssuer('ES256')
  ;[mine, other] = [await newKey(), await newKey()]
  const anywhere = { host: '0.0.0.0', port: 0 }
  const enrol = [{ client: 'shop', service: 'api', roles: ['client'] }]
  harness = await startHarness({
    ...{ otlp: anywhere, grpc: anywhere, tls: files.tls },
    callers: { issuers: [{ issuer: issuer.url, audience: 'grantlog', enrol }] },
  })
  token = await issuer.token({ claims: { cnf: { jkt: mine.jkt } } })
  place = `https://127.0.0.1:${harness.receiver.otlpPort}/v1/traces`
})
afterAll(async () => {
  await harness.close()
  for (const each of [issuer, files]) await each[Symbol.asyncDispose]()
})

async function newKey(alg = 'ES256'): Promise<Key> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true })
  const jwk = await exportJWK(publicKey)
  return { privateKey, jwk, jkt: await calculateJwkThumbprint(jwk) }
}

const nowS = (): number => Math.floor(Date.now() / 1000)
const hashOf = (text: string): string => createHash('sha256').update(text).digest('base64url')

interface Change {
  readonly key?: Key
  readonly header?: Record<string, unknown>
  readonly claims?: Record<string, unknown>
}

let made = 0

/** A good one, but for `change`. */
async function proof({ claims = {}, header = {}, key = mine }: Change = {}): Promise<string> {
  const own = { htm: 'POST', htu: place, iat: nowS(), jti: `jti-${++made}`, ath: hashOf(token) }
  return await new SignJWT({ ...own, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'dpop+jwt', jwk: key.jwk, ...header })
    .sign(key.privateKey)
}

function ask(headers: Record<string, string | string[]>, path?: string): Promise<SecureAnswer> {
  const all = { authorization: `DPoP ${token}`, ...headers }
  const ca = files.authority.cert
  return secureRequest(harness.receiver.otlpPort, {
    ...{ ca, headers: all },
    ...(path !== undefined && { path }),
  })
}

test('a bound token with a proof for each request, whatever stands in the query', async () => {
  for (let requests = 0; requests < 3; requests++) {
    expect(await ask({ dpop: await proof() })).toMatchObject({ status: 200 })
  }
  const path = '/v1/traces?tried=2'
  expect(await ask({ dpop: await proof() }, path)).toMatchObject({ status: 200 })
  for (const iat of [nowS() - DPOP_SKEW_S + 5, nowS() + DPOP_SKEW_S - 5]) {
    expect(await ask({ dpop: await proof({ claims: { iat } }) })).toMatchObject({ status: 200 })
  }
})

test('over gRPC, too', async () => {
  const client = grpcClient(harness.receiver.grpcPort!, {}, { ca: files.authority.cert })
  const service = 'opentelemetry.proto.collector.trace.v1.TraceService'
  const send = async (dpop: string): Promise<number> => {
    const headers = { authorization: `DPoP ${token}`, dpop }
    return (await client.call('traces', plainBody(), { headers })).code
  }
  const of = (host: string): string => `https://${host}/${service}/Export`
  const hosts = ['localhost', '127.0.0.1'].map((name) => `${name}:${harness.receiver.grpcPort}`)
  const codes = await Promise.all(
    hosts.map(async (host) => await send(await proof({ claims: { htu: of(host) } }))),
  )
  // One of the two is what the client calls it.
  expect(codes.toSorted((a, b) => a - b)).toEqual([0, 16])
  expect(await send(await proof())).toBe(16)
  client.close()
})

test('over gRPC, for the host that was looked at, whatever another header names', async () => {
  const ours = `localhost:${harness.receiver.grpcPort}`
  const path = exportPaths.traces
  const send = async (place: string): Promise<number> => {
    const dpop = await proof({ claims: { htu: `https://${place}${path}` } })
    const session = connect(`https://${ours}`, { ca: files.authority.cert })
    const call = session.request({
      ...{ ':method': 'POST', ':path': path, ':authority': ours, host: 'other.example' },
      ...{ 'content-type': 'application/grpc', authorization: `DPoP ${token}`, dpop },
    })
    call.end(frameOf(plainBody()))
    const headers = await new Promise<IncomingHttpHeaders>((resolve, reject) => {
      call.once('response', resolve).once('error', reject)
    })
    session.destroy()
    return Number(headers['grpc-status'] ?? 0)
  }
  expect(await send('other.example')).toBe(16)
  expect(await send(ours)).toBe(0)
})

describe('a DPoP proof', () => {
  const rows: readonly (readonly [string, () => Promise<string>, number, RegExp])[] = [
    ['for another host', () => ofPlace('https://other.example/v1/traces'), 401, /another place/],
    ['for another port', () => ofPlace('https://127.0.0.1:1/v1/traces'), 401, /another place/],
    ['for another path', () => ofPlace(place.replace('traces', 'logs')), 401, /another place/],
    ['for http', () => ofPlace(place.replace('https', 'http')), 401, /another place/],
    ['for no place', () => ofPlace(undefined), 401, /another place/],
    ['for another method', () => proof({ claims: { htm: 'GET' } }), 401, /another method/],
    [
      'for another token',
      () => proof({ claims: { ath: hashOf('another') } }),
      401,
      /another access token/,
    ],
    ['for no token', () => proof({ claims: { ath: undefined } }), 401, /another access token/],
    ['by another key', () => proof({ key: other }), 401, /another key than that of/],
    [
      'that names the key and is signed by another',
      () => proof({ key: { ...other, jwk: mine.jwk } }),
      401,
      /forged/,
    ],
    ['stale', () => proof({ claims: { iat: nowS() - DPOP_SKEW_S - 1 } }), 401, /its time/],
    ['of the future', () => proof({ claims: { iat: nowS() + DPOP_SKEW_S + 5 } }), 401, /its time/],
    ['of no time', () => proof({ claims: { iat: undefined } }), 401, /its time/],
    ['without a jti', () => proof({ claims: { jti: undefined } }), 401, /no jti/],
    ['with a jti that is long', () => proof({ claims: { jti: 'x'.repeat(129) } }), 401, /no jti/],
    ['of another type', () => proof({ header: { typ: 'at+jwt' } }), 401, /malformed/],
    ['without its key', () => proof({ header: { jwk: undefined } }), 401, /malformed/],
    [
      'with its private key',
      async () => proof({ key: { ...mine, jwk: await exportJWK(mine.privateKey) } }),
      401,
      /malformed/,
    ],
    ['signed by a shared secret', () => bySecret(), 401, /malformed/],
    ['that is our token', () => Promise.resolve(token), 401, /malformed/],
    ['that is no JWT', () => Promise.resolve('abc'), 401, /malformed/],
    ['that is too long', () => proof({ claims: { x: 'x'.repeat(9_000) } }), 401, /over 8192/],
    ['two in one header', async () => `${await proof()}, ${await proof()}`, 401, /malformed/],
  ]
  const ofPlace = (htu: string | undefined): Promise<string> => proof({ claims: { htu } })
  const bySecret = (): Promise<string> =>
    new SignJWT({ htm: 'POST', htu: place, iat: nowS(), jti: 's', ath: hashOf(token) })
      .setProtectedHeader({ alg: 'HS256', typ: 'dpop+jwt', jwk: { kty: 'oct' } })
      .sign(Buffer.alloc(32))

  test.each(rows.map(([what, make, status, why]) => [what, status, why, make] as const))(
    '%s → %i %s',
    async (_what, status, why, make) => {
      const answer = await ask({ dpop: await make() })
      expect(answer).toMatchObject({ status, text: expect.stringMatching(why) })
      const said = answer.headers['www-authenticate']
      expect(said).toMatch(/^(DPoP .*error="invalid_dpop_proof".* algs="|.*"invalid_token")/)
    },
  )

  test('used before → 401 /used before/', async () => {
    const once = await proof()
    expect(await ask({ dpop: once })).toMatchObject({ status: 200 })
    const again = await ask({ dpop: once })
    expect(again).toMatchObject({ status: 401, text: expect.stringMatching(/used before/) })
  })

  test('none → 401 /not one DPoP header/', async () => {
    const answer = await ask({})
    expect(answer).toMatchObject({ status: 401, text: expect.stringMatching(/not one DPoP/) })
  })

  test('two of them → 401 /not one DPoP header/', async () => {
    const answer = await ask({ dpop: [await proof(), await proof()] })
    expect(answer).toMatchObject({ status: 401, text: expect.stringMatching(/not one DPoP/) })
  })

  test("beside a bearer's token → 401 /bound to no key/", async () => {
    const plain = await issuer.token()
    const dpop = await proof({ claims: { ath: hashOf(plain) } })
    const answer = await ask({ authorization: `DPoP ${plain}`, dpop })
    expect(answer).toMatchObject({ status: 401, text: expect.stringMatching(/bound to no key/) })
  })

  test('with its token as Bearer → 401 /without its proof/', async () => {
    const answer = await ask({ authorization: `Bearer ${token}`, dpop: await proof() })
    expect(answer).toMatchObject({ status: 401, text: expect.stringMatching(/without its proof/) })
  })
})

test('nothing of a proof or a token is in the log', () => {
  const log = JSON.stringify(harness.events)
  for (const part of token.split('.')) expect(log).not.toContain(part)
  expect(log).not.toContain(String(mine.jwk.x))
})

test('proofs are forgotten with their time; so many are kept, and of one client', async () => {
  let nowMs = 0
  const check = createDpop({ now: () => nowMs, kept: { all: 4, ofClient: 3 } })
  const use = async (jti: string, client = 'a', key = mine): Promise<void> => {
    const iat = Math.floor(nowMs / 1000)
    const dpop = await proof({ key, claims: { jti, iat, htu: 'https://a.example/p' } })
    const headers = { dpop, host: 'a.example' }
    const asked = { headers, rawHeaders: ['DPoP', dpop], socket: {}, method: 'POST', url: '/p' }
    await check(asked, { text: token, client, thumbprint: mine.jkt })
  }
  const busy = { code: 'RECEIVER_BUSY' }
  // Who has the token, and not its key, uses up nothing.
  const refused = { code: 'RECEIVER_DPOP_REFUSED' }
  for (let at = 0; at < 9; at++) {
    await expect(use(`x${at}`, 'a', other)).rejects.toMatchObject(refused)
  }
  await use('1')
  await expect(use('1')).rejects.toMatchObject(refused)
  for (const jti of ['2', '3']) await use(jti)
  await expect(use('4')).rejects.toMatchObject(busy)
  await use('4', 'b')
  await expect(use('5', 'b')).rejects.toMatchObject(busy)
  // The same jti, when the first would be refused for its time.
  nowMs = (DPOP_SKEW_S + 1) * 1000
  for (const jti of ['1', '2', '3']) await use(jti)
})
