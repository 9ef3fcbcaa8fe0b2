import { expect, test } from '@jest/globals'
import { idpOf, keyIdOf } from './value.ts'

test.each([
  ['2026-01', true],
  ['mFEsT9uUGkU6pYb0dR-Y1kZ_5r0', true],
  ['did:web:login.example.com#key-1', true],
  ['k'.repeat(128), true],
  ['k'.repeat(129), false],
  ['a key', false],
  ['https://login.example.com/?token=S3cret', false],
  ['', false],
])('the key id %s is told: %p', (kid, isTold) => {
  expect(keyIdOf(kid)).toBe(isTold ? kid : null)
})

test.each([
  ['https://login.example.com/realms/shop', true],
  ['google', true],
  ['i'.repeat(256), true],
  ['i'.repeat(257), false],
  ['https://login.example.com/?token=S3cret', false],
  ['ada@example.com', false],
  [null, false],
])('the site %s is told: %p', (idp, isTold) => {
  expect(idpOf(idp)).toBe(isTold ? idp : null)
})
