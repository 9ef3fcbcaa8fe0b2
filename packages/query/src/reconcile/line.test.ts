import { describe, expect, test } from '@jest/globals'
import { parseLine } from './line.ts'

const at = '[25/Nov/2026:21:00:07 +0000]'
const timeMs = Date.UTC(2026, 10, 25, 21, 0, 7)
const get = { timeMs, method: 'GET', target: '/orders?a=b', status: 200 }

describe('a request is read', () => {
  test.each([
    ['nginx, combined', `192.0.2.1 - - ${at} "GET /orders?a=b HTTP/1.1" 200 5 "-" "curl/8"`],
    ['common', `192.0.2.1 - - ${at} "GET /orders?a=b HTTP/1.1" 200 5`],
    ['more fields behind', `192.0.2.1 - - ${at} "GET /orders?a=b HTTP/2.0" 200 5 "-" "c" "x" 0.1`],
    ['an IPv6 address', `2001:db8::1 - - ${at} "GET /orders?a=b HTTP/1.1" 200 5 "-" "-"`],
    ['a user with spaces', `::1 - Ada [the 1st] L ${at} "GET /orders?a=b HTTP/1.1" 200 - "" ""`],
    ['quotes in the agent, escaped', `a - - ${at} "GET /orders?a=b HTTP/1.1" 200 5 "-" "\\"x\\""`],
    ['quotes in the agent, as morgan', `a - - ${at} "GET /orders?a=b HTTP/1.1" 200 5 "-" "a"b"`],
    ['another zone', `a - - [25/Nov/2026:23:30:07 +0230] "GET /orders?a=b HTTP/1.1" 200 5`],
    ['a zone in the west', `a - - [25/Nov/2026:16:00:07 -0500] "GET /orders?a=b HTTP/1.1" 200 5`],
  ])('%s', (_what, line) => {
    expect(parseLine(line)).toEqual(get)
  })

  test.each([
    ['/a\\x22b\\x5Cc', '/a"b\\c'],
    ['/a\\"b\\\\c', '/a"b\\c'],
    ['/a"b', '/a"b'],
    ['http://example.com/a', 'http://example.com/a'],
  ])('the target %s', (written, target) => {
    expect(parseLine(`a - - ${at} "GET ${written} HTTP/1.1" 200 5 "-" "-"`)).toMatchObject({
      target,
    })
  })

  test('one without an answer', () => {
    expect(parseLine(`a - - ${at} "GET / HTTP/1.1" - - "-" "-"`)).toMatchObject({ status: null })
  })
})

test.each([
  `a - - ${at} "" 400 0 "-" "-"`,
  `a - - ${at} "-" 408 0 "-" "-"`,
  `a - - ${at} "\\x16\\x03\\x01" 400 157 "-" "-"`,
  `a - - ${at} "GET /a b HTTP/1.1" 400 157 "-" "-"`,
  `a - - ${at} "get / HTTP/1.1" 400 157 "-" "-"`,
])('%s is no request', (line) => {
  expect(parseLine(line)).toBe('none')
})

test.each([
  '',
  'a - - "GET / HTTP/1.1" 200 5',
  '{"time":"2026-11-25","request":"GET / HTTP/1.1"}',
  `a - - ${at} "GET / HTTP/1.1" 200`,
  `a - - ${at} "GET / HTTP/1.1" 20 5`,
  `a - - ${at} "GET / HTTP/1.1`,
  'a - - [31/Feb/2026:21:00:07 +0000] "GET / HTTP/1.1" 200 5',
  'a - - [25/Foo/2026:21:00:07 +0000] "GET / HTTP/1.1" 200 5',
  'a - - [25/Nov/2026:24:00:07 +0000] "GET / HTTP/1.1" 200 5',
  'a - - [25/Nov/2026:21:00:07 +9999] "GET / HTTP/1.1" 200 5',
])('%s is malformed', (line) => {
  expect(parseLine(line)).toBe('malformed')
})

test('a long line of any kind is read in linear time', () => {
  const long = 'x" '.repeat(5_000)
  const started = process.cpuUsage().user
  for (const line of [long, `a - ${long}`, `a - - ${at} "${long}`, `a - - ${at} "\\${long}`]) {
    for (let i = 0; i < 20; i++) parseLine(line)
  }
  expect(process.cpuUsage().user - started).toBeLessThan(1_000_000)
})
