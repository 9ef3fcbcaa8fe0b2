import { createHash, createHmac, createSecretKey } from 'node:crypto'
import { expect, test } from '@jest/globals'
import type { AttributeValue } from '@grantlog/record'
import { createRandom } from '../random.ts'
import { createHashes } from './hash.ts'
import { createProtector } from './protect.ts'

function protect(entries: Record<string, unknown>) {
  const heldBack: string[] = []
  const protector = createProtector(createRandom(), (name) => heldBack.push(name))
  const attributes = () => new Map(Object.entries(entries) as [string, AttributeValue][])
  protector(attributes())
  return { safe: protector(attributes()), heldBack }
}

test('what the registry does not list does not leave', () => {
  const { safe, heldBack } = protect({
    code: 'the code',
    code_verifier: 'the verifier',
    access_token: 'a token',
    'http.request.header.cookie': 'session=1',
    'http.request.header.authorization': 'Basic eDp5',
    password: 'correct horse',
    __proto__x: 'x',
    'audit.slot.user.salt': 'AAAAAAAAAAAAAAAAAAAAAA',
    'audit.slot.user.commitment': 'x',
    'oauth.client.id': 'web',
  })
  expect([...safe.keys()]).toEqual(['oauth.client.id'])
  // Each is told once.
  expect(heldBack).toHaveLength(9)
})

test('a value of another type does not leave', () => {
  const { safe, heldBack } = protect({
    'oauth.client.id': 5n,
    'http.response.status_code': 200,
    'oauth.token.expires_in': 2n ** 63n,
    'oauth.par.used': 'true',
    'oauth.client.name': '\ud800',
    'oauth.issuer': '',
  })
  expect(safe.size).toBe(0)
  expect(heldBack).toHaveLength(6)
})

test.each([
  ['x'.repeat(1024), 1024],
  ['x'.repeat(1025), 1024],
  ['é'.repeat(512), 1024],
  ['é'.repeat(513), 1024],
  [`x${'😀'.repeat(256)}`, 1021],
])('text is cut at 1,024 bytes, between characters', (text, bytes) => {
  const { safe, heldBack } = protect({ 'user_agent.original': text })
  expect(Buffer.byteLength(String(safe.get('user_agent.original')))).toBe(bytes)
  expect(String(safe.get('user_agent.original')).isWellFormed()).toBe(true)
  expect(heldBack).toEqual([])
})

test('each slot of a record has a salt of its own, never the same twice', () => {
  const entries = { 'user.id': 'ada', 'user.hash': 'p1.x', 'client.address': '203.0.113.7' }
  const protector = createProtector(createRandom(64))
  const salts = Array.from({ length: 50 }, () => {
    const safe = protector(new Map(Object.entries(entries)))
    expect(safe.has('audit.slot.request.salt')).toBe(false)
    return ['user', 'pseudonym', 'network'].map((slot) => safe.get(`audit.slot.${slot}.salt`))
  }).flat()
  for (const salt of salts) expect(salt).toMatch(/^[\w-]{22}$/)
  expect(new Set(salts).size).toBe(150)
})

test('a keyed hash is the kid and 128 bits of HMAC-SHA-256', () => {
  const key = createSecretKey(Buffer.alloc(32, 1))
  const hashes = createHashes({ tokenKey: { kid: 't1', key }, personKey: { kid: 'p1', key } })
  const mac = createHmac('sha256', Buffer.alloc(32, 1)).update('value').digest()
  expect(hashes.token('value')).toBe(`t1.${mac.subarray(0, 16).toString('base64url')}`)
  expect(hashes.typedToken('value')).toBe(hashes.token('value'))
  expect(hashes.person('value')).toBe(`p1.${mac.subarray(0, 16).toString('base64url')}`)
})

test('without keys: tokens as ath of RFC 9449, people not at all', () => {
  const hashes = createHashes({ tokenKey: null, personKey: null })
  // The access token and its ath of RFC 9449, section 7.1.
  const token = 'Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU'
  expect(hashes.token(token)).toBe(`ath.${createHash('sha256').update(token).digest('base64url')}`)
  expect(hashes.token(token)).toBe('ath.fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo')
  expect(hashes.person('ada')).toBeNull()
  // What was typed as a token may be short: its bare hash could be guessed.
  expect(hashes.typedToken('hunter2')).toBeNull()
})
