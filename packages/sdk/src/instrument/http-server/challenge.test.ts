import { describe, expect, test } from '@jest/globals'
import { challengeIn } from './challenge.ts'
import { bodyBytes } from './response.ts'

const head = (...lines: string[]): string =>
  ['HTTP/1.1 401 Unauthorized', 'Date: x', ...lines, 'Connection: close', '', ''].join('\r\n')
const of = (...values: string[]): unknown =>
  challengeIn(head(...values.map((value) => `WWW-Authenticate: ${value}`)))

describe('the challenge of a response', () => {
  test.each<[string, { error: string | null; scope: string | null } | null]>([
    ['Bearer', { error: null, scope: null }],
    ['bearer realm="api"', { error: null, scope: null }],
    ['Bearer error="invalid_token"', { error: 'invalid_token', scope: null }],
    ['Bearer error=invalid_token', { error: 'invalid_token', scope: null }],
    ['Bearer ERROR = "invalid_token"', { error: 'invalid_token', scope: null }],
    [
      'Bearer realm="a, error=\\"x\\"", error="insufficient_scope", scope="orders:read a"',
      { error: 'insufficient_scope', scope: 'orders:read a' },
    ],
    ['DPoP algs="ES256", error="use_dpop_nonce"', { error: 'use_dpop_nonce', scope: null }],
    ['Basic realm="x", Bearer scope="a"', { error: null, scope: 'a' }],
    ['Bearer, DPoP error="invalid_dpop_proof"', { error: 'invalid_dpop_proof', scope: null }],
    ['Bearer error="a", error="b"', { error: 'a', scope: null }],
    ['Bearer error="S3cret Passw0rd"', { error: '_OTHER', scope: null }],
    ['Bearer error=""', { error: '_OTHER', scope: null }],
    ['Bearer scope="  \u00fc a"', { error: null, scope: 'a' }],
    ['Bearer scope=""', { error: null, scope: null }],
    ['Bearer error="unterminated', { error: '_OTHER', scope: null }],
    ['Basic realm="Bearer", error="invalid_token"', null],
    ['Negotiate YWJj==, Basic realm=x', null],
    ['', null],
  ])('%s', (value, challenge) => {
    expect(of(value)).toEqual(challenge)
  })

  test('is found in any of several headers, one with an error first', () => {
    expect(of('Basic realm="x"', 'Bearer realm="y"', 'DPoP error="invalid_token"')).toEqual({
      error: 'invalid_token',
      scope: null,
    })
    expect(challengeIn(head('www-authenticate:Bearer'))).toEqual({ error: null, scope: null })
    expect(challengeIn(head('X-WWW-Authenticate: Bearer'))).toBeNull()
    expect(challengeIn('')).toBeNull()
  })

  test('and which log-in it needs', () => {
    const error = 'insufficient_user_authentication'
    const asked = `Bearer error="${error}", max_age="5", acr_values="phr phr\u0007h urn:a:b"`
    expect(challengeIn(head(`WWW-Authenticate: ${asked}`))).toEqual({
      ...{ error, scope: null },
      acr: 'phr urn:a:b',
    })
  })

  test('is read in time that grows with the length alone', () => {
    for (const part of ['"', '\\"', 'a="', 'Bearer ', 'error=', ',', ' ', '=', 'a']) {
      const value = `Bearer x="${part.repeat(1_000_000 / part.length)}`
      expect(() => of(value)).not.toThrow()
    }
  })
})

describe('bytes of a body', () => {
  const sent = (length: string): string => `HTTP/1.1 200 OK\r\n${length}\r\n\r\n`
  const usual = { method: 'GET', status: 200, isCut: false }
  const chunked = sent('Transfer-Encoding: chunked')

  test.each<[string, Partial<Parameters<typeof bodyBytes>[0]>, number | null]>([
    ['of its length', { head: sent('Content-Length: 22'), written: null }, 22],
    ['of a length in small letters', { head: sent('content-length:22 '), written: null }, 22],
    ['of chunks', { head: chunked, written: chunked.length + 100 }, 100],
    ['nobody counted', { head: chunked, written: null }, null],
    [
      'of what was sent before the cut',
      { head: sent('Content-Length: 22'), written: 50, isCut: true },
      11,
    ],
    ['of no more than nothing', { head: chunked, written: 3 }, 0],
    ['of HEAD', { head: sent('Content-Length: 22'), written: 40, method: 'HEAD' }, 0],
    ['of 304', { head: sent('Content-Length: 22'), written: 40, status: 304 }, 0],
    ['of no response', { head: '', written: 0 }, 0],
  ])('%s', (_, response, bytes) => {
    expect(bodyBytes({ ...usual, head: '', written: null, ...response })).toBe(bytes)
  })
})
