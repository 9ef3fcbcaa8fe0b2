import { describe, expect, test } from '@jest/globals'
import type { Framework } from './framework.ts'
import { presentedBy, presentedInHead } from './presented.ts'
import type { ServedRequest } from './scopes.ts'

const inHead = (authorization: string | undefined, target = '/'): unknown =>
  presentedInHead(authorization, target)

describe('the token of an Authorization header', () => {
  test.each<[string | undefined, [scheme: string, value: string] | null]>([
    [undefined, null],
    ['', null],
    ['Bearer abc', ['bearer', 'abc']],
    ['bEARER   abc  ', ['bearer', 'abc']],
    ['DPoP abc', ['dpop', 'abc']],
    ['dpop abc', ['dpop', 'abc']],
    ['Bearer abc def', ['bearer', 'abc def']],
    ['Bearer abc, Bearer def', ['bearer', 'abc, Bearer def']],
    ['Bearer', null],
    ['Bearer ', null],
    ['Bearerabc', null],
    ['Basic YWRhOnBhc3N3b3Jk', null],
    ['Digest abc', null],
    ['DPoPP abc', null],
    ['Bearer\tabc', null],
    ['Bearer \u0000\u00ff', ['bearer', '\u0000\u00ff']],
  ])('%j', (header, token) => {
    const [scheme, value] = token ?? []
    expect(inHead(header)).toEqual(token && { value, scheme, location: 'header' })
  })

  test('of a megabyte is a token still', () => {
    const value = 'x'.repeat(1_000_000)
    expect(inHead(`Bearer ${value}`)).toEqual({ value, scheme: 'bearer', location: 'header' })
    expect(inHead(' '.repeat(1_000_000))).toBeNull()
    expect(inHead(`Bearer ${' '.repeat(1_000_000)}`)).toBeNull()
  })
})

describe('the token of a query', () => {
  test.each<[string, string | null]>([
    ['/a?access_token=abc', 'abc'],
    ['/a?x=1&access_token=a%2Bb+c&y=2', 'a+b c'],
    ['/a?access_token=abc#access_token=def', 'abc'],
    ['/a?access%5Ftoken=abc', 'abc'],
    ['/a?%61%63%63%65%73%73%5F%74%6f%6b%65%6e=abc', 'abc'],
    ['/a?access_token=%', '%'],
    ['/a?access_token=', null],
    ['/a?access_token', null],
    ['/a?xaccess_token=abc', null],
    ['/a?access_tokens=abc', null],
    ['/a?access_token%3Dabc', null],
    ['/access_token=abc', null],
    ['/a?x#access_token=abc', null],
    ['/a?x#&access_token=abc', null],
    ['/a?ACCESS_TOKEN=abc', null],
    ['', null],
  ])('%s', (target, value) => {
    expect(inHead(undefined, target)).toEqual(
      value && { value, scheme: 'bearer', location: 'query' },
    )
  })

  test('counts where the header has none', () => {
    expect(inHead('Basic abc', '/?access_token=def')).toMatchObject({ value: 'def' })
    expect(inHead('Bearer abc', '/?access_token=def')).toMatchObject({ value: 'abc' })
  })

  // In time that grew with its square, this would take minutes.
  test('is looked for in time that grows with the length alone', () => {
    const hostile = ['access_token=', '&', '=', '%', 'access%5Ftoken', 'a=b&', '#', '?', '%61']
    for (const part of hostile) {
      const target = `/a?x&${part.repeat(4_000_000 / part.length)}%&`
      expect(() => inHead(undefined, target)).not.toThrow()
    }
  })
})

describe('the token of a form', () => {
  const form = 'application/x-www-form-urlencoded; charset=utf-8'
  const framework: Framework = {
    routeOf: () => null,
    addressOf: () => null,
    bodyOf: (context) => (context as { body: unknown }).body,
  }
  const served = (body: unknown, type: unknown = form): ServedRequest => ({
    ...{ token: null, validation: null, parent: null, isClaimed: false, framework },
    context: { headers: { 'content-type': type }, body },
  })

  test('is the one that the application has read', () => {
    const request = served({ access_token: 'abc' })
    const token = { value: 'abc', scheme: 'bearer', location: 'body' }
    expect(presentedBy(request)).toEqual(token)
    expect(request.token).toEqual(token)
  })

  test.each<[string, ServedRequest]>([
    ['a body that was not read', served(undefined)],
    ['JSON', served({ access_token: 'abc' }, 'application/json')],
    ['no type', served({ access_token: 'abc' }, null)],
    ['a list', served({ access_token: ['abc'] })],
    ['another value', served({ access_token: { a: 1 } })],
    ['nothing', served({ access_token: '' })],
    ['the end of the request', { ...served({ access_token: 'abc' }), context: null }],
  ])('is not seen in %s', (_, request) => {
    expect(presentedBy(request)).toBeNull()
  })
})
