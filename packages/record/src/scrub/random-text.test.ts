import { randomBytes } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { isRandom } from './random-text.ts'

test.each([
  'getUserAccountSettings',
  'openid-configuration',
  'oauth2-authorization-server',
  'report-of-2026-version-v2',
  'DownloadInvoices20',
  '12345678901234567890',
  'aaaaaaaaaaaaaaaaaaaaaa',
])('people write %s', (text) => {
  expect(isRandom(text)).toBe(false)
})

test.each([
  'Xy3_kQ9-vLw2ZtR8bNc1a',
  '550e8400-e29b-41d4-a716-446655440000',
  'da39a3ee5e6b4b0d3255bfef95601890afd80709',
  'qegRgtrFcfvDzcmrVfzi',
  'AAAA-1111-BBBB-2222',
])('a program makes %s', (text) => {
  expect(isRandom(text)).toBe(true)
})

test('hardly a random id is taken for words', () => {
  const ids = Array.from({ length: 20_000 }, () => randomBytes(16).toString('base64url'))
  expect(ids.filter((id) => !isRandom(id)).length).toBeLessThan(3)
})
