import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { OBSERVE_CODES, ObserveError } from './codes.ts'

test('README.md lists the codes, and no others', () => {
  const readme = readFileSync(join(import.meta.dirname, '../README.md'), 'utf8')
  const listed = [...readme.matchAll(/^\| `(OBSERVE_\w+)` \|/gm)].map(([, code]) => code)
  expect(listed).toEqual(Object.keys(OBSERVE_CODES))
})

test('an error says what to do', () => {
  const error = new ObserveError('OBSERVE_ACCESS', 'events: HTTP 403')
  expect(error.message).toBe(`${OBSERVE_CODES.OBSERVE_ACCESS.title}: events: HTTP 403`)
  expect(error.fix).toContain('view-events')
})
