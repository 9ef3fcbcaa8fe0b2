import { expect, test } from '@jest/globals'
import { isLoopback, isOfPage, isOwnHost } from './host.ts'

test.each([
  ['localhost', true],
  ['localhost:4318', true],
  ['LOCALHOST', true],
  ['127.0.0.1:4318', true],
  ['[::1]:4318', true],
  ['192.0.2.7:4318', true],
  ['receiver.internal:4318', true],
  ['a.pods.internal', true],
  ['a.b.pods.internal', false],
  ['pods.internal', false],
  ['192.0.2.8', false],
  ['evil.example', false],
  ['localhost.evil.example', false],
  ['localhost:4318:1', false],
  ['localhost@evil.example', false],
  ['', false],
  [undefined, false],
])('Host %s: %s', (header, own) => {
  expect(isOwnHost(header, '::ffff:192.0.2.7', ['receiver.internal', '*.pods.internal'])).toBe(own)
})

test('loopback is what only this machine reaches', () => {
  expect(['localhost', '127.0.0.1', '127.8.8.8', '::1'].every(isLoopback)).toBe(true)
  expect(['0.0.0.0', '::', '192.0.2.7', '127.evil.example', ''].some(isLoopback)).toBe(false)
})

test.each([
  [{}, false],
  [{ 'sec-fetch-site': 'none' }, false],
  [{ 'sec-fetch-site': 'same-origin' }, true],
  [{ 'sec-fetch-site': 'cross-site' }, true],
  [{ origin: 'null' }, true],
])('%j is of a page: %s', (headers, ofPage) => {
  expect(isOfPage(headers)).toBe(ofPage)
})
