// Claims on the sentence about a stolen refresh token: it says what was got, when, and what ended
// it; where something is still open or unknown it says that.
import { expect, test } from '@jest/globals'
import type { Reuse } from '@grantlog/query'
import { reuseTexts } from './reuse-text.ts'

const call = { service: 'orders', what: 'GET /orders', privileged: '', index: 4 }
const theft: Reuse = {
  ...{ token: 't1.r1', client: 'web', index: 10, at: '2026-11-23T20:50:08.000000Z', refused: true },
  ...{ again: [], issuedBy: 1, usedBy: 3, usedAt: '2026-11-23T20:50:02.000000Z' },
  ...{ issued: [3, 6], revokedBy: 10, revokedAt: '2026-11-23T20:50:08.100000Z', refusals: [] },
  calls: [
    { ...call, before: 2, after: 1 },
    {
      ...{ ...call, what: 'DELETE /orders/:id', privileged: 'delete', before: 1, after: 0 },
      index: 7,
    },
  ],
}
const textOf = (more: Partial<Reuse> = {}) =>
  reuseTexts({ cut: false, reuses: [{ ...theft, ...more }] })[0]!

test('what, when, and how it ended', () => {
  expect(textOf()).toEqual({
    sentence:
      'What a thief got, at most: tokens 2 times, and 4 calls with them let in (3 × GET /orders ' +
      'at orders, 1 of them after the revocation, 1 × DELETE /orders/:id [delete] at orders), ' +
      'since the refresh token was first used on 2026-11-23 at 20:50:02.000 UTC (#3); its reuse ' +
      'at 20:50:08.000 (#10) was refused and revoked all that it had given.',
    details:
      'Refresh token t1.r1 of client web, handed out by #1. ' +
      'Which of its two holders was the thief no record says.',
  })
})

test.each<[string, Partial<Reuse>, RegExp]>([
  [
    'nothing',
    { issued: [], calls: [] },
    /most: nothing, for .* was refused and revoked its grant\.$/,
  ],
  ['tokens, never used', { calls: [] }, /: tokens 2 times, with which no call was let in, since/],
  ['once', { issued: [3] }, /: tokens once, and 4 calls/],
  [
    'many routes',
    { calls: Array.from({ length: 6 }, () => ({ ...call, before: 1, after: 0 })) },
    /6 calls .*at orders, and 2 others\)/,
  ],
  [
    'first use unknown',
    { usedBy: null, usedAt: '' },
    /\); the reuse of the refresh token on 2026-11-23 at /,
  ],
  ['on another day', { at: '2026-11-24T01:00:00.000000Z' }, /reuse on 2026-11-24 at 01:00:00/],
  ['let in', { refused: false }, /\(#10\) was let in and revoked/],
  [
    'still open',
    { revokedAt: '', revokedBy: null },
    /\(#10\) was refused; not all of it has been revoked\.$/,
  ],
  [
    'nothing given and nothing revoked',
    { issued: [], calls: [], revokedAt: '', revokedBy: null },
    /\(#10\) was refused; nothing was revoked\.$/,
  ],
  [
    'revoked later by another',
    { revokedAt: '2026-11-23T20:50:09.000000Z', revokedBy: 11 },
    /refused; all that it had given was revoked only at 20:50:09\.000 \(#11\)\.$/,
  ],
  [
    'revoked before',
    { revokedAt: '2026-11-23T20:50:07.000000Z', revokedBy: 9 },
    /had given had been revoked before, at 20:50:07\.000 \(#9\)\.$/,
  ],
])('%s', (_, more, sentence) => {
  expect(textOf(more).sentence).toMatch(sentence)
})

test('what came after, and what no record names', () => {
  const { details } = textOf({ again: [14], refusals: [12, 13, 15, 16, 17, 18] })
  expect(details).toContain('It came yet again in #14. What it had given was refused since in #12')
  expect(details).toContain('#17, 1 more.')
  const unnamed = textOf({ token: '', client: '', issuedBy: null })
  expect(unnamed.details).toMatch(/^A refresh token that no record names\. Which/)
})

test('of a grant with more records than are shown it does not say that this was all', () => {
  const [told] = reuseTexts({ cut: true, reuses: [theft] })
  expect(told?.sentence).toMatch(/^What a thief got, as far as is shown: tokens 2 times/)
})

test('a value of a record writes nothing to the terminal', () => {
  const { details, sentence } = textOf({
    client: 'a\u001b[2J',
    calls: [{ ...call, service: '\u202eb\n', before: 1, after: 0 }],
  })
  expect(details + sentence).not.toMatch(/[\p{Cc}\p{Cf}]/u)
})
