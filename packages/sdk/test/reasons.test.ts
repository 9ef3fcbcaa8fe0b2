// Scenario: the source of the installed oidc-provider, with all errors that it can give.
// Guarantee: each has the reason that fixtures/reasons.txt says, `other` only where that says so; a
// new version of the library with a new text fails here until somebody has read it.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { reasonOf } from '../src/describe/reason.ts'
import { libraryErrors } from './fixtures/library-errors.ts'

/** The table: `# reason`, then the errors that have it. */
function readTable(): Map<string, string> {
  const text = readFileSync(join(import.meta.dirname, 'fixtures', 'reasons.txt'), 'utf8')
  const table = new Map<string, string>()
  let reason = ''
  for (const line of text.split('\n')) {
    if (line.startsWith('# ')) reason = line.slice(2)
    else if (line !== '') table.set(line, reason)
  }
  return table
}

/** The first text of a call stands where the client sees it or not; the others are the detail. */
function reasonFor(error: string): string {
  const [, code = '', text = ''] = /^(\w*): (.*)$/s.exec(error) ?? []
  const [description = null, ...details] = text.split(' | ')
  return reasonOf({ code: code || '_OTHER', type: code, description, detail: details.join('\n') })
}

test('each error of the library has its reason', async () => {
  const errors = await libraryErrors()
  const told = new Map(errors.map((error) => [error, reasonFor(error)]))
  expect(errors.length).toBeGreaterThan(250)
  expect(told).toEqual(readTable())
})

test.each([
  ['invalid_grant: device code already consumed', 'code_replayed'],
  ['invalid_grant: backchannel authentication request already consumed', 'code_replayed'],
  ['invalid_grant: pre-authorized code not found', 'code_unknown'],
  ['invalid_grant: refresh token invalid (referenced account not found)', 'account_unknown'],
  // What the application says in its own words is told by its code alone.
  ['access_denied: grant not found', 'access_denied'],
  ['server_error: the certificate of an upstream has expired', 'internal'],
])('%s: %s', (error, reason) => {
  expect(reasonFor(error)).toBe(reason)
})
