import { describe, expect, test } from '@jest/globals'
import { formBytesMax } from '../../limits.ts'
import { formIn, isFormType, parametersOf, tokenExchangeOf } from './form.ts'

test.each([
  ['application/x-www-form-urlencoded', true],
  ['Application/X-WWW-Form-Urlencoded ; charset=UTF-8', true],
  ['application/x-www-form-urlencoded-not', false],
  ['application/json', false],
  [undefined, false],
  [['application/x-www-form-urlencoded'], false],
])('%j is the type of a form: %j', (type, expected) => {
  expect(isFormType(type)).toBe(expected)
})

describe('a form', () => {
  const bytes = Buffer.from('xxgrant_type=a&code=bxx')
  test.each<[string, unknown, string | null]>([
    ['a text', 'code=b&grant_type=a', 'code=b&grant_type=a'],
    ['parameters', new URLSearchParams('grant_type=a'), 'grant_type=a'],
    ['a view on bytes', bytes.subarray(2, -2), 'grant_type=a&code=b'],
    ['a buffer', new Uint8Array(Buffer.from('token=x')).buffer, 'token=x'],
    ['UTF-8', Buffer.from('scope=%C3%A9é'), `scope=${encodeURIComponent('éé')}`],
    ['another text', 'password=grant_type', null],
    ['a name that ends alike', 'my_token=x&tokens=y&re-client_id=z', null],
    ['other parameters', new URLSearchParams('a=b'), null],
    ['nothing', '', null],
    ['a stream', new ReadableStream(), null],
    ['null', null, null],
    ['an object that reads as one', { toString: () => 'grant_type=a' }, null],
  ])('of %s', (_, body, expected) => {
    expect(formIn(body)?.toString() ?? null).toBe(expected)
  })

  test('is a copy', () => {
    const given = new URLSearchParams('grant_type=a')
    const form = formIn(given)
    given.set('grant_type', 'b')
    expect(form?.get('grant_type')).toBe('a')
  })

  test.each(['text', 'bytes'])('of too much %s is its start, without what is cut', (kind) => {
    const start = 'grant_type=a&assertion='
    const of = (length: number): unknown => {
      const text = start + 'x'.repeat(length - start.length)
      return kind === 'text' ? text : Buffer.from(text)
    }
    expect(formIn(of(formBytesMax))?.get('assertion')?.length).toBe(formBytesMax - start.length)
    expect([...(formIn(of(formBytesMax + 1)) ?? [])]).toEqual([['grant_type', 'a']])
    expect(formIn(`x=${'x'.repeat(formBytesMax)}&grant_type=a`)).toBeNull()
  })
})

test('of the parameters secrets are known only as being there', () => {
  const form = {
    grant_type: 'authorization_code',
    code: 'S3cret',
    code_verifier: 'S3cret',
    client_secret: 'S3cret',
    state: 'S3cret',
    resource: 'https://api.example.com',
    scope: '',
  }
  const parameters = parametersOf(new URLSearchParams(form))
  expect(parameters).toMatchObject({
    grantType: 'authorization_code',
    hasCodeVerifier: true,
    hasRequestObject: false,
    resources: ['https://api.example.com'],
    scope: null,
    refreshToken: null,
  })
  expect(JSON.stringify(parameters)).not.toContain('S3cret')
})

test('a token exchange is known by its subject token', () => {
  expect(tokenExchangeOf(new URLSearchParams('grant_type=a'), {})).toBeNull()
  const form = new URLSearchParams('subject_token=s&subject_token_type=urn:a&actor_token=a')
  expect(tokenExchangeOf(form, { issued_token_type: 'urn:b' })).toEqual({
    subjectToken: 's',
    subjectTokenType: 'urn:a',
    actorToken: 'a',
    actorTokenType: null,
    requestedTokenType: null,
    issuedTokenType: 'urn:b',
  })
})
