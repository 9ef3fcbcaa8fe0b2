import { expect, test } from '@jest/globals'
import { checkAccessOf } from './access-checkup.ts'

const tls = { notAfter: '2027-01-01T00:00:00.000Z', daysLeft: 90, failing: null }
const sound = { ...tls, keyIsOpen: false, refused: 0 }

function check(of: object): unknown {
  const access = { asks: ['certificate'] as const, insecure: [], refused: 0, tls: sound }
  return checkAccessOf({ access: { ...access, ...of } }).map(({ code, status }) => [code, status])
}

test('a receiver on loopback, or an older one, has nothing to say', () => {
  expect(check({ asks: [], tls: null })).toEqual([])
  expect(checkAccessOf({})).toEqual([])
})

test.each([
  ['sound', {}, 'ok'],
  ['that ends soon', { daysLeft: 14 }, 'weak'],
  ['whose files are wrong', { failing: 'x' }, 'weak'],
  ['whose key is open', { keyIsOpen: true }, 'weak'],
  ['that ended', { daysLeft: -1 }, 'broken'],
])('a certificate %s', (_what, of, status) => {
  expect(check({ tls: { ...sound, ...of } })).toEqual([
    ['CALLERS', 'ok'],
    ['TLS', status],
  ])
})

test('an address that others reach without being asked is weak', () => {
  expect(check({ asks: [], tls: null, insecure: ['0.0.0.0: no TLS'] })).toEqual([
    ['ACCESS', 'weak'],
  ])
})
