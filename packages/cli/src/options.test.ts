import { expect, test } from '@jest/globals'
import { collectRole, nameOf, portOf, timeOf, urlOf, wholeNumber } from './options.ts'

test('times are dates, or so long ago', () => {
  const now = Date.UTC(2026, 0, 2)
  expect(timeOf('2026-01-01', now)).toBe(Date.UTC(2026, 0, 1))
  expect(timeOf('2026-01-01T12:30Z', now)).toBe(Date.UTC(2026, 0, 1, 12, 30))
  expect(timeOf('2026-01-01T12:30', now)).toBe(Date.UTC(2026, 0, 1, 12, 30))
  expect(timeOf('90s', now)).toBe(now - 90_000)
  expect(timeOf('15m', now)).toBe(now - 900_000)
  expect(timeOf('24h', now)).toBe(timeOf('1d', now))
})

test.each([
  '',
  '1',
  'x',
  '10 m',
  '2026',
  '2026-13-01',
  '2026-02-29',
  '2026-01-01 12:00',
  '-1d',
  '1w',
])('%j is no time', (text) => {
  expect(() => timeOf(text, 0)).toThrow()
})

test.each(['', '-1', '01', '1.5', '1e3', '65536', 'x'])('%j is no port', (text) => {
  expect(() => portOf(text)).toThrow()
})

test('the ports at the ends are ports', () => {
  expect([portOf('0'), portOf('65535'), wholeNumber('65536')]).toEqual([0, 65_535, 65_536])
})

test('roles may have hyphens, and are of the list', () => {
  expect(collectRole('resource-server', ['client'])).toEqual(['client', 'resource_server'])
  expect(() => collectRole('king', [])).toThrow('authorization_server')
})

test.each(['..', '/x', '', 'a b', 'a\n', 'x'.repeat(129), '-a'])('%j is no name', (text) => {
  expect(() => nameOf(text)).toThrow()
})

test('URLs stay as they are written', () => {
  expect(urlOf('https://id.example.com')).toBe('https://id.example.com')
  expect(() => urlOf('file:///etc/passwd')).toThrow()
  expect(() => urlOf('example.com')).toThrow()
})
