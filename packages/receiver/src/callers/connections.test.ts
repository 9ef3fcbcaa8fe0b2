// Guarantee: a connection is let in by its certificate alone, web pages never, and no request can
// be read in two ways.
import { connect as connectTls } from 'node:tls'
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import { createAuthority, type Issued, selfSigned } from '../../../../test/certificates.ts'
import { type Harness, startHarness } from '../../test/harness.ts'
import {
  type CertificateFiles,
  certificateFiles,
  type SecureAnswer,
  secureRequest,
} from '../../test/secure.ts'

let files: CertificateFiles
let harness: Harness
let gateway: Issued
let port: number

beforeAll(async () => {
  files = await certificateFiles()
  gateway = await files.authority.issue({ commonName: 'gateway' })
  harness = await startHarness({
    otlp: { host: '0.0.0.0', port: 0 },
    tls: files.tls,
    callers: {
      certificates: [{ name: 'gateway', commonName: 'gateway' }],
      // Somebody without a certificate may have a token, so each gets as far as to be asked.
      issuers: [{ issuer: 'https://127.0.0.1:9', audience: 'grantlog' }],
    },
  })
  port = harness.receiver.otlpPort
})
afterAll(async () => {
  await harness.close()
  await files[Symbol.asyncDispose]()
})

/** What a request gets, as it is written; the answer must close the connection. */
async function raw(text: string, client?: Issued): Promise<string> {
  const place = { host: '127.0.0.1', port, servername: 'localhost', ca: files.authority.cert }
  const socket = connectTls({ ...place, ...(client && { cert: client.cert, key: client.key }) })
  const answer: Buffer[] = []
  socket.on('error', () => undefined)
  socket.on('data', (chunk) => answer.push(chunk))
  socket.write(text)
  await new Promise((resolve) => socket.once('close', resolve))
  return Buffer.concat(answer).toString('latin1')
}

function ask(headers: Record<string, string>, client: Issued): Promise<SecureAnswer> {
  return secureRequest(port, { ca: files.authority.cert, headers, client })
}

test('consistency proofs for those who may not send → 401', async () => {
  const get =
    'GET /grantlog/v1/consistency?from=0&to=0 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n'
  expect(await raw(`${get}\r\n`)).toMatch(/^HTTP\/1\.1 401/)
  expect(await raw(`${get}\r\n`, gateway)).toMatch(/^HTTP\/1\.1 [^43]/)
})

describe('a certificate', () => {
  const rows: [string, () => Promise<Issued>, number, RegExp][] = [
    [
      'of another authority',
      async () => (await createAuthority()).issue({ commonName: 'gateway' }),
      401,
      /CERTIFICATE_REFUSED/,
    ],
    ['of its own', () => selfSigned({ commonName: 'gateway' }), 401, /CERTIFICATE_REFUSED/],
    [
      'that is over',
      () => files.authority.issue({ commonName: 'gateway', fromDays: -9, untilDays: -1 }),
      401,
      /CERTIFICATE_REFUSED/,
    ],
    [
      'that is not valid yet',
      () => files.authority.issue({ commonName: 'gateway', fromDays: 1 }),
      401,
      /CERTIFICATE_REFUSED/,
    ],
    [
      'of somebody else',
      () => files.authority.issue({ commonName: 'other' }),
      403,
      /CALLER_FORBIDDEN/,
    ],
    [
      'with our name as another kind',
      () => files.authority.issue({ san: [{ type: 'dns', value: 'gateway' }] }),
      403,
      /CALLER_FORBIDDEN/,
    ],
    [
      'with two names in one',
      () => files.authority.issue({ commonName: 'other\nCN=gateway' }),
      403,
      /CALLER_FORBIDDEN/,
    ],
  ]
  const told = rows.map(([who, issue, status, why]) => [who, status, why, issue] as const)
  test.each(told)('%s → %i %s', async (_who, status, why, issue) => {
    expect(await ask({}, await issue())).toMatchObject({
      status,
      text: expect.stringMatching(why),
    })
  })
})

describe('a web page', () => {
  test.each([
    ['Origin', { origin: 'https://evil.example' }],
    ['Origin null', { origin: 'null' }],
    ['Sec-Fetch-Site', { 'sec-fetch-site': 'cross-site' }],
    ['a name that was rebound', { host: 'evil.example' }],
  ])('%s, with a certificate that is named → 403', async (_what, headers) => {
    const answer = await ask(headers as Record<string, string>, gateway)
    expect(answer.status).toBe(403)
  })
})

describe('a request that two readers could read in two ways', () => {
  const smuggled = '0\r\n\r\nPOST /v1/traces HTTP/1.1\r\nHost: localhost\r\n\r\n'
  test.each([
    ['Content-Length and chunked', 'Content-Length: 4\r\nTransfer-Encoding: chunked'],
    ['two lengths', 'Content-Length: 4\r\nContent-Length: 5'],
    ['a length that is none', 'Content-Length: +4'],
    ['another coding behind chunked', 'Transfer-Encoding: chunked, identity'],
    ['a folded header', 'X-One: a\r\n b: c\r\nTransfer-Encoding: chunked, x'],
    ['a space before the colon', 'Transfer-Encoding : chunked'],
    ['a bare line feed', 'X-One: a\nTransfer-Encoding: chunked\r\nContent-Length: 3'],
  ])('%s → 400', async (_what, headers) => {
    const type = 'Content-Type: application/x-protobuf'
    const head = `POST /v1/traces HTTP/1.1\r\nHost: localhost\r\n${type}\r\n${headers}\r\n\r\n`
    const answer = await raw(`${head}${smuggled}`, gateway)
    expect(answer).toMatch(/^HTTP\/1\.1 400/)
    expect(answer.match(/HTTP\/1\.1/g)).toHaveLength(1)
  })

  test('no Host, or two → 400, or another refusal', async () => {
    const post = 'POST /v1/traces HTTP/1.1\r\nConnection: close\r\nContent-Length: 0\r\n'
    expect(await raw(`${post}\r\n`, gateway)).toMatch(/^HTTP\/1\.1 400/)
    const two = `${post}Host: localhost\r\nHost: evil.example\r\n\r\n`
    expect(await raw(two, gateway)).toMatch(/^HTTP\/1\.1 (400|403|415)/)
  })
})
