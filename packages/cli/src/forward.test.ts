import { expect, test } from '@jest/globals'
import { CliError } from './errors.ts'
import { headersOf, sinkOf } from './forward.ts'

const request = { personalData: 'pseudonymised', headers: {} } as const

test('a base URL gets the path of traces, and a name that stays', () => {
  const sink = sinkOf('http://127.0.0.1:4418', request)
  expect(sink).toEqual({
    name: expect.stringMatching(/^127-0-0-1-4418-[0-9a-f]{8}$/),
    url: 'http://127.0.0.1:4418/v1/traces',
    personalData: 'pseudonymised',
  })
  expect(sinkOf('http://127.0.0.1:4418/', request)).toEqual(sink)
})

test.each([
  ['http://u:SECRET@h/', 'http://***@h/: credentials in URLs are refused'],
  ['http://SECRET@h/', 'http://***@h/: credentials in URLs are refused'],
  ['http://u:SEC/RET@h/', 'http://***@h/: it is no http or https URL'],
  ['ftp://u:SECRET@h/', 'ftp://***@h/: it is no http or https URL'],
])('%s is refused, and its password never shown', (url, shown) => {
  const { code, fix, title } = errorOf(() => sinkOf(url, request))
  expect({ code, title }).toEqual({
    code: 'FORWARD_INVALID',
    title: `--forward cannot send to ${shown}`,
  })
  expect(title + fix).not.toContain('SECRET')
})

test('headers are those of the variable, decoded', () => {
  expect(headersOf(undefined)).toEqual({})
  expect(headersOf('')).toEqual({})
  const headers = headersOf('Authorization=Basic%20YTpi==, x-scope=a%2Cb ,')
  expect(headers).toEqual({ authorization: 'Basic YTpi==', 'x-scope': 'a,b' })
  expect(sinkOf('http://h', { ...request, headers })).toMatchObject({ headers })
})

test.each([
  'SECRET',
  '=SECRET',
  'a b=SECRET',
  'a=',
  'a=SECRET%0d',
  'a=SECRET%',
  'a=SECRET%E2%82%AC',
])('headers %j are refused by their place alone', (text) => {
  const { code, fix, title } = errorOf(() => headersOf(`x=1,${text}`))
  expect(code).toBe('FORWARD_HEADERS_INVALID')
  expect(title).toContain('part 2')
  expect(title + fix).not.toContain('SECRET')
})

function errorOf(run: () => unknown): CliError {
  try {
    run()
  } catch (error) {
    if (error instanceof CliError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}
