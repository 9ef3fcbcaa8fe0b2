import { expect, test } from '@jest/globals'
import type { Enrolment } from '@grantlog/ledger'
import { keyCalled, keyInForce, stateOf } from './key-state.ts'

const key = (kid: string, service: string, change: Partial<Enrolment> = {}): Enrolment => ({
  assurance: 'configured',
  audience: 'default',
  issuers: [],
  kid,
  publicKey: '',
  roles: ['client'],
  services: [service],
  validFrom: 0,
  validUntil: 0,
  ...change,
})

test('a key is in force from its first second to its last one', () => {
  const limited = { validFrom: 10, validUntil: 20 }
  const at = [9, 10, 20, 21].map((nowS) => stateOf(limited, nowS))
  expect(at).toEqual(['not_yet', 'in_force', 'in_force', 'ended'])
  expect(stateOf({ ...limited, revoked: 'superseded' }, 15)).toBe('revoked')
  expect(stateOf({ validFrom: 0, validUntil: 0 }, 1e10)).toBe('in_force')
})

const code = (code: string): unknown => expect.objectContaining({ code })

test('the beginning of a kid will do when no other key begins so', () => {
  const all = [key('abcd', 'a'), key('abxy', 'b')]
  expect(keyCalled('abc', all).kid).toBe('abcd')
  expect(() => keyCalled('ab', all)).toThrow(code('KEY_AMBIGUOUS'))
  for (const name of ['', 'b', 'abcde']) {
    expect(() => keyCalled(name, all)).toThrow(code('KEY_UNKNOWN'))
  }
})

test('of a service the key that has no end is meant; a service goes before a kid', () => {
  const ending = key('old1', 'api', { validUntil: 50 })
  const all = [ending, key('new1', 'api'), key('api9', 'other')]
  expect(keyInForce('api', all, 10).kid).toBe('new1')
  expect(keyInForce('old', all, 10)).toBe(ending)
  expect(() => keyInForce('old', all, 51)).toThrow(code('KEY_ENDED'))
  expect(() => keyInForce('api', [ending], 51)).toThrow(code('KEY_ENDED'))
  expect(() => keyInForce('api', [key('a', 'api'), key('b', 'api')], 1)).toThrow(
    code('KEY_AMBIGUOUS'),
  )
  expect(() => keyInForce('nobody', all, 10)).toThrow(code('KEY_UNKNOWN'))
})
