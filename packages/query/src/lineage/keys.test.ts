import { expect, test } from '@jest/globals'
import { issuedTokens } from './keys.ts'

const told = {
  'audit.action': 'oauth.token',
  'audit.outcome': 'success',
  'oauth.role': 'client',
  'oauth.token.hash': 't1.access',
}

test('a token that a client took from its cache was issued before', () => {
  const attributesOf = (more: object) => new Map(Object.entries({ ...told, ...more }))
  expect(issuedTokens({ attributes: attributesOf({}) })).toEqual(['t1.access'])
  const cached = attributesOf({ 'oauth.token.cache_hit': true })
  expect(issuedTokens({ attributes: cached })).toEqual([])
})
