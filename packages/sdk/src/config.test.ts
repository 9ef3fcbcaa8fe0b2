import { describe, expect, test } from '@jest/globals'
import { newProducer } from '../test/fixtures/credentials.ts'
import { SdkError } from './codes.ts'
import { isDisabled, readConfig } from './config.ts'

const sink = { endpoint: 'http://127.0.0.1:4318', logKey: 'log', receiptKey: 'receipt' }
const text = newProducer().text(sink)

function withMember(name: string, value: unknown): string {
  return JSON.stringify({ ...(JSON.parse(text) as object), [name]: value })
}

test('reads what "grantlog keys new" writes', () => {
  const config = readConfig(text, {})
  expect(config).toMatchObject({
    ...sink,
    service: 'login',
    environment: 'test',
    viaCollector: false,
  })
  expect(config.privateKey.asymmetricKeyType).toBe('ed25519')
  expect(config.tokenKey?.kid).toBe('t1')
})

test('keys before it are for their spools; a bad one is no key', () => {
  const { kid, privateKey } = JSON.parse(newProducer().text(sink)) as Record<string, unknown>
  const config = readConfig(withMember('previous', [{ kid, privateKey }]), {})
  expect(config.previous).toEqual([{ kid, privateKey: expect.anything() }])
  expect(readConfig(text, {}).previous).toEqual([])
  const one = { kid, privateKey }
  for (const previous of [{}, [one.kid], [{ kid }], Array.from({ length: 9 }, () => one)]) {
    expect(() => readConfig(withMember('previous', previous), {})).toThrow(SdkError)
  }
})

test('the environment overrides the endpoint and the state folder', () => {
  const env = {
    GRANTLOG_ENDPOINT: 'https://audit.example.com/base/',
    GRANTLOG_VIA_COLLECTOR: '1',
    GRANTLOG_STATE: '/state',
  }
  expect(readConfig(text, env)).toMatchObject({
    endpoint: 'https://audit.example.com/base',
    viaCollector: true,
    stateDir: '/state',
  })
})

test('OTEL_* is never read', () => {
  const env = new Proxy({} as Record<string, string>, {
    get: (_, name) => {
      if (String(name).startsWith('OTEL_')) throw new Error(`read ${String(name)}`)
      return undefined
    },
  })
  expect(() => readConfig(text, env)).not.toThrow()
})

test('state lies under XDG_STATE_HOME by service, and a service name leads nowhere else', () => {
  const env = { XDG_STATE_HOME: '/x' }
  expect(readConfig(text, env).stateDir).toBe('/x/grantlog/producer/login')
  expect(readConfig(withMember('service', '../../etc'), env).stateDir).toBe(
    '/x/grantlog/producer/%2E%2E%2F%2E%2E%2Fetc',
  )
})

const request = {
  GRANTLOG_TOKEN_URL: 'https://as.example.com/token',
  GRANTLOG_TOKEN_CLIENT_ID: 'login',
  GRANTLOG_TOKEN_CLIENT_SECRET_FILE: '/run/secret',
}

test('what the receiver is shown is paths and names, and nothing by default', () => {
  const none = { ca: null, clientCert: null, clientKey: null, tokenFile: null, tokenRequest: null }
  expect(readConfig(text, {}).access).toEqual(none)
  const [url, clientId, secretFile] = Object.values(request)
  const tokenRequest = { url, clientId, secretFile, audience: null, ca: null, scope: 'audit:write' }
  expect(readConfig(text, request).access).toEqual({ ...none, tokenRequest })
  const ca = { GRANTLOG_CA: 'receiver.pem', GRANTLOG_TOKEN_CA: 'as.pem' }
  expect(readConfig(text, { ...request, ...ca }).access).toEqual({
    ...none,
    ca: 'receiver.pem',
    tokenRequest: { ...tokenRequest, ca: 'as.pem' },
  })
})

test('a file says whether its key is enrolled, and until when', () => {
  expect(readConfig(text, {}).enrolment).toBeUndefined()
  expect(readConfig(withMember('enrolment', null), {}).enrolment).toEqual({ validUntil: null })
  const until = { validUntil: 5 }
  expect(readConfig(withMember('enrolment', until), {}).enrolment).toEqual(until)
  for (const wrong of [1, {}, { validUntil: 'x' }]) {
    expect(() => readConfig(withMember('enrolment', wrong), {})).toThrow(SdkError)
  }
})

describe('refuses', () => {
  test.each<[string, string, Record<string, string>, string]>([
    ['text that is not JSON', 'x', {}, 'CREDENTIALS_INVALID'],
    ['another format', withMember('format', 'v2'), {}, 'CREDENTIALS_INVALID'],
    ['a spool too small', text, { GRANTLOG_SPOOL_BYTES: '65535' }, 'SPOOL_BYTES_INVALID'],
    ['no service', withMember('service', ''), {}, 'CREDENTIALS_INVALID'],
    ['half a character', withMember('service', 'a\ud800'), {}, 'CREDENTIALS_INVALID'],
    ['a key of another type', withMember('privateKey', { kty: 'RSA' }), {}, 'CREDENTIALS_INVALID'],
    [
      'a short token key',
      withMember('tokenKey', { kid: 'a', k: 'AAAA' }),
      {},
      'CREDENTIALS_INVALID',
    ],
    ['an endpoint that is no URL', text, { GRANTLOG_ENDPOINT: '127.0.0.1' }, 'ENDPOINT_INVALID'],
    ['another scheme', text, { GRANTLOG_ENDPOINT: 'ftp://x' }, 'ENDPOINT_INVALID'],
    ['half a client certificate', text, { GRANTLOG_CLIENT_CERT: 'c' }, 'ACCESS_INVALID'],
    [
      'a token in clear to another machine',
      text,
      { GRANTLOG_TOKEN_FILE: 't', GRANTLOG_ENDPOINT: 'http://audit.example.com' },
      'ACCESS_INVALID',
    ],
    ['a token URL without a client', text, { GRANTLOG_TOKEN_URL: 'https://a.b' }, 'ACCESS_INVALID'],
    ['a secret in clear', text, { ...request, GRANTLOG_TOKEN_URL: 'http://a.b' }, 'ACCESS_INVALID'],
    ['two ways to a token', text, { ...request, GRANTLOG_TOKEN_FILE: 't' }, 'ACCESS_INVALID'],
  ])('%s', (...[, credentials, env, code]) => {
    let error: unknown
    try {
      readConfig(credentials, env)
    } catch (thrown) {
      error = thrown
    }
    expect(error).toBeInstanceOf(SdkError)
    expect(error).toMatchObject({ code })
  })

  test('without telling the private key', () => {
    const secret = 'not-a-key-but-still-secret'
    const credentials = withMember('privateKey', {
      kty: 'OKP',
      crv: 'Ed25519',
      x: secret,
      d: secret,
    })
    expect(() => readConfig(credentials, {})).toThrow(/^(?!.*not-a-key)/)
  })
})

test.each([
  [undefined, false],
  ['', false],
  ['0', false],
  ['false', false],
  ['1', true],
  ['yes', true],
])('GRANTLOG_DISABLED=%s: %s', (value, expected) => {
  expect(isDisabled(value === undefined ? {} : { GRANTLOG_DISABLED: value })).toBe(expected)
})
