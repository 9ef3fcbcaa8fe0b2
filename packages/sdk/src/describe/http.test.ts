import { describe, expect, test } from '@jest/globals'
import { ATTR } from '@grantlog/record'
import type { HttpFacts } from '../facts.ts'
import { describeHttp } from './http.ts'
import { queryOf } from './query.ts'
import { Told } from './value.ts'

const allowed = ['page', 'sort']

describe('of a query is told', () => {
  test.each<[string, string | null]>([
    ['', null],
    ['?', null],
    ['?&&', null],
    ['?page=2', 'page=2'],
    ['?page=2&q=secret', 'page=2&q=REDACTED'],
    ['?sort=-created_at&page=000000001', 'sort=-created_at&page=000000001'],
    ['?page=0123456789', 'page=REDACTED'],
    ['?page=a@example.com', 'page=REDACTED'],
    ['?page=%32', 'page=REDACTED'],
    ['?page=', 'page='],
    ['?page=2=3', 'page=REDACTED'],
    ['?secret', 'REDACTED'],
    ['?secret&page=1', 'REDACTED&page=1'],
    ['?=secret', '_OTHER=REDACTED'],
    // A short token in base64 that ends with its padding.
    ['?dGhpc2lzYXNlY3JldA==', '_OTHER=REDACTED'],
    ['?filter[name]=x&a.b-c=d&$top=5', 'filter[name]=REDACTED&a.b-c=REDACTED&$top=REDACTED'],
    [`?${'n'.repeat(20)}=1`, `${'n'.repeat(20)}=REDACTED`],
    [`?${'n'.repeat(21)}=1`, '_OTHER=REDACTED'],
    ['?eyJhbGciOiJFZERTQSJ9eyJ=x', '_OTHER=REDACTED'],
    ['?4711=x&a%20b=x&ü=x', '_OTHER=REDACTED&_OTHER=REDACTED&_OTHER=REDACTED'],
    ['?page=1#access_token=secret', 'page=1'],
    ['?page=1?page=2', 'page=REDACTED'],
    [`?${'a=b&'.repeat(16)}`, 'a=REDACTED&'.repeat(16).slice(0, -1)],
    [`?${'a=b&'.repeat(17)}`, `${'a=REDACTED&'.repeat(16)}...`],
  ])('%s: %s', (query, told) => {
    expect(queryOf(`/path${query}`, allowed)).toBe(told)
  })

  test('little, of a megabyte', () => {
    for (const part of ['a=b&', '&', '=', 'a', '#', '%', '?']) {
      const told = queryOf(`/path?${part.repeat(4_000_000)}`, allowed) ?? ''
      expect(told.length).toBeLessThan(512)
    }
  })
})

const facts: HttpFacts = {
  method: 'GET',
  route: null,
  target: '/orders/4711?page=2',
  status: 200,
  clientAddress: '203.0.113.7',
  userAgent: null,
}
function told(more: Partial<HttpFacts>): Record<string, unknown> {
  const all = new Told()
  describeHttp(all, { ...facts, ...more }, allowed)
  return Object.fromEntries(all.attributes)
}

test('a template stands in for a route that is not known', () => {
  expect(told({})).toMatchObject({ [ATTR.URL_TEMPLATE]: '/orders/:id', [ATTR.URL_QUERY]: 'page=2' })
  const routed = told({ route: '/orders/:orderId' })
  expect(routed[ATTR.HTTP_ROUTE]).toBe('/orders/:orderId')
  expect(routed[ATTR.URL_TEMPLATE]).toBeUndefined()
})

test('what must not be looked at is not', () => {
  const names = Object.keys(told({ target: null }))
  expect(names).not.toContain(ATTR.URL_TEMPLATE)
  expect(names).not.toContain(ATTR.URL_QUERY)
})

test('a method that HTTP does not know may be a secret', () => {
  expect(told({ method: 'S3CRET' })[ATTR.HTTP_REQUEST_METHOD]).toBe('_OTHER')
  expect(told({ method: 'PATCH' })[ATTR.HTTP_REQUEST_METHOD]).toBe('PATCH')
})

test('the other end is told where it is not the client, and a status where there was one', () => {
  expect(told({ peerAddress: '203.0.113.7' })[ATTR.NETWORK_PEER_ADDRESS]).toBeUndefined()
  expect(told({ peerAddress: '10.0.0.1' })[ATTR.NETWORK_PEER_ADDRESS]).toBe('10.0.0.1')
  const typed = told({ clientAddress: 'S3cret', peerAddress: '10.0.0.1' })
  expect([typed[ATTR.CLIENT_ADDRESS], typed[ATTR.NETWORK_PEER_ADDRESS]]).toEqual([
    '10.0.0.1',
    undefined,
  ])
  expect(told({ clientAddress: 'S3cret' })[ATTR.CLIENT_ADDRESS]).toBeUndefined()
  expect(told({ status: 0 })[ATTR.HTTP_RESPONSE_STATUS_CODE]).toBeUndefined()
})
