import { expect, test } from '@jest/globals'
import { isLoopback, isOwnHost } from './host.ts'

test.each([
  ['localhost', true],
  ['localhost:4318', true],
  ['LOCALHOST', true],
  ['127.0.0.1:4318', true],
  ['[::1]:4318', true],
  ['192.0.2.7:4318', true],
  ['receiver.internal:4318', true],
  ['192.0.2.8', false],
  ['evil.example', false],
  ['localhost.evil.example', false],
  ['localhost:4318:1', false],
  ['localhost@evil.example', false],
  ['', false],
  [undefined, false],
])('Host %s: %s', (header, own) => {
  expect(isOwnHost(header, '::ffff:192.0.2.7', ['receiver.internal'])).toBe(own)
})

test('loopback is what only this machine reaches', () => {
  expect(['localhost', '127.0.0.1', '127.8.8.8', '::1'].every(isLoopback)).toBe(true)
  expect(['0.0.0.0', '::', '192.0.2.7', '127.evil.example', ''].some(isLoopback)).toBe(false)
})
