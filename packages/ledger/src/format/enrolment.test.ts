import { describe, expect, test } from '@jest/globals'
import { ATTR, base64url, type BatchStatement, type Span } from '@grantlog/record'
import { spanOf, testProducer } from '../../test/producer.ts'
import {
  decodeEnrolment,
  encodeEnrolment,
  type Enrolment,
  isCompromised,
  isLate,
  scopeBreach,
  verdictOf,
} from './enrolment.ts'

const { enrolment } = testProducer()

test('an enrolment reads back', () => {
  expect(decodeEnrolment(encodeEnrolment(enrolment))).toEqual(enrolment)
  const revoked: Enrolment = { ...enrolment, revoked: 'key_compromise' }
  expect(decodeEnrolment(encodeEnrolment(revoked))).toEqual(revoked)
  const since: Enrolment = { ...revoked, since: 5 }
  expect(decodeEnrolment(encodeEnrolment(since))).toEqual(since)
})

test('from the second on at which a key was compromised, its records are suspect', () => {
  expect(isCompromised({ since: 5 }, { receivedAt: 4_999 })).toBe(false)
  expect(isCompromised({ since: 5 }, { receivedAt: 5_000 })).toBe(true)
  expect(isCompromised(enrolment, { receivedAt: 5_000 })).toBe(false)
})

test.each([
  ['configured', 'verified'],
  ['issuer-asserted', 'issuer-asserted'],
  ['tofu', 'tofu'],
] as const)('who vouched for a key is kept and told: %s', (assurance, verdict) => {
  expect(decodeEnrolment(encodeEnrolment({ ...enrolment, assurance })).assurance).toBe(assurance)
  expect(verdictOf(assurance)).toBe(verdict)
})

test('what nobody vouched for is not verified', () => {
  expect(verdictOf(undefined)).toBe('tofu')
})

describe('an enrolment that is not sound is refused', () => {
  const variants: [string, Partial<Record<keyof Enrolment, unknown>>][] = [
    ['a kid that is not the thumbprint', { kid: 'A'.repeat(43) }],
    ['a key of small order', { publicKey: base64url(new Uint8Array(32)) }],
    ['services out of order', { services: ['b', 'a'] }],
    ['a service twice', { services: ['a', 'a'] }],
    ['an unknown assurance', { assurance: 'believed' }],
    ['an unknown reason', { revoked: 'lost' }],
    ['a compromise of a key in force', { since: 1 }],
    ['a compromise at no time', { revoked: 'key_compromise', since: -1 }],
    ['no audience', { audience: '' }],
    ['a negative time', { validFrom: -1 }],
  ]
  test.each(variants)('%s', (_what, change) => {
    const changed = { ...enrolment, ...change } as Enrolment
    expect(() => decodeEnrolment(encodeEnrolment(changed))).toThrow(
      expect.objectContaining({ name: 'LedgerError' }),
    )
  })
})

const without = (record: Span, name: string): Span => ({
  ...record,
  attributes: new Map([...record.attributes].filter(([key]) => key !== name)),
})

describe('a record outside its key’s scope', () => {
  const statement = { aud: 'default', iat: 1000 } as BatchStatement
  const limited: Enrolment = {
    ...enrolment,
    issuers: ['https://as.example'],
    validFrom: 1000,
    validUntil: 2000,
  }
  const span = (attributes: [string, string][] = []) =>
    spanOf({ seq: 0, attributes: [[ATTR.OAUTH_ISSUER, 'https://as.example'], ...attributes] })

  test('inside it, nothing is said', () => {
    expect(scopeBreach(limited, statement, span())).toBeNull()
    expect(scopeBreach(limited, { ...statement, iat: 2000 }, span())).toBeNull()
    expect(scopeBreach(enrolment, statement, spanOf({ seq: 0 }))).toBeNull()
    const heartbeat = spanOf({ seq: 0, action: 'audit.stream.heartbeat' })
    expect(scopeBreach(limited, statement, without(heartbeat, ATTR.OAUTH_ROLE))).toBeNull()
  })

  test('revoked, nothing is inside it', () => {
    const revoked: Enrolment = { ...limited, revoked: 'unspecified' }
    expect(scopeBreach(revoked, statement, span())).toContain('revoked')
  })

  test.each([
    ['audience', { ...statement, aud: 'other' }, span()],
    ['service', statement, span([[ATTR.AUDIT_PRODUCER_SERVICE, 'billing']])],
    ['role', statement, span([[ATTR.OAUTH_ROLE, 'client']])],
    ['issuer', statement, span([[ATTR.OAUTH_ISSUER, 'https://evil.example']])],
    ['before', { ...statement, iat: 999 }, span()],
    ['after', { ...statement, iat: 2001 }, span()],
    ['role', statement, without(span(), ATTR.OAUTH_ROLE)],
    ['issuer', statement, without(span(), ATTR.OAUTH_ISSUER)],
  ] as const)('%s', (word, other, record) => {
    expect(scopeBreach(limited, other, record)).toContain(word)
  })
})

test('a record is late when it comes more than seven days after its key was valid', () => {
  const ended: Enrolment = { ...enrolment, validUntil: 1000 }
  const limit = (1000 + 7 * 86_400) * 1000
  expect([isLate(ended, limit), isLate(ended, limit + 1), isLate(enrolment, limit + 1)]).toEqual([
    false,
    true,
    false,
  ])
})
