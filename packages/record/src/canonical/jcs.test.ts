import { describe, expect, test } from '@jest/globals'
import canonicalizeJson from 'canonicalize'
import fc from 'fast-check'
import type { JsonValue } from '../span.ts'
import { jcs, readJcs } from './jcs.ts'

describe('JCS', () => {
  test.each(['binary', 'grapheme-ascii'] as const)(
    'agrees with another on any JSON, %s',
    (unit) => {
      fc.assert(
        fc.property(fc.jsonValue({ stringUnit: unit }), (value) => {
          expect(jcs(value as JsonValue)).toBe(canonicalizeJson(value))
        }),
      )
    },
  )

  test('sorts members by UTF-16 code units (RFC 8785 section 3.2.3)', () => {
    const value = {
      '\u20ac': 1,
      '\r': 2,
      '\ufb33': 3,
      '1': 4,
      '\ud83d\ude00': 5,
      '\u0080': 6,
      ö: 7,
    }
    expect(jcs(value)).toBe(
      '{"\\r":2,"1":4,"\u0080":6,"ö":7,"\u20ac":1,"\ud83d\ude00":5,"\ufb33":3}',
    )
  })

  test('refuses what has no canonical form', () => {
    expect(() => jcs('\udc00')).toThrow(RangeError)
    expect(() => jcs(Number.NaN)).toThrow(RangeError)
  })

  test('reads back only canonical text', () => {
    const bytes = new TextEncoder().encode('{"a":1,"b":[true,null,"x"]}')
    expect(readJcs(bytes, 'RECORD_MALFORMED', 'test')).toEqual({ a: 1, b: [true, null, 'x'] })
    for (const text of ['{"b":1,"a":2}', '{"a":1,"a":1}', '[1.0]', '[1e2]', ' 1', '{"a":1}x', '']) {
      expect(() => readJcs(new TextEncoder().encode(text), 'RECORD_MALFORMED', 'test')).toThrow(
        'canonical form',
      )
    }
  })
})
