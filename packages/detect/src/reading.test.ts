import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { eventWith } from '../test/events.ts'
import { FIELD } from './field.ts'
import {
  begunAt,
  items,
  networkOf,
  programOf,
  rememberedHash,
  shortHash,
  text,
  whole,
} from './reading.ts'

test.each([
  ['203.0.113.7', '203.0'],
  ['203.0.99.1', '203.0'],
  ['::ffff:203.0.113.7', '203.0'],
  ['2001:db8:1:2::7', '2001:db8'],
  ['2001:DB8::', '2001:db8'],
  ['2001::1', '2001:0'],
  ['::1', '0:0'],
  ['', ''],
  ['no address', ''],
])('the network of %j is %j', (address, network) => {
  expect(networkOf(address)).toBe(network)
})

test('an address of IPv4 is what an expression says that it is', () => {
  const form = /^(?:::ffff:)?(\d{1,3}\.\d{1,3})\.\d{1,3}\.\d{1,3}$/i
  const group = fc.oneof(
    { weight: 20, arbitrary: fc.nat(999).map(String) },
    { weight: 1, arbitrary: fc.constantFrom('', 'a', '1000', '0001') },
  )
  const between = fc.oneof(
    { weight: 20, arbitrary: fc.constant('.') },
    { weight: 1, arbitrary: fc.constantFrom('..', '', ':') },
  )
  const address = fc
    .record({
      before: fc.constantFrom('', '', '::ffff:', '::FFFF:', '::', ' '),
      parts: fc.array(fc.tuple(group, between), { minLength: 2, maxLength: 4 }),
      behind: fc.constantFrom('7', '7', '', '1234', '\n', ' '),
    })
    .map(({ before, behind, parts }) => before + parts.flat().join('') + behind)
  let known = 0
  fc.assert(
    fc.property(address, (drawn) => {
      const [, network] = form.exec(drawn) ?? []
      if (network !== undefined) known++
      if (network !== undefined || !drawn.includes(':'))
        expect(networkOf(drawn)).toBe(network ?? '')
      else expect(networkOf(drawn)).toContain(':')
    }),
    { numRuns: 3_000 },
  )
  expect(known).toBeGreaterThan(100)
})

test('a program is the same with another version', () => {
  const programs = [
    'Mozilla/5.0 (X11; rv:140.0) Firefox/140.0',
    'Mozilla/5.0 (X11; rv:141.2) Firefox/141.2',
  ]
  expect(programOf(programs[0]!)).toBe(programOf(programs[1]!))
  expect(programOf(programs[0]!)).not.toBe(programOf('curl/8.16'))
})

test('a hash tells values of one entity apart, and says nothing beside another', () => {
  expect(shortHash('a', '203.0')).toBe(shortHash('a', '203.0'))
  expect(shortHash('a', '203.0')).not.toBe(shortHash('a', '203.1'))
  expect(shortHash('a', '203.0')).not.toBe(shortHash('b', '203.0'))
  expect(shortHash('a', '203.0')).toMatch(/^[\w-]{8}$/)
  expect(['a', 'b', 'a'].map((entity) => rememberedHash(entity, '203.0'))).toEqual(
    ['a', 'b', 'a'].map((entity) => shortHash(entity, '203.0')),
  )
})

test('attributes are read as what they are', () => {
  const event = eventWith(
    { 'oauth.scope.granted': 'a%20b c', 'oauth.token.age': 7, 'event.duration_ms': 40 },
    { atMs: 1_000 },
  )
  expect(items(event, FIELD.OAUTH_SCOPE_GRANTED)).toEqual(['a b', 'c'])
  expect(items(event, FIELD.OAUTH_SCOPE_ALLOWED)).toEqual([])
  const [age, scope] = [FIELD.OAUTH_TOKEN_AGE, FIELD.OAUTH_SCOPE_GRANTED]
  expect([whole(event, age), whole(event, scope)]).toEqual([7, null])
  expect([text(event, age), text(event, FIELD.USER_HASH)]).toEqual(['7', ''])
  expect(begunAt(event)).toBe(960)
})
