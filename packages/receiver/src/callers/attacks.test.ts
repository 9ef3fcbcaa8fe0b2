// Guarantee: whoever is not named may not send. Each row is who comes with what, and the answer;
// the body is never read, and no answer or log line repeats what he showed.
import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { once } from 'node:events'
import { connect } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import {
  base64url,
  type CryptoKey,
  exportJWK,
  generateKeyPair,
  type JWK,
  SignJWT,
  UnsecuredJWT,
} from 'jose'
import { type Issued, selfSigned } from '../../../../test/certificates.ts'
import { type Harness, startHarness } from '../../test/harness.ts'
import { goodClaims, type Issuer, startIssuer } from '../../test/issuer.ts'
import {
  type CertificateFiles,
  certificateFiles,
  type SecureAnswer,
  secureRequest,
} from '../../test/secure.ts'

let files: CertificateFiles
let issuer: Issuer
let other: Issuer
let harness: Harness
let gateway: Issued
let port: number
const shown: string[] = []

beforeAll(async () => {
  files = await certificateFiles()
  issuer = await startIssuer()
  other = await startIssuer()
  gateway = await files.authority.issue({ commonName: 'gateway' })
  harness = await startHarness({
    otlp: { host: '0.0.0.0', port: 0 },
    tls: files.tls,
    callers: {
      certificates: [{ name: 'gateway', commonName: 'gateway' }],
      issuers: [{ issuer: issuer.url, audience: 'grantlog' }],
    },
  })
  port = harness.receiver.otlpPort
})
afterAll(async () => {
  await harness.close()
  for (const each of [issuer, other, files]) await each[Symbol.asyncDispose]()
})

const nowS = (): number => Math.floor(Date.now() / 1_000)

function ask(
  headers: Record<string, string> | readonly string[] = {},
  options: { readonly client?: Issued; readonly path?: string } = {},
): Promise<SecureAnswer> {
  return secureRequest(port, { ca: files.authority.cert, headers, ...options })
}

async function askWith(token: string, client?: Issued): Promise<SecureAnswer> {
  shown.push(token)
  return await ask({ authorization: `Bearer ${token}` }, client === undefined ? {} : { client })
}

/** A token with any header and claims, of any key. */
async function forged(
  key: CryptoKey | KeyObject | Uint8Array,
  header: Record<string, unknown>,
): Promise<string> {
  const claims = goodClaims(issuer.url)
  return await new SignJWT(claims).setProtectedHeader(header as never).sign(key)
}

async function ownKey(): Promise<{ privateKey: CryptoKey; jwk: JWK }> {
  const { privateKey, publicKey } = await generateKeyPair('RS256')
  return { privateKey, jwk: await exportJWK(publicKey) }
}

function thumbprint({ parsed }: Issued): string {
  return createHash('sha256').update(parsed.raw).digest('base64url')
}

describe('who may', () => {
  test('a token for us, with the scope', async () => {
    expect(await askWith(await issuer.token())).toMatchObject({ status: 200 })
    expect(await askWith(await issuer.token({ header: { typ: 'JWT' } }))).toMatchObject({
      status: 200,
    })
    const listed = { scope: undefined, scp: ['other', 'audit:write'], aud: ['x', 'grantlog'] }
    expect(await askWith(await issuer.token({ claims: listed }))).toMatchObject({ status: 200 })
  })

  test('a certificate that is named', async () => {
    expect(await ask({}, { client: gateway })).toMatchObject({ status: 200 })
  })

  test('a token bound to the certificate that it comes with, of whatever authority', async () => {
    for (const client of [gateway, await selfSigned({ commonName: 'any' })]) {
      const cnf = { 'x5t#S256': thumbprint(client) }
      expect(await askWith(await issuer.token({ claims: { cnf } }), client)).toMatchObject({
        status: 200,
      })
    }
  })

  test('a token whose clock is a little off', async () => {
    const claims = { nbf: nowS() + 20, exp: nowS() - 20 }
    expect(await askWith(await issuer.token({ claims }))).toMatchObject({ status: 200 })
  })
})

type Token = () => Promise<string> | string

const TOKENS: readonly (readonly [string, Token, number, RegExp])[] = [
  [
    'alg none',
    () => new UnsecuredJWT(goodClaims(issuer.url)).encode(),
    401,
    /TOKEN_REFUSED.*(malformed|algorithm)/,
  ],
  [
    'HS256 with our public key as its secret',
    () => {
      const pem = createPublicKey({ key: issuer.keys[0] as never, format: 'jwk' })
      const text = pem.export({ type: 'spki', format: 'pem' }) as string
      return forged(Buffer.from(text), { alg: 'HS256', kid: 'key-1', typ: 'at+jwt' })
    },
    401,
    /algorithm/,
  ],
  ['another audience', () => issuer.token({ claims: { aud: 'other' } }), 401, /its aud/],
  ['no audience', () => issuer.token({ claims: { aud: undefined } }), 401, /its aud/],
  ['another issuer', () => other.token(), 401, /issuer is not one of ours/],
  [
    'another issuer that says it is ours',
    () => other.token({ claims: { iss: issuer.url } }),
    401,
    /signature is wrong/,
  ],
  ['no issuer', () => issuer.token({ claims: { iss: undefined } }), 401, /issuer/],
  [
    'an issuer that is an internal address',
    () => issuer.token({ claims: { iss: 'http://169.254.169.254/' } }),
    401,
    /issuer/,
  ],
  ['expired', () => issuer.token({ claims: { exp: nowS() - 31 } }), 401, /expired/],
  ['never expiring', () => issuer.token({ claims: { exp: undefined } }), 401, /its exp/],
  ['not yet valid', () => issuer.token({ claims: { nbf: nowS() + 60 } }), 401, /its nbf/],
  [
    'without the scope',
    () => issuer.token({ claims: { scope: 'openid audit:read' } }),
    403,
    /SCOPE_MISSING/,
  ],
  [
    'with a scope that begins like ours',
    () => issuer.token({ claims: { scope: 'audit:writer' } }),
    403,
    /SCOPE_MISSING/,
  ],
  ['an ID token of ours', () => issuer.token({ header: { typ: 'logout+jwt' } }), 401, /type/],
  [
    'a DPoP-bound token as a bearer',
    () => issuer.token({ claims: { cnf: { jkt: 'A'.repeat(43) } } }),
    401,
    /bound to a key/,
  ],
  [
    'a certificate-bound token without it',
    () => issuer.token({ claims: { cnf: { 'x5t#S256': thumbprint(gateway) } } }),
    401,
    /bound to a certificate/,
  ],
  [
    'a token bound to both',
    () => issuer.token({ claims: { cnf: { 'x5t#S256': thumbprint(gateway), jkt: 'A' } } }),
    401,
    /bound/,
  ],
  ['a binding that is none', () => issuer.token({ claims: { cnf: 'x' } }), 401, /bound/],
  [
    'a binding to what we do not know',
    () => issuer.token({ claims: { cnf: { kid: 'x' } } }),
    401,
    /in a way that we do not know/,
  ],
  [
    'its own key in the header (jwk)',
    async () => {
      const { jwk, privateKey } = await ownKey()
      return await forged(privateKey, { alg: 'RS256', kid: 'key-1', typ: 'at+jwt', jwk })
    },
    401,
    /signature is wrong/,
  ],
  [
    'a place of its own keys in the header (jku, x5u)',
    async () => {
      const { privateKey } = await ownKey()
      const places = { jku: `${other.url}/jwks`, x5u: `${other.url}/jwks` }
      return await forged(privateKey, { alg: 'RS256', kid: 'key-1', typ: 'at+jwt', ...places })
    },
    401,
    /signature is wrong/,
  ],
  [
    'a critical extension that we do not know',
    async () => {
      const { privateKey } = await ownKey()
      const header = { alg: 'RS256', kid: 'key-1', typ: 'at+jwt', crit: ['x'], x: 1 }
      const jwt = new SignJWT(goodClaims(issuer.url)).setProtectedHeader(header)
      return await jwt.sign(privateKey, { crit: { x: true } })
    },
    401,
    /malformed/,
  ],
  [
    'a caller that has no name',
    () => issuer.token({ claims: { client_id: '', azp: '', sub: '' } }),
    401,
    /names no client/,
  ],
  [
    'a caller whose name breaks the log',
    () => issuer.token({ claims: { client_id: 'a\u001b[2J\nb' } }),
    401,
    /names no client/,
  ],
  ['a text that is no JWT', () => 'abc', 401, /not a JWT/],
  ['a JWT of five parts', () => 'a.b.c.d.e', 401, /not a JWT/],
  [
    'claims that are no object',
    () => `${base64url.encode('{"alg":"RS256"}')}.${base64url.encode('[]')}.AA`,
    401,
    /not a JWT/,
  ],
  [
    'a token that is changed',
    async () => `${(await issuer.token()).slice(0, -8)}AAAAAAAA`,
    401,
    /signature is wrong/,
  ],
  [
    'a token that is too long',
    () => issuer.token({ claims: { more: 'x'.repeat(6_200) } }),
    401,
    /over 8192 bytes/,
  ],
]

describe('a token', () => {
  const rows = TOKENS.map(([who, token, status, why]) => [who, status, why, token] as const)
  test.each(rows)('%s → %i %s', async (_who, status, why, token) => {
    const answer = await askWith(await token())
    expect(answer.status).toBe(status)
    expect(answer.text).toMatch(why)
    const error = status === 403 ? 'insufficient_scope' : 'invalid_token'
    expect(answer.headers['www-authenticate']).toMatch(`Bearer realm="grantlog", error="${error}"`)
  })

  test('no issuer but ours was ever asked for keys', () => {
    expect(other.asked).toEqual([])
  })

  test.each(['../../../../etc/passwd', "' OR 1=1 --", 'http://169.254.169.254/', '\u0000'])(
    'a key id that is a trick (%j) → 503, and nothing is asked for but our keys',
    async (kid) => {
      const answer = await askWith(await issuer.token({ header: { kid } }))
      // Keys were asked for a moment ago: whether this is a new one, nobody knows.
      expect(answer).toMatchObject({ status: 503, headers: { 'retry-after': '1' } })
      expect(new Set(issuer.asked)).toEqual(new Set(['/.well-known/openid-configuration', '/jwks']))
      expect(issuer.asked.length).toBeLessThanOrEqual(2)
    },
  )
})

describe('credentials', () => {
  test('none → 401', async () => {
    const answer = await ask()
    expect(answer).toMatchObject({ status: 401, text: expect.stringMatching(/CALLER_UNKNOWN/) })
    expect(answer.headers['www-authenticate']).toBe('Bearer realm="grantlog"')
  })

  test.each([
    ['Basic', 'Basic Z3JhbnRsb2c6Z3JhbnRsb2c='],
    ['DPoP', 'DPoP abc.def.ghi'],
    ['Bearer without a token', 'Bearer '],
    ['Bearer with two', 'Bearer a.b.c, Bearer d.e.f'],
  ])('%s → 401', async (_what, authorization) => {
    expect(await ask({ authorization })).toMatchObject({ status: 401 })
    // A named certificate does not heal them.
    expect(await ask({ authorization }, { client: gateway })).toMatchObject({ status: 401 })
  })

  test('two Authorization headers, the first of them good → 400', async () => {
    const token = await issuer.token()
    const pair = ['authorization', `Bearer ${token}`, 'Authorization', 'Bearer x']
    const answer = await ask(pair)
    expect(answer.status).toBe(400)
    expect(answer.headers['www-authenticate']).toMatch(/error="invalid_request"/)
  })

  test('a token in the query, where logs would keep it → 401', async () => {
    const path = `/v1/traces?access_token=${await issuer.token()}`
    expect(await ask({}, { path })).toMatchObject({ status: 401 })
  })
})

test('nothing of what was shown is in the log, and strangers do not fill it', () => {
  const log = JSON.stringify(harness.events)
  for (const token of shown)
    for (const part of token.split('.')) {
      if (part.length > 16) expect(log).not.toContain(part)
    }
  const told = harness.events.filter(({ code }) => code === 'CALLER_REFUSED')
  expect(told.length).toBeLessThan(10)
  expect(harness.receiver.status().access.refused).toBeGreaterThan(30)
})

test('a connection keeps the certificate that it was made with: nobody renegotiates', async () => {
  const place = { host: '127.0.0.1', port, servername: 'localhost', ca: files.authority.cert }
  const { cert, key } = gateway
  const socket = connect({ ...place, cert, key, maxVersion: 'TLSv1.2' })
  await once(socket, 'secureConnect')
  const refusal = await new Promise((resolve) => {
    socket.on('error', resolve)
    socket.renegotiate({}, resolve)
  })
  socket.destroy()
  expect(refusal).toMatchObject({ code: 'ERR_SSL_NO_RENEGOTIATION' })
})
