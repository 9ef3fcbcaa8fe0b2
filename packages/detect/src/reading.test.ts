import { expect, test } from '@jest/globals'
import { eventWith } from '../test/events.ts'
import { begunAt, items, networkOf, programOf, shortHash, text, whole } from './reading.ts'

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
})

test('attributes are read as what they are', () => {
  const event = eventWith(
    { 'oauth.scope.granted': 'a%20b c', 'oauth.token.age': 7, 'event.duration_ms': 40 },
    { atMs: 1_000 },
  )
  expect(items(event, 'oauth.scope.granted')).toEqual(['a b', 'c'])
  expect(items(event, 'oauth.scope.allowed')).toEqual([])
  expect([whole(event, 'oauth.token.age'), whole(event, 'oauth.scope.granted')]).toEqual([7, null])
  expect([text(event, 'oauth.token.age'), text(event, 'user.hash')]).toEqual(['7', ''])
  expect(begunAt(event)).toBe(960)
})
