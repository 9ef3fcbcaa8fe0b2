import { expect, test } from '@jest/globals'
import { assertionIn, clientOf } from './client-authentication.ts'
import { decodeJwt } from './jwt.ts'

const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url')
const jwt = (alg: string, kid?: string): string =>
  `${part({ alg, kid })}.${part({ sub: 'web' })}.signature`
const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
const https = 'https://login.example.com/token'

test.each<[string, string, string | null, string, string | null, string | null]>([
  ['Basic', '', basic('web:secret'), https, 'web', 'client_secret_basic'],
  [
    'Basic in lower case',
    '',
    basic('web:s').replace('B', 'b'),
    https,
    'web',
    'client_secret_basic',
  ],
  ['Basic, encoded', '', basic('a%3Ab+c:secret'), https, 'a:b c', 'client_secret_basic'],
  ['Basic, not encoded', '', basic('100%:secret'), https, '100%', 'client_secret_basic'],
  ['Basic beside an id', 'client_id=x', basic('web:s'), https, 'web', 'client_secret_basic'],
  ['a secret', 'client_id=web&client_secret=s', null, https, 'web', 'client_secret_post'],
  ['a key', `client_assertion=${jwt('ES256')}`, null, https, 'web', 'private_key_jwt'],
  [
    'an id and a key',
    `client_id=a&client_assertion=${jwt('ES256')}`,
    null,
    https,
    'a',
    'private_key_jwt',
  ],
  ['a shared key', `client_assertion=${jwt('HS256')}`, null, https, 'web', 'client_secret_jwt'],
  ['an unreadable assertion', 'client_assertion=x', null, https, null, 'private_key_jwt'],
  ['nothing, or a certificate', 'client_id=web', null, https, 'web', null],
  ['nothing', 'client_id=web', null, 'http://127.0.0.1/token', 'web', 'none'],
  ['a token', 'client_id=web', 'Bearer S3cret', 'http://127.0.0.1/token', 'web', 'none'],
  ['a secret as its name', '', basic('sk_S3cret:'), https, null, 'client_secret_basic'],
  ['a secret and no colon', 'client_id=x', basic('S3cret'), https, 'x', 'client_secret_basic'],
  ['an empty name', '', basic(':secret'), 'http://127.0.0.1/token', null, 'none'],
  ['garbage', 'client_id=web', 'Basic \u0000', 'http://127.0.0.1/token', 'web', 'none'],
])('a client with %s', (...[, form, authorization, url, id, authMethod]) => {
  const credentials = { form: new URLSearchParams(form), authorization, url: new URL(url) }
  expect(clientOf(credentials)).toMatchObject({ id, authMethod })
})

test.each<[string, string, object]>([
  ['its key id', jwt('ES256', '2026-01'), { assertionKid: '2026-01' }],
  ['no key id', jwt('ES256'), { assertionKid: null }],
  ['nothing that can be read', 'x', { assertionKid: null }],
  ['nothing', '', {}],
])('of an assertion %s is told, to a client and to a server', (_, assertion, said) => {
  expect(assertionIn({ client_assertion: assertion })).toEqual(said)
  const form = new URLSearchParams({ client_assertion: assertion })
  const { assertionKid } = clientOf({ form, authorization: null, url: new URL(https) })
  expect({ ...(assertion !== '' && { assertionKid }) }).toEqual(said)
})

test.each([
  ['a.b', null],
  ['a.b.c.d.e', null],
  [`${part({ alg: 'x' })}.${part('text')}.x`, null],
  [`${part({ alg: 'x' })}.${part({ a: 1 })}.`, { header: { alg: 'x' }, claims: { a: 1 } }],
  ['x'.repeat(20_000), null],
])('the JWT %#', (text, expected) => {
  expect(decodeJwt(text)).toEqual(expected)
})
