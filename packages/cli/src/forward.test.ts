import { expect, test } from '@jest/globals'
import { CliError } from './errors.ts'
import { headersOf, sinkOf, sinksOf } from './forward.ts'

const request = { type: 'otlp', personalData: 'pseudonymised', headers: {} } as const
const variable = 'GRANTLOG_FORWARD_HEADERS'

test('a base URL gets the path of traces, and a name that stays', () => {
  const sink = sinkOf('http://127.0.0.1:4418', request)
  expect(sink).toEqual({
    name: expect.stringMatching(/^127-0-0-1-4418-[0-9a-f]{8}$/),
    type: 'otlp',
    url: 'http://127.0.0.1:4418/v1/traces',
    personalData: 'pseudonymised',
  })
  expect(sinkOf('http://127.0.0.1:4418/', request)).toEqual(sink)
})

test.each([
  ['http://u:SECRET@h/', 'http://***@h/: credentials in URLs are refused'],
  ['http://SECRET@h/', 'http://***@h/: credentials in URLs are refused'],
  ['http://u:SEC/RET@h/', 'http://***@h/: it is no URL of an endpoint'],
  ['ftp://u:SECRET@h/', 'ftp://***@h/: it is no URL of an endpoint'],
])('%s is refused, and its password never shown', (url, shown) => {
  const { code, fix, title } = errorOf(() => sinkOf(url, request))
  expect({ code, title }).toEqual({
    code: 'FORWARD_INVALID',
    title: `no sink can be made of --forward ${shown}`,
  })
  expect(title + fix).not.toContain('SECRET')
})

test('a URL of gRPC stays as it is', () => {
  const sink = sinkOf('grpcs://collector:4317', request)
  expect(sink).toMatchObject({ type: 'otlp', url: 'grpcs://collector:4317' })
})

test.each(['opensearch', 'elasticsearch'] as const)(
  'a URL of %s stays a base URL, in a name of its own',
  (type) => {
    const sink = sinkOf('https://search.example.com:9200', { ...request, type })
    expect(sink).toEqual({
      name: expect.stringMatching(`^${type}-search-example-com-9200-[0-9a-f]{8}$`),
      type,
      url: 'https://search.example.com:9200/',
      personalData: 'pseudonymised',
    })
    const { code, title } = errorOf(() => sinkOf('http://h/?api_key=SECRET', { ...request, type }))
    expect(code).toBe('FORWARD_INVALID')
    expect(title).toBe(`no sink can be made of --${type} http://h/?***: it has more than a path`)
    const { fix } = errorOf(() => sinkOf('http://u:SECRET@h/', { ...request, type }))
    expect(fix).toContain(`GRANTLOG_${type.toUpperCase()}_HEADERS`)
    expect(fix).not.toContain('SECRET')
  },
)

test('each kind of sink gets its own headers, and only what is used is read', () => {
  const flags = { opensearch: ['http://a', 'http://b'], elasticsearch: ['http://a'] } as const
  const sinks = sinksOf(
    { ...flags, forward: [], personalData: 'full' },
    {
      GRANTLOG_FORWARD_HEADERS: 'not used, not read',
      GRANTLOG_OPENSEARCH_HEADERS: 'authorization=Basic%20eDp5',
      GRANTLOG_ELASTICSEARCH_HEADERS: 'authorization=ApiKey%20a2V5',
    },
  )
  expect(sinks).toMatchObject([
    { type: 'opensearch', url: 'http://a/', headers: { authorization: 'Basic eDp5' } },
    { type: 'opensearch', url: 'http://b/', headers: { authorization: 'Basic eDp5' } },
    { type: 'elasticsearch', url: 'http://a/', headers: { authorization: 'ApiKey a2V5' } },
  ])
  expect(new Set(sinks.map(({ name }) => name)).size).toBe(3)
  expect(sinks.every(({ personalData }) => personalData === 'full')).toBe(true)
})

test('headers are those of the variable, decoded', () => {
  expect(headersOf(undefined, variable)).toEqual({})
  expect(headersOf('', variable)).toEqual({})
  const headers = headersOf('Authorization=Basic%20YTpi==, x-scope=a%2Cb ,', variable)
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
  const { code, fix, title } = errorOf(() => headersOf(`x=1,${text}`, variable))
  expect(code).toBe('FORWARD_HEADERS_INVALID')
  expect(title).toContain(`${variable}: part 2`)
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
