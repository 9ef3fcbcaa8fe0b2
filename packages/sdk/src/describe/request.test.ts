import { describe, expect, test } from '@jest/globals'
import { ATTR, decodeList } from '@grantlog/record'
import type { KnownFacts, ParameterFacts, ServerFacts } from '../facts.ts'
import { list } from './list.ts'
import { describeRequest } from './request.ts'
import { Told } from './value.ts'

const parameters: ParameterFacts = {
  grantType: null,
  responseType: null,
  responseMode: null,
  scope: null,
  redirectUri: null,
  prompt: null,
  acrValues: null,
  resources: [],
  codeChallengeMethod: null,
  hasCodeChallenge: false,
  hasCodeVerifier: false,
  hasRequestObject: false,
  hasPushedRequest: false,
  refreshToken: null,
}
const known: KnownFacts = {
  grantTypes: [],
  scopes: [],
  resources: [],
  acrs: [],
  isRedirectUri: false,
}
const client = { id: 'web', name: null, authMethod: 'none' }

function requestOf(
  typed: Partial<ParameterFacts>,
  facts: Partial<KnownFacts> = {},
  by: ServerFacts['client'] = client,
): Record<string, unknown> {
  const given = { parameters: { ...parameters, ...typed }, known: { ...known, ...facts } }
  const told = new Told()
  describeRequest(told, { ...given, client: by } as ServerFacts)
  return Object.fromEntries(told.attributes)
}

const secret = 'S3cret-Passw0rd'
const uri = `https://${secret}.example/${secret}`

describe('what somebody typed into', () => {
  test.each<[Partial<ParameterFacts>, Record<string, unknown>]>([
    [{ grantType: secret }, { [ATTR.OAUTH_GRANT_TYPE]: '_OTHER' }],
    [{ responseType: `code ${secret}` }, { [ATTR.OAUTH_RESPONSE_TYPE]: '_OTHER code' }],
    [{ responseMode: secret }, { [ATTR.OAUTH_RESPONSE_MODE]: '_OTHER' }],
    [{ prompt: `login ${secret}` }, { [ATTR.OAUTH_PROMPT]: '_OTHER login' }],
    [{ scope: `openid ${secret} x` }, { [ATTR.OAUTH_SCOPE_REQUESTED]: '_OTHER openid' }],
    [{ acrValues: `${secret} x` }, { [ATTR.OAUTH_AUTH_ACR_REQUESTED]: '_OTHER' }],
    [{ resources: [uri, secret] }, { [ATTR.OAUTH_RESOURCE]: '_OTHER' }],
    [{ detailTypes: [secret] }, { [ATTR.OAUTH_AUTHORIZATION_DETAILS_TYPES]: '_OTHER' }],
    [{ redirectUri: uri }, {}],
    [{ codeChallengeMethod: secret }, { [ATTR.OAUTH_PKCE_METHOD]: '_OTHER' }],
  ])('%j does not leave', (typed, told) => {
    const attributes = requestOf(typed, { scopes: ['openid'] })
    expect(attributes).toEqual(told)
    expect(JSON.stringify(attributes).toLowerCase()).not.toContain(secret.toLowerCase())
  })

  test('scope leaves only of a client that is known', () => {
    const of = (by: ServerFacts['client']): unknown =>
      requestOf({ scope: 'openid' }, { scopes: ['openid'] }, by)[ATTR.OAUTH_SCOPE_REQUESTED]
    expect([of(client), of(null)]).toEqual(['openid', '_OTHER'])
  })

  test('a scope that registered itself is told only in the form of a scope', () => {
    const scopes = ['x'.repeat(129), 'ü', 'ok']
    expect(requestOf({ scope: scopes.join(' ') }, { scopes })).toEqual({
      [ATTR.OAUTH_SCOPE_REQUESTED]: '_OTHER ok',
    })
  })
})

test('what the server knows is told', () => {
  const typed = {
    grantType: 'urn:x:own',
    acrValues: 'otp',
    redirectUri: 'https://app.example.com/callback?tenant=secret',
    codeChallengeMethod: 'S256',
    responseMode: 'form_post',
  }
  const facts = { grantTypes: ['urn:x:own'], acrs: ['otp'], isRedirectUri: true }
  expect(requestOf(typed, facts)).toEqual({
    [ATTR.OAUTH_GRANT_TYPE]: 'urn:x:own',
    [ATTR.OAUTH_AUTH_ACR_REQUESTED]: 'otp',
    [ATTR.OAUTH_REDIRECT_URI_HOST]: 'app.example.com',
    [ATTR.OAUTH_PKCE_METHOD]: 'S256',
    [ATTR.OAUTH_RESPONSE_MODE]: 'form_post',
  })
})

test.each([
  [
    'https://user:secret@api.example.com/orders?key=secret#secret',
    'https://api.example.com/orders',
  ],
  ['https://api.example.com', 'https://api.example.com'],
  ['https://api.example.com/?q', 'https://api.example.com/'],
  ['urn:example:orders', 'urn:example:orders'],
  ['app://user:secret@host/path', 'app://host/path'],
])('of the resource %s only %s is told', (resource, told) => {
  const attributes = requestOf({ resources: [resource] }, { resources: [resource] })
  expect(attributes).toEqual({ [ATTR.OAUTH_RESOURCE]: told })
})

describe('a list', () => {
  test('is cut between items, and says so', () => {
    const items = Array.from({ length: 40 }, (_, i) => `https://api.example.com/scope/${i + 10}`)
    const text = list(items)
    const told = decodeList(text)
    expect(Buffer.byteLength(text)).toBeLessThanOrEqual(1024)
    expect(told).toContain('...')
    expect(told.length).toBeGreaterThan(20)
    for (const item of told) expect([...items, '...']).toContain(item)
  })

  test('has at most 64 items, counted without duplicates', () => {
    const many = Array.from({ length: 1000 }, (_, i) => `s${i}`)
    expect(decodeList(list(many))).toHaveLength(65)
    expect(list([...Array.from({ length: 64 }, () => 'openid'), 'orders'])).toBe('openid orders')
  })

  test.each([
    [['x'.repeat(1020)], 1020],
    [['x'.repeat(1021)], 3],
    [['é'.repeat(511)], 3],
    [['%'.repeat(400)], 3],
    [[], 0],
  ])('of %j has %i bytes', (items, bytes) => {
    expect(Buffer.byteLength(list(items))).toBe(bytes)
  })
})

describe('types of authorization details', () => {
  const types = (detailTypes: string[], by: ServerFacts['client'] = client): unknown =>
    requestOf({ detailTypes }, { detailTypes: ['payment_initiation'] }, by)[
      ATTR.OAUTH_AUTHORIZATION_DETAILS_TYPES
    ]

  test('are told if the server knows them', () => {
    expect(types(['payment_initiation', 'account'])).toBe('_OTHER payment_initiation')
    expect(types(['payment_initiation'], null)).toBe('_OTHER')
    expect(types([])).toBeUndefined()
  })
})
