// Guarantee: over gRPC those may send who may over HTTP, and others are told in gRPC's words.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { grpcClient, type GrpcTls } from '../../test/grpc-client.ts'
import { type Harness, startHarness } from '../../test/harness.ts'
import { type Issuer, startIssuer } from '../../test/issuer.ts'
import { plainBody } from '../../test/producer.ts'
import { type CertificateFiles, certificateFiles } from '../../test/secure.ts'

const [OK, PERMISSION_DENIED, UNAVAILABLE, UNAUTHENTICATED] = [0, 7, 14, 16]
let files: CertificateFiles
let issuer: Issuer
let harness: Harness

beforeAll(async () => {
  files = await certificateFiles()
  issuer = await startIssuer('ES256')
  const anywhere = { host: '0.0.0.0', port: 0 }
  harness = await startHarness({
    otlp: anywhere,
    grpc: anywhere,
    tls: files.tls,
    callers: {
      certificates: [{ name: 'gateway', commonName: 'gateway' }],
      issuers: [{ issuer: issuer.url, audience: 'grantlog' }],
    },
  })
})
afterAll(async () => {
  await harness.close()
  for (const each of [issuer, files]) await each[Symbol.asyncDispose]()
})

async function codeOf(
  headers: Record<string, string>,
  shown: Omit<GrpcTls, 'ca'> = {},
): Promise<number> {
  const tls = { ca: files.authority.cert, ...shown }
  const client = grpcClient(harness.receiver.grpcPort!, {}, tls)
  const { code } = await client.call('traces', plainBody(), { headers })
  client.close()
  return code
}

test('a token, or a certificate that is named', async () => {
  const authorization = `Bearer ${await issuer.token()}`
  expect(await codeOf({ authorization })).toBe(OK)
  const { cert, key } = await files.authority.issue({ commonName: 'gateway' })
  expect(await codeOf({}, { cert, key })).toBe(OK)
})

test.each<[string, () => Promise<string> | string, number]>([
  ['nothing', () => '', UNAUTHENTICATED],
  ['Basic', () => 'Basic Z3JhbnRsb2c6', UNAUTHENTICATED],
  ['an expired token', async () => `Bearer ${await old()}`, UNAUTHENTICATED],
  ['a token without the scope', async () => `Bearer ${await unscoped()}`, PERMISSION_DENIED],
  ['a key that nobody knows yet', async () => `Bearer ${await ofNewKey()}`, UNAVAILABLE],
])('%s', async (_what, authorization, code) => {
  const value = await authorization()
  const headers: Record<string, string> = value === '' ? {} : { authorization: value }
  expect(await codeOf(headers)).toBe(code)
})

const old = (): Promise<string> => issuer.token({ claims: { exp: 1 } })
const unscoped = (): Promise<string> => issuer.token({ claims: { scope: 'openid' } })
const ofNewKey = (): Promise<string> => issuer.token({ header: { kid: 'new' } })

test('a certificate of somebody else, and a page', async () => {
  const { cert, key } = await files.authority.issue({ commonName: 'other' })
  expect(await codeOf({}, { cert, key })).toBe(PERMISSION_DENIED)
  const authorization = `Bearer ${await issuer.token()}`
  expect(await codeOf({ authorization, origin: 'https://evil.example' })).toBe(PERMISSION_DENIED)
})

test('an error says what it asks for, as over HTTP', async () => {
  const tls = { ca: files.authority.cert }
  const client = grpcClient(harness.receiver.grpcPort!, {}, tls)
  const call = async (headers: Record<string, string>) =>
    (await client.call('traces', plainBody(), { headers })).metadata['www-authenticate']
  expect(await call({})).toBe('Bearer realm="grantlog"')
  expect(await call({ authorization: `Bearer ${await unscoped()}` })).toMatch(
    /^Bearer realm="grantlog", error="insufficient_scope", error_description="/,
  )
  client.close()
})

test('whoever speaks no TLS gets nothing', async () => {
  const client = grpcClient(harness.receiver.grpcPort!)
  expect((await client.call('traces', plainBody())).code).toBe(UNAVAILABLE)
  client.close()
})
